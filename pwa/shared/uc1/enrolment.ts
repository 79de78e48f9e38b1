/** How a phone proves, once, that it holds the key that it asks to be enrolled. */

import { type Bytes, base64url } from "./bytes";
import { encode } from "./cbor";
import { writeSign1 } from "./cose";

/** Keeps a signature made for a till from enrolling a phone, and the reverse. */
const PURPOSE = "UE1:";
const HEADER = Uint8Array.of(0xa1, 0x01, 0x26); // {1: -7}
const IAT = 6;
const NONCE = 39;

/** What a phone sends with its public key: `nonce` is the service's, `iat` its time as known. */
export async function enrolmentProof(
  key: CryptoKey,
  { nonce, iat }: { nonce: Bytes; iat: number },
): Promise<string> {
  const payload = encode(new Map<number, number | Bytes>([[IAT, iat], [NONCE, nonce]]));
  return base64url(await writeSign1(key, { header: HEADER, payload, externalAad: PURPOSE }));
}
