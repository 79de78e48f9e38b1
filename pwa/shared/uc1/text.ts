/** The text layer: a prefix that names form and version, then Base45. */

import { malformed, Rejected } from "./answers";
import { decode, encode } from "./base45";
import type { Bytes } from "./bytes";
import { FULL, type Form, REFERENCE, STATIC } from "./terms";

const PREFIX_LENGTH = 4;
const FORMS: readonly string[] = [FULL, REFERENCE, STATIC];
const OTHER_VERSION = /^U[CRS][0-9A-Z]:/;

/**
 * What a scanned text claims to be, and its bytes. Throws Rejected.
 *
 * The length is looked at before anything else, so that no text takes long. Lower case and
 * full-width letters are refused: folding them is for the adapter of a keyboard scanner.
 */
export function openText(text: string, lengthMax: number): [form: Form, message: Bytes] {
  if (isLonger(text, lengthMax)) throw malformed("length");
  const prefix = text.slice(0, PREFIX_LENGTH);
  if (isForm(prefix)) return [prefix, decode(text.slice(PREFIX_LENGTH))];
  if (OTHER_VERSION.test(text)) throw new Rejected("unsupported", "prefix");
  throw malformed("prefix");
}

export function writeText(prefix: string, message: Bytes): string {
  return prefix + encode(message);
}

/** Whether `text` has more characters; one beyond the first plane counts once, as in Python. */
export function isLonger(text: string, lengthMax: number): boolean {
  return text.length > 2 * lengthMax || (text.length > lengthMax && [...text].length > lengthMax);
}

function isForm(prefix: string): prefix is Form {
  return FORMS.includes(prefix);
}
