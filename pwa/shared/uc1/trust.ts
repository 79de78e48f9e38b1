/**
 * The trust list: which keys may sign what, from when to when, signed by the root.
 *
 * A compromised issuer key is dropped from the list; a verifier never accepts an older list than
 * the newest it has seen.
 */

import { answeredLater, malformed, Rejected, type Refused } from "./answers";
import { type Bytes, hex } from "./bytes";
import {
  array,
  byteString,
  decode,
  isArray,
  mapOf,
  text,
  UINT32_MAX,
  uint,
  uint64,
  type Value,
  type Whole,
} from "./cbor";
import { ES256, isSignedBy, KID_BYTES, readTyped } from "./cose";
import { COORDINATE_BYTES, keyOfPoint, kidOf, uncompressed } from "./keys";
import { CARD, type KeyUse, PAPER, SLICE, STATUS } from "./terms";

export const URI_BYTES_MAX = 200;
const TYP = "application/uc-trust+cwt";
const MESSAGE_BYTES_MAX = 64 * 1024;
const KEYS_MAX = 64;

const SUB = 2;
const EXP = 4;
const IAT = 6;
const LIST = -65540; // [seq, keys]
const KTY = 1;
const EC2 = 2;
const KID = 2;
const ALG = 3;
const KEY_OPS = 4;
const VERIFY = 2;
const CRV = -1;
const P256 = 1;
const X = -2;
const Y = -3;
const FACTS = -70001; // [use, nbf, exp, status base]

/**
 * One key of the list. It signs from `nbf` until before `exp`, Unix seconds.
 *
 * `statusBase` and a list's number make the address of the list that its credentials name.
 */
export interface TrustKey {
  kid: string;
  use: KeyUse;
  nbf: number;
  exp: number;
  statusBase: string;
  key: CryptoKey;
}

/** A verified list, its keys by kid. `seq` only grows: keep the highest. Unix seconds. */
export interface TrustList {
  sub: string;
  seq: Whole;
  iat: number;
  exp: number;
  keys: ReadonlyMap<string, TrustKey>;
}

/**
 * The list that the root signed; `root` is its public point, 65 bytes.
 *
 * `newestSeq` is the highest sequence number seen so far; an older list is `stale`, since whoever
 * replays it may hold a key that has been dropped. Else `malformed`, `unknown_key` (another root),
 * `bad_signature` or `expired`.
 */
export function verifyTrustList(
  message: Bytes,
  { root, now, newestSeq = 0 }: { root: Bytes; now: number; newestSeq?: Whole },
): Promise<TrustList | Refused> {
  return answeredLater(async () => {
    const trust = await readTrustList(message, root);
    if (now >= trust.exp) throw new Rejected("expired");
    if (trust.seq < newestSeq) throw new Rejected("stale", "older than a list already seen");
    return trust;
  });
}

/**
 * The key named `kid`. Throws Rejected (unknown_key).
 *
 * "trust list stale" tells the operator to refresh: the list has expired, or it is too old for the
 * absence of a key to mean anything.
 */
export function issuerOf(
  trust: TrustList,
  kid: string,
  { now, ageSecondsMax }: { now: number; ageSecondsMax: number },
): TrustKey {
  if (now >= trust.exp) throw new Rejected("unknown_key", "trust list stale");
  const key = trust.keys.get(kid);
  if (key !== undefined) return key;
  throw new Rejected("unknown_key", now - trust.iat > ageSecondsMax ? "trust list stale" : "");
}

export function isOpen(key: TrustKey, now: number): boolean {
  return key.nbf <= now && now < key.exp;
}

async function readTrustList(message: Bytes, root: Bytes): Promise<TrustList> {
  if (message.length > MESSAGE_BYTES_MAX) throw malformed("length");
  const [kid, sign1] = readTyped(message, TYP);
  if (kid !== (await kidOf(root))) throw new Rejected("unknown_key", "another root");
  if (!(await isSignedBy(sign1, await keyOfPoint(root)))) {
    throw new Rejected("bad_signature", "root");
  }
  const claims = mapOf(decode(sign1.payload, false), "trust list", [SUB, IAT, EXP, LIST]);
  const [seq, listed] = array(claims.get(LIST), 2, "trust list");
  if (!isArray(listed) || listed.length > KEYS_MAX) throw malformed("trust list");
  const keys = await Promise.all(listed.map(readTrustKey));
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  if (byKid.size !== keys.length) throw malformed("kid twice");
  return {
    sub: text(claims.get(SUB), 1, URI_BYTES_MAX, "trust list"),
    seq: uint64(seq, "trust list"),
    iat: uint(claims.get(IAT), UINT32_MAX, "trust list"),
    exp: uint(claims.get(EXP), UINT32_MAX, "trust list"),
    keys: byKid,
  };
}

async function readTrustKey(item: Value): Promise<TrustKey> {
  const claims = mapOf(item, "trust key", [KTY, KID, ALG, KEY_OPS, CRV, X, Y, FACTS]);
  const yIsOdd = claims.get(Y);
  const [verify] = array(claims.get(KEY_OPS), 1, "trust key");
  if (
    claims.get(ALG) !== ES256 ||
    claims.get(KTY) !== EC2 ||
    claims.get(CRV) !== P256 ||
    verify !== VERIFY ||
    typeof yIsOdd !== "boolean"
  ) {
    throw malformed("trust key");
  }
  const x = byteString(claims.get(X), COORDINATE_BYTES, COORDINATE_BYTES, "trust key");
  const [use, nbf, exp, statusBase] = array(claims.get(FACTS), 4, "trust key");
  const point = uncompressed({ x, yIsOdd });
  if (point === null || !isUse(use)) throw malformed("trust key");
  const facts = {
    use,
    nbf: uint(nbf, UINT32_MAX, "trust key"),
    exp: uint(exp, UINT32_MAX, "trust key"),
    statusBase: text(statusBase, 1, URI_BYTES_MAX, "trust key"),
  };
  // The name is computed, never believed: a list cannot give one key another's name.
  const kid = await kidOf(point);
  if (hex(byteString(claims.get(KID), KID_BYTES, KID_BYTES, "kid")) !== kid) {
    throw malformed("kid");
  }
  return { ...facts, kid, key: await keyOfPoint(point) };
}

function isUse(use: Value | undefined): use is KeyUse {
  return use === CARD || use === PAPER || use === SLICE || use === STATUS;
}
