/**
 * What the issuer signed: a CWT (RFC 8392) that holds nothing personal.
 *
 * A device's credential carries the phone's public key and is worth nothing without its signature
 * (presentation.ts). The paper card and the slice stand alone, so they promise less.
 */

import { malformed } from "./answers";
import { type Bytes, hex, startsWith } from "./bytes";
import {
  anyMap,
  array,
  byteString,
  decode,
  mapOf,
  text,
  UINT32_MAX,
  uint,
  uint64,
  type Value,
  type ValueMap,
} from "./cbor";
import { KID_BYTES, readSign1, type Sign1 } from "./cose";
import { type Compressed, COORDINATE_BYTES } from "./keys";
import { CARD, PAPER, type Profile, SLICE } from "./terms";

export const CTI_BYTES = 8;
const TIER_MAX = 23;
const STATUS_LIST_MAX = 0xffff;

const EXP = 4;
const CTI = 7;
const CNF = 8;
const FACTS = -65537; // [profile, tier, status list, status index]
const HINT = -65538;
const COSE_KEY = 1;
const KTY = 1;
const EC2 = 2;
const CRV = -1;
const P256 = 1;
const X = -2;
const Y = -3;

const HEADER = Uint8Array.of(0xa2, 0x01, 0x26, 0x04, 0x44); // {1: -7, 4: kid}, the kid follows

/**
 * The facts of one credential. `exp` is Unix seconds; `kid` and `cti` are in hexadecimal.
 *
 * `deviceKey` is the phone's, in a device's credential only. That it lies on the curve has not been
 * looked at.
 */
export interface Credential {
  profile: Profile;
  kid: string;
  cti: string;
  exp: number;
  tier: number;
  statusList: number;
  statusIndex: number;
  deviceKey: Compressed | null;
  hint: string | null;
}

/** A credential as read, with the signature that has yet to be verified. */
export interface SignedCredential {
  facts: Credential;
  sign1: Sign1;
}

/** A device's credential, its signature not yet verified. Throws Rejected. */
export function readCredential(raw: Bytes): SignedCredential {
  const sign1 = readSign1(raw, "untagged");
  const kid = readKid(sign1.header);
  const claims = anyMap(decode(sign1.payload), "claims");
  // The format leaves room here for claims of later versions, which an older verifier ignores.
  if ([...claims.keys()].some((name) => typeof name === "string")) throw malformed("claims");
  const card = readFacts(claims);
  if (card.profile !== CARD) throw malformed("profile");
  const cti = readCti(claims);
  const exp = uint(claims.get(EXP), UINT32_MAX, "claims");
  const deviceKey = readDeviceKey(claims.get(CNF));
  return { facts: { ...card, kid, cti, exp, deviceKey, hint: null }, sign1 };
}

/** A paper card or a slice, its signature not yet verified. Throws Rejected. */
export function readStatic(message: Bytes): SignedCredential {
  const sign1 = readSign1(message, "tagged");
  const kid = readKid(sign1.header);
  const claims = anyMap(decode(sign1.payload), "claims");
  // Anyone who has seen a phone's code has its credential. Bare, it proves nothing.
  if (claims.has(CNF)) throw malformed("possession proof missing");
  mapOf(claims, "claims", [], [EXP, CTI, FACTS, HINT]);
  const card = readFacts(claims);
  if (card.profile === CARD) throw malformed("profile");
  const hint = claims.has(HINT)
    ? text(claims.get(HINT), 0, sign1.payload.length, "claims")
    : null;
  const cti = readCti(claims);
  // Rounded where it is beyond exact numbers, which no policy comes near.
  const exp = Number(uint64(claims.get(EXP), "claims"));
  return { facts: { ...card, kid, cti, exp, deviceKey: null, hint }, sign1 };
}

function readKid(header: Bytes): string {
  if (header.length !== HEADER.length + KID_BYTES || !startsWith(header, HEADER)) {
    throw malformed("cred-protected");
  }
  return hex(header.subarray(HEADER.length));
}

function readCti(claims: ValueMap): string {
  return hex(byteString(claims.get(CTI), CTI_BYTES, CTI_BYTES, "claims"));
}

function readFacts(
  claims: ValueMap,
): Pick<Credential, "profile" | "tier" | "statusList" | "statusIndex"> {
  const [profile, tier, statusList, statusIndex] = array(claims.get(FACTS), 4, "claims");
  if (profile !== CARD && profile !== PAPER && profile !== SLICE) throw malformed("profile");
  return {
    profile,
    tier: uint(tier, TIER_MAX, "claims"),
    statusList: uint(statusList, STATUS_LIST_MAX, "claims"),
    // An index beyond every list is well formed, and nothing is known about it: that is for the
    // status check to say (vector "index out of the list").
    statusIndex: uint(statusIndex, UINT32_MAX, "claims"),
  };
}

function readDeviceKey(cnf: Value | undefined): Compressed {
  const key = mapOf(mapOf(cnf, "cnf", [COSE_KEY]).get(COSE_KEY), "cnf", [KTY, CRV, X, Y]);
  const yIsOdd = key.get(Y);
  if (key.get(KTY) !== EC2 || key.get(CRV) !== P256 || typeof yIsOdd !== "boolean") {
    throw malformed("cnf");
  }
  return { x: byteString(key.get(X), COORDINATE_BYTES, COORDINATE_BYTES, "cnf"), yIsOdd };
}
