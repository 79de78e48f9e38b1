/** COSE_Sign1 (RFC 9052) in the one shape that UC1 uses, signed with ES256. */

import { malformed } from "./answers";
import { type Bytes, hex, joined, utf8 } from "./bytes";
import { byteString, decode, encode, mapOf, Reader } from "./cbor";
import { COORDINATE_BYTES } from "./keys";

export const ES256 = -7;
export const KID_BYTES = 4;
const ALG = 1;
const KID = 4;
const TYP = 16;
const SIGNATURE_BYTES = 2 * COORDINATE_BYTES;
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

const TAG = Uint8Array.of(0xd2); // 18, COSE_Sign1
const ARRAY_OF_FOUR = Uint8Array.of(0x84);
const NO_UNPROTECTED = Uint8Array.of(0xa0); // what is not signed is not there

/**
 * One signed message in its parts. `signature` is r || s, 64 bytes.
 *
 * Never use the signature, or a hash of the message, to find a message again: whoever has (r, s)
 * also has (r, n-s), which is just as valid, and WebCrypto writes either.
 */
export interface Sign1 {
  header: Bytes;
  payload: Bytes;
  signature: Bytes;
}

/** The parts of a message, not yet verified. Throws Rejected. */
export function readSign1(message: Bytes, form: "tagged" | "untagged"): Sign1 {
  const reader = new Reader(message);
  if (form === "tagged") reader.literal(TAG, "shape");
  reader.literal(ARRAY_OF_FOUR, "shape");
  const header = reader.byteString();
  reader.literal(NO_UNPROTECTED, "shape");
  const payload = reader.byteString();
  const signature = reader.byteString();
  if (signature.length !== SIGNATURE_BYTES) throw malformed("sig-len");
  reader.end();
  return { header, payload, signature };
}

/** A tagged message of `key`, signed at random: the same facts give other bytes each time. */
export async function writeSign1(
  key: CryptoKey,
  { header, payload, externalAad }: { header: Bytes; payload: Bytes; externalAad: string },
): Promise<Bytes> {
  const signing = signedBytes(header, payload, externalAad);
  const signature = new Uint8Array(await crypto.subtle.sign(SIGNING, key, signing));
  return joined(TAG, encode([header, new Map(), payload, signature]));
}

export function isSignedBy(sign1: Sign1, key: CryptoKey, externalAad = ""): Promise<boolean> {
  const signed = signedBytes(sign1.header, sign1.payload, externalAad);
  return crypto.subtle.verify(SIGNING, key, sign1.signature, signed);
}

/** The kid and the parts of a message whose header states `typ`. Throws Rejected. */
export function readTyped(message: Bytes, typ: string): [kid: string, sign1: Sign1] {
  const sign1 = readSign1(message, "tagged");
  const header = mapOf(decode(sign1.header), "protected", [ALG, KID, TYP]);
  if (header.get(ALG) !== ES256 || header.get(TYP) !== typ) throw malformed("protected");
  return [hex(byteString(header.get(KID), KID_BYTES, KID_BYTES, "protected")), sign1];
}

/** The Sig_structure (RFC 9052, 4.4). */
function signedBytes(header: Bytes, payload: Bytes, externalAad: string): Bytes {
  return encode(["Signature1", header, utf8(externalAad), payload]);
}
