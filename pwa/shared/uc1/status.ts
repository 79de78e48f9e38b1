/**
 * Status lists (IETF Token Status List, CWT form): two bits for each credential of a list.
 *
 * Whole lists are fetched, never one card's entry, so that nobody who serves a list learns which
 * card is being shown.
 */

import { answeredLater, malformed, Rejected, type Refused } from "./answers";
import { type Bytes, joined } from "./bytes";
import { byteString, decode, mapOf, text, UINT32_MAX, uint } from "./cbor";
import { isSignedBy, readTyped } from "./cose";
import { POLICY } from "./policy";
import { STATUS } from "./terms";
import { isOpen, issuerOf, type TrustKey, type TrustList, URI_BYTES_MAX } from "./trust";

const TYP = "application/statuslist+cwt";
const MESSAGE_BYTES_MAX = 512 * 1024; // a list without any pattern has 256 KiB, and a little more

const SUB = 2;
const EXP = 4;
const IAT = 6;
const STATUS_LIST = 65533;
const TTL = 65534;
const BITS = 2;
const PER_BYTE = 8 / BITS;
const MASK = 2 ** BITS - 1;
const ENTRIES = 2 ** 20;
const PACKED_BYTES = ENTRIES / PER_BYTE;

const VALID = 0;
const INVALID = 1;
const SUSPENDED = 2;

/** A verified list. `uri` is its address, `exp` Unix seconds; after that it says nothing. */
export interface StatusList {
  uri: string;
  iat: number;
  exp: number;
  ttlSeconds: number;
  packed: Bytes;
}

/** Verified lists by their address. */
export type StatusLists = ReadonlyMap<string, StatusList>;

/**
 * The list fetched from `uri`, signed by a status key of `trust`. Refused is `malformed` (also a
 * list of another address), `unknown_key`, `bad_signature` or `expired`.
 */
export function verifyStatusList(
  message: Bytes,
  { uri, trust, now }: { uri: string; trust: TrustList; now: number },
): Promise<StatusList | Refused> {
  return answeredLater(async () => {
    const list = await readStatusList(message, uri, trust, now);
    if (now >= list.exp) throw new Rejected("expired");
    return list;
  });
}

/**
 * Throws Rejected unless the credential at `index` of the list `uri` is valid.
 *
 * Not to know (no list, an expired one, an index outside) is a reason of its own; an offer may
 * decide to live with it, the format does not.
 */
export function checkStatus(lists: StatusLists, uri: string, index: number, now: number): void {
  const list = lists.get(uri);
  if (list === undefined || now >= list.exp) throw new Rejected("status_unknown");
  const byte = list.packed[Math.floor(index / PER_BYTE)];
  if (byte === undefined) throw new Rejected("status_unknown");
  switch ((byte >> ((index % PER_BYTE) * BITS)) & MASK) {
    case VALID:
      return;
    case INVALID:
      throw new Rejected("revoked");
    case SUSPENDED:
      throw new Rejected("suspended");
  }
  throw new Rejected("status_unknown");
}

async function readStatusList(
  message: Bytes,
  uri: string,
  trust: TrustList,
  now: number,
): Promise<StatusList> {
  if (message.length > MESSAGE_BYTES_MAX) throw malformed("length");
  const [kid, sign1] = readTyped(message, TYP);
  if (!(await isSignedBy(sign1, statusKey(trust, kid, now).key))) {
    throw new Rejected("bad_signature", "status");
  }
  const all = [SUB, EXP, IAT, STATUS_LIST, TTL];
  const claims = mapOf(decode(sign1.payload), "status list", all);
  const body = mapOf(claims.get(STATUS_LIST), "status list", ["lst", "bits"]);
  if (body.get("bits") !== BITS) throw malformed("status list");
  if (text(claims.get(SUB), 1, URI_BYTES_MAX, "status list") !== uri) {
    throw malformed("another list");
  }
  return {
    uri,
    iat: uint(claims.get(IAT), UINT32_MAX, "status list"),
    exp: uint(claims.get(EXP), UINT32_MAX, "status list"),
    ttlSeconds: uint(claims.get(TTL), UINT32_MAX, "status list"),
    packed: await inflated(byteString(body.get("lst"), 1, MESSAGE_BYTES_MAX, "status list")),
  };
}

function statusKey(trust: TrustList, kid: string, now: number): TrustKey {
  const key = issuerOf(trust, kid, { now, ageSecondsMax: POLICY.trustAgeSecondsMax });
  if (!isOpen(key, now)) throw new Rejected("unknown_key", "key outside its window");
  if (key.use !== STATUS) throw new Rejected("unknown_key", "key not for status lists");
  return key;
}

/** The bits. Stops at the size of a whole list, whatever the bytes would expand to. */
async function inflated(compressed: Bytes): Promise<Bytes> {
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  const parts: Bytes[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw malformed("zlib");
    });
    if (done) return joined(...parts);
    parts.push(value);
    length += value.length;
    if (length > PACKED_BYTES) {
      await reader.cancel();
      throw malformed("zlib");
    }
  }
}
