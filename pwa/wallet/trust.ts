/** Whether the key that signed this phone's credential is still trusted, by the root's own word. */
import { callList } from "../shared/api";
import { serverNow } from "../shared/clock";
import { keep, kept } from "../shared/idb";
import type { Bytes } from "../shared/uc1/bytes";
import type { Whole } from "../shared/uc1/cbor";
import { verifyTrustList } from "../shared/uc1/trust";

interface KeptTrust {
  seq: Whole;
  checkedAt: number;
  kids: string[];
}

const KEPT_AS = "trust";
const CHECK_EVERY_MS = 3_600_000;

let checkedHere = false;

/**
 * Whether to go on with a credential that the key `kid` signed. `root` is the root's public point.
 *
 * Asks the service at each opening of the page and then hourly. What cannot be read or verified
 * says nothing, so the credential stays: only a newer list, signed by the root, takes it away.
 */
export async function isTrusted(kid: string, root: Bytes): Promise<boolean> {
  const before = await kept<KeptTrust>(KEPT_AS).catch(() => null);
  const now = serverNow();
  const isFresh = checkedHere && before !== null && now - before.checkedAt < CHECK_EVERY_MS;
  // A key that is missing may be newer than the list: look again before believing it.
  if (isFresh && before.kids.includes(kid)) return true;
  const message = await callList("/trust-list");
  if (message === null) return true;
  const newestSeq = before?.seq ?? 0;
  const trust = await verifyTrustList(message, { root, now: Math.floor(now / 1000), newestSeq });
  if ("code" in trust) return true;
  checkedHere = true;
  const kids = [...trust.keys.keys()];
  await keep(KEPT_AS, { seq: trust.seq, checkedAt: now, kids }).catch(() => undefined);
  return kids.includes(kid);
}
