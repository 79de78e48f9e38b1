/** P-256 keys as the format writes them: points, kids, JWKs. */

import { type Bytes, hex, joined } from "./bytes";

export const COORDINATE_BYTES = 32;
const KID_BYTES = 4;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

const UNCOMPRESSED = Uint8Array.of(4);
// The COSE_Key of a thumbprint (RFC 9679): kty EC2, crv P-256, x; then y in full.
const BEFORE_X = Uint8Array.of(0xa4, 1, 2, 0x20, 1, 0x21, 0x58, COORDINATE_BYTES);
const BEFORE_Y = Uint8Array.of(0x22, 0x58, COORDINATE_BYTES);

/**
 * A phone's own key. It signs, and no script can read it out: IndexedDB keeps the object itself.
 */
export function newDeviceKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
}

/** What the service wants of a public key: the members that name the point, and no others. */
export async function publicJwk(key: CryptoKey): Promise<JsonWebKey> {
  const exported = await crypto.subtle.exportKey("jwk", key);
  return Object.fromEntries(["kty", "crv", "x", "y"].map((name) => [name, exported[name as "x"]]));
}

/** A point as the format writes it: x, and the parity of y. */
export interface Compressed {
  x: Bytes;
  yIsOdd: boolean;
}

/**
 * The same point in 65 bytes (SEC 1); null where the curve has none at `x`.
 *
 * By hand, because engines need not take compressed points and Chromium's does not. Public keys
 * only: the time this takes depends on the key.
 */
export function uncompressed({ x, yIsOdd }: Compressed): Bytes | null {
  const at = BigInt(`0x${hex(x)}`);
  if (at >= P) return null;
  const square = (((at * at - 3n) * at + B) % P + P) % P;
  let y = root(square);
  if ((y * y) % P !== square) return null;
  if ((y & 1n) !== (yIsOdd ? 1n : 0n)) y = P - y;
  return joined(UNCOMPRESSED, x, coordinate(y));
}

/** The key of a point that `uncompressed` returned. */
export function keyOfPoint(point: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", point, ALGORITHM, true, ["verify"]);
}

/** The 4 bytes, in hexadecimal, by which a credential names its issuer's key. */
export async function kidOf(point: Bytes): Promise<string> {
  const x = point.subarray(1, 1 + COORDINATE_BYTES);
  const y = point.subarray(1 + COORDINATE_BYTES);
  const named = joined(BEFORE_X, x, BEFORE_Y, y);
  const thumbprint = new Uint8Array(await crypto.subtle.digest("SHA-256", named));
  return hex(thumbprint.subarray(0, KID_BYTES));
}

/**
 * A square root of `value` if it has one: value ** ((P + 1) / 4), P being 3 mod 4. The exponent is
 * (2**64 - 2**32 + 1) * 2**190 + 2**94.
 */
function root(value: bigint): bigint {
  let ones = value; // value ** (2**width - 1)
  for (let width = 1; width < 32; width *= 2) ones = (squared(ones, width) * ones) % P;
  const high = (squared(ones, 32) * value) % P;
  return squared((squared(high, 96) * value) % P, 94);
}

function squared(value: bigint, times: number): bigint {
  let result = value;
  for (let done = 0; done < times; done += 1) result = (result * result) % P;
  return result;
}

function coordinate(value: bigint): Bytes {
  const bytes = new Uint8Array(COORDINATE_BYTES);
  let rest = value;
  for (let at = COORDINATE_BYTES - 1; at >= 0; at -= 1, rest >>= 8n) {
    bytes[at] = Number(rest & 0xffn);
  }
  return bytes;
}
