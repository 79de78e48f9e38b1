/** What a till shows when it wants an answer made for it alone: its code and a fresh number. */

import { answered, malformed, type Refused } from "./answers";
import { decode as bytesOf } from "./base45";
import type { Bytes } from "./bytes";
import { decode, encode, mapOf, type Value } from "./cbor";
import { POLICY } from "./policy";
import { checkedAudience, checkedNonce, readAudience, readNonce } from "./presentation";
import { isLonger, writeText } from "./text";

const PREFIX = "UM1:";
const AUD = 3;
const NONCE = 39;

export interface Challenge {
  audience: string;
  nonce: Bytes;
}

/**
 * The QR text of a challenge. Whoever issues it lets the nonce be answered once only. Throws
 * RangeError outside the format's lengths.
 */
export function challengeText({ audience, nonce }: Challenge): string {
  const claims = new Map<number, Value>([
    [AUD, checkedAudience(audience)],
    [NONCE, checkedNonce(nonce)],
  ]);
  return writeText(PREFIX, encode(claims));
}

/** The challenge in a text that a phone has scanned. */
export function readChallenge(shown: string): Challenge | Refused {
  return answered(() => {
    if (isLonger(shown, POLICY.textLengthMax)) throw malformed("length");
    if (!shown.startsWith(PREFIX)) throw malformed("prefix");
    const value = decode(bytesOf(shown.slice(PREFIX.length)));
    const claims = mapOf(value, "challenge", [AUD, NONCE]);
    return {
      audience: readAudience(claims.get(AUD), "challenge"),
      nonce: readNonce(claims.get(NONCE), "challenge"),
    };
  });
}
