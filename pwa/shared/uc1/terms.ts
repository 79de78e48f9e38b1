/** The words of the format. They are on the wire or in the API and never change. */

/** The first four characters of a text, which also separate what is signed (external_aad). */
export type Form = "UC1:" | "UR1:" | "US1:";
export const FULL = "UC1:"; // issuer and phone: holds offline
export const REFERENCE = "UR1:"; // phone only: the service looks the credential up
export const STATIC = "US1:"; // issuer only: paper, or a slice

/** What a credential promises. Profile n must be signed by a key of use n. */
export type Profile = 1 | 2 | 3;
export const CARD = 1; // bound to a phone's key
export const PAPER = 2;
export const SLICE = 3; // thirty seconds, for a phone that cannot hold a key

/** What one key of the trust list may sign. Uses are disjoint. */
export type KeyUse = Profile | 4;
export const STATUS = 4;

/** How much a verified code proves. An offer lists the values that it accepts. */
export type Assurance = "possession" | "session" | "static";

export const ASSURANCE_OF: Record<Profile, Assurance> = {
  [CARD]: "possession", // the phone's own key answered just now
  [PAPER]: "static", // a copy looks the same: compare name and photo with a document
  [SLICE]: "session", // the service answered for a signed-in phone just now
};

/** Why a code is refused, in the order in which it is found out. */
export type Reason =
  | "malformed"
  | "unsupported"
  | "unknown_card"
  | "unknown_key"
  | "bad_signature"
  | "expired"
  | "stale"
  | "wrong_audience"
  | "status_unknown"
  | "revoked"
  | "suspended"
  | "replayed";
