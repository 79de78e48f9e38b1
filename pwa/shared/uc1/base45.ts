/** Base45 (RFC 9285), strict: one text for each sequence of bytes, no folding, no white space. */

import { malformed } from "./answers";
import type { Bytes } from "./bytes";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const BASE = ALPHABET.length;
const PAIR_MAX = 0xffff;
const BYTE_MAX = 0xff;
const DIGIT_OF = new Map([...ALPHABET].map((character, digit) => [character.charCodeAt(0), digit]));

export function encode(bytes: Bytes): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const isPair = at + 1 < bytes.length;
    const value = isPair ? bytes[at]! * 256 + bytes[at + 1]! : bytes[at]!;
    text += ALPHABET[value % BASE]! + ALPHABET[Math.floor(value / BASE) % BASE]!;
    if (isPair) text += ALPHABET[Math.floor(value / BASE ** 2)]!;
  }
  return text;
}

/** The bytes of `text`. Throws Rejected for anything that `encode` never writes. */
export function decode(text: string): Bytes {
  const left = text.length % 3;
  if (left === 1) throw malformed("base45");
  const whole = text.length - left;
  const bytes = new Uint8Array((whole / 3) * 2 + (left === 2 ? 1 : 0));
  for (let at = 0, to = 0; at < whole; at += 3, to += 2) {
    const pair = digit(text, at) + BASE * digit(text, at + 1) + BASE ** 2 * digit(text, at + 2);
    if (pair > PAIR_MAX) throw malformed("base45");
    bytes[to] = pair >> 8;
    bytes[to + 1] = pair & BYTE_MAX;
  }
  if (left === 2) {
    const last = digit(text, whole) + BASE * digit(text, whole + 1);
    if (last > BYTE_MAX) throw malformed("base45");
    bytes[bytes.length - 1] = last;
  }
  return bytes;
}

function digit(text: string, at: number): number {
  const value = DIGIT_OF.get(text.charCodeAt(at));
  if (value === undefined) throw malformed("base45");
  return value;
}
