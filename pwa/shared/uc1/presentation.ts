/** What the phone signs over its credential, anew every 15 seconds while it is shown. */

import { malformed } from "./answers";
import { type Bytes, bytesOfHex, hex, joined, startsWith, utf8 } from "./bytes";
import { byteString, decode, encode, mapOf, text, UINT32_MAX, uint, type Value } from "./cbor";
import { readSign1, type Sign1, writeSign1 } from "./cose";
import { CTI_BYTES } from "./credential";
import { FULL, REFERENCE } from "./terms";
import { writeText } from "./text";

export const AUDIENCE_BYTES_MAX = 16;
export const NONCE_BYTES_MIN = 8;
export const NONCE_BYTES_MAX = 16;

const AUD = 3;
const IAT = 6;
const NONCE = 39;

const FULL_HEADER = Uint8Array.of(0xa2, 0x01, 0x26, 0x0d); // {1: -7, 13: credential}, which follows
const REFERENCE_HEADER = Uint8Array.of(0xa2, 0x01, 0x26, 0x04, 0x48); // {1: -7, 4: cti}, likewise

/**
 * What the phone says. `iat` is the service's time as the phone knows it, in Unix seconds;
 * `audience` and `nonce` are those of the challenge that it answers.
 */
export interface Presentation {
  iat: number;
  audience: string | null;
  nonce: Bytes | null;
}

/** What to say: without an audience and a nonce, a plain code. */
export type Said = Pick<Presentation, "iat"> & Partial<Presentation>;

/**
 * The QR text that shows `credential`, exactly as it was issued, signed by the phone's key.
 * Throws RangeError outside the format's ranges.
 */
export async function present(credential: Bytes, key: CryptoKey, said: Said): Promise<string> {
  const header = joined(FULL_HEADER, credential);
  return writeText(FULL, await signed(header, key, said, FULL));
}

/**
 * The small QR text that only names the credential, for verifiers that are online. `cti` is in
 * hexadecimal. Throws RangeError outside the format's ranges.
 */
export async function presentReference(cti: string, key: CryptoKey, said: Said): Promise<string> {
  if (cti.length !== 2 * CTI_BYTES) throw new RangeError(`a cti has ${CTI_BYTES} bytes`);
  const header = joined(REFERENCE_HEADER, bytesOfHex(cti));
  return writeText(REFERENCE, await signed(header, key, said, REFERENCE));
}

/** The credential's bytes and the phone's signature over them. Throws Rejected. */
export function readFull(message: Bytes): [credential: Bytes, sign1: Sign1] {
  const sign1 = readSign1(message, "tagged");
  if (!startsWith(sign1.header, FULL_HEADER)) throw malformed("protected");
  return [sign1.header.subarray(FULL_HEADER.length), sign1];
}

/** The credential's cti and the phone's signature. Throws Rejected. */
export function readReference(message: Bytes): [cti: string, sign1: Sign1] {
  const sign1 = readSign1(message, "tagged");
  const { header } = sign1;
  if (
    header.length !== REFERENCE_HEADER.length + CTI_BYTES ||
    !startsWith(header, REFERENCE_HEADER)
  ) {
    throw malformed("protected");
  }
  return [hex(header.subarray(REFERENCE_HEADER.length)), sign1];
}

/** What the phone signed. Throws Rejected: a claim that is not known is refused. */
export function readPresentation(payload: Bytes): Presentation {
  const claims = mapOf(decode(payload), "presentation", [IAT], [AUD, NONCE]);
  return {
    audience: claims.has(AUD) ? readAudience(claims.get(AUD), "presentation") : null,
    nonce: claims.has(NONCE) ? readNonce(claims.get(NONCE), "presentation") : null,
    iat: uint(claims.get(IAT), UINT32_MAX, "presentation"),
  };
}

export function readAudience(value: Value | undefined, detail: string): string {
  return text(value, 1, AUDIENCE_BYTES_MAX, detail);
}

export function readNonce(value: Value | undefined, detail: string): Bytes {
  return byteString(value, NONCE_BYTES_MIN, NONCE_BYTES_MAX, detail);
}

function signed(header: Bytes, key: CryptoKey, said: Said, externalAad: string): Promise<Bytes> {
  const { iat, audience = null, nonce = null } = said;
  if (!Number.isInteger(iat) || iat < 0 || iat > UINT32_MAX) {
    throw new RangeError(`iat must be a whole number up to ${UINT32_MAX}, not ${iat}`);
  }
  const claims = new Map<number, Value>([[IAT, iat]]);
  if (audience !== null) claims.set(AUD, checkedAudience(audience));
  if (nonce !== null) claims.set(NONCE, checkedNonce(nonce));
  return writeSign1(key, { header, payload: encode(claims), externalAad });
}

export function checkedAudience(audience: string): string {
  const length = utf8(audience).length;
  if (length < 1 || length > AUDIENCE_BYTES_MAX) {
    throw new RangeError(`an audience has 1 to ${AUDIENCE_BYTES_MAX} bytes`);
  }
  return audience;
}

export function checkedNonce(nonce: Bytes): Bytes {
  if (nonce.length < NONCE_BYTES_MIN || nonce.length > NONCE_BYTES_MAX) {
    throw new RangeError(`a nonce has ${NONCE_BYTES_MIN} to ${NONCE_BYTES_MAX} bytes`);
  }
  return nonce;
}
