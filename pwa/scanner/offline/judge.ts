/** Cards judged, and sales granted, while the service cannot be asked. */
import type { Problem, Result } from "../../shared/api";
import { dayOf, serverNow } from "../../shared/clock";
import { oneWindow } from "../../shared/locks";
import type { Fen, Parts } from "../../shared/money";
import { singleUseMoment, type Verified } from "../../shared/uc1/answers";
import { PAPER } from "../../shared/uc1/terms";
import { verifyText } from "../../shared/uc1/verify";
import { outbox } from "../outbox";
import type { Offer, Pairing, Redemption, Verification } from "../service";
import { keptTillKey } from "../till-key";
import { type Granted, isOver, leftOf, offerReason, type SaleReason, saleReason, type Shown } from "./allowance";
import { linkOf, writeJws } from "./jws";
import type { Lease, LeaseOffer } from "./lease";
import { held, isTimeBelieved, isTrustFresh, whenLoaded } from "./lists";
import { peek } from "./peek";
import { isOpen, type Kept } from "./queue";
import { splitOf } from "./split";
import { admit, append, headOf, recordsOf } from "./store";
import { type Amounts, type Hindrance, problemOf, sayCode, sayHindrance, saySale, titleOf } from "./words";

/** One scan: its id, and the text as folded. */
export interface Scan {
  id: string;
  text: string;
}

/** A scan that this till found good by itself, and the lease that was in force then. */
export interface Judged {
  scan: Scan;
  at: number;
  shown: Shown;
  lease: Lease;
}

const CHAIN = "union-card-till-chain";
const SMALL_CODE = "reference form needs the online service";
const TRIES_MAX = 5;

/** Judge a code on the spot, by the lists and the lease that this till holds. */
export async function judge(pairing: Pairing, scan: Scan): Promise<Verification> {
  const at = serverNow();
  const now = Math.floor(at / 1000);
  await whenLoaded();
  const { lease, trust, statuses } = held.value;
  if (!(await isTimeBelieved())) return hindered(scan, "clock");
  if (lease === null) return hindered(scan, "no_lease");
  if (isOver(lease, now)) return refused(scan, "lease_over", saySale("lease_over", NO_AMOUNTS));
  if (trust === null || !isTrustFresh(held.value, now)) return hindered(scan, "lists_old");
  const code = await verifyText(scan.text, { now, trust, statuses, audience: pairing.code });
  if (!code.ok) {
    return code.detail === SMALL_CODE
      ? hindered(scan, "small_code")
      : refused(scan, code.code, sayCode(code.code));
  }
  // Paper may be a copy: what shows that is the number printed on it, which the service knows.
  if (code.profile === PAPER) return hindered(scan, "paper");
  if (isUnanswered(code.cti)) return hindered(scan, "unanswered");
  if (!(await isNew(code, scan, now))) return refused(scan, "replayed", sayCode("replayed"));
  const shown = { cti: code.cti, assurance: code.assurance, day: dayOf(at), now };
  return accepted(pairing, { scan, at, shown, lease });
}

function isUnanswered(cti: string): boolean {
  return outbox.value.some((sent) => sent.what === "sale" && sent.cti === cti);
}

async function isNew(code: Verified, { id }: Scan, now: number): Promise<boolean> {
  const moment = singleUseMoment(code);
  return moment !== null && admit({ cti: code.cti, moment, scanId: id }, now);
}

/**
 * Remember a code that the service accepted, so that it is not taken once more without it. Returns
 * which credential it names; null for a text that cannot be read here.
 */
export async function remember({ id, text }: Scan): Promise<string | null> {
  const seen = peek(text);
  if (seen === null) return null;
  const { cti, moment } = seen;
  if (moment !== null) {
    await admit({ cti, moment, scanId: id }, Math.floor(serverNow() / 1000)).catch(() => false);
  }
  return cti;
}

async function accepted({ terminal_id }: Pairing, judged: Judged): Promise<Verification> {
  const { lease, shown } = judged;
  const granted = grantedOf(await recordsOf(terminal_id));
  return {
    ...answerTo(judged.scan),
    accepted: true,
    assurance: shown.assurance,
    offers: lease.offers.map((offer) => usable(offer, judged, granted)),
    isOffline: true,
    judged,
  };
}

function usable(offer: LeaseOffer, { lease, shown }: Judged, granted: Granted[]): Offer {
  const reason =
    splitOf(0 as Fen, offer) === null
      ? "needs_network"
      : offerReason(offer, shown, lease, granted);
  const said = reason === null ? null : saySale(reason, amountsOf(offer, lease, granted, shown.day));
  return {
    offer_id: offer.offer_id,
    title: titleOf(offer),
    kind: offer.kind,
    usable: reason === null,
    reason,
    reason_text: said?.[0] ?? null,
    next_step: said?.[1] ?? null,
    left: leftOf(lease, granted, shown.day),
    left_unit: "fen",
  };
}

/** The split of a bill by the offer's terms in the lease, or why it earns nothing. */
export async function quoteHere(
  { terminal_id }: Pairing,
  judged: Judged,
  offerId: string,
  gross: Fen,
): Promise<Result<Parts>> {
  const offer = offerOf(judged, offerId);
  const parts = splitOf(gross, offer);
  const granted = grantedOf(await recordsOf(terminal_id));
  const reason = parts === null ? "needs_network" : whyNot(offer, parts, judged, granted);
  return reason === null && parts !== null
    ? { ok: true, value: parts }
    : { ok: false, problem: saleProblem(reason ?? "needs_network", offer, judged, granted) };
}

/**
 * Grant a sale by the lease: sign its record, chain it to the one before, keep it. Whatever comes
 * then, the record is there to be sent; until then nothing was granted.
 */
export async function grant(
  pairing: Pairing,
  judged: Judged,
  sale: { id: string; offer_id: string; gross_fen: Fen },
): Promise<Result<Redemption>> {
  try {
    return await oneWindow(CHAIN, () => grantAlone(pairing, judged, sale));
  } catch {
    return { ok: false, problem: problemOf("not_kept", sayHindrance("not_kept")) };
  }
}

async function grantAlone(
  { terminal_id }: Pairing,
  judged: Judged,
  { id, offer_id, gross_fen }: { id: string; offer_id: string; gross_fen: Fen },
): Promise<Result<Redemption>> {
  const offer = offerOf(judged, offer_id);
  const parts = splitOf(gross_fen, offer);
  const key = await keptTillKey();
  if (key === null || parts === null) throw new Error("neither is so where a quote was given");
  // Browsers without locks: another window may have moved the chain meanwhile.
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const granted = grantedOf(await recordsOf(terminal_id));
    const reason = whyNot(offer, parts, judged, granted);
    if (reason !== null) {
      return { ok: false, problem: saleProblem(reason, offer, judged, granted) };
    }
    const head = await headOf(terminal_id);
    const occurred_at = new Date(judged.at).toISOString();
    const signed = {
      id,
      seq: head.seq + 1,
      prev: head.link,
      presentation: judged.scan.text,
      offer_version: offer.offer_version,
      gross_fen,
      occurred_at,
      lease_id: judged.lease.lease_id,
    };
    const jws = await writeJws(key.privateKey, signed);
    const record: Kept = {
      terminal_id,
      seq: signed.seq,
      id,
      jws,
      cti: judged.shown.cti,
      offer_id,
      title_zh: offer.title_zh,
      title_en: offer.title_en,
      occurred_at,
      day: judged.shown.day,
      parts,
      verdict: null,
    };
    if (await append(record, head, await linkOf(jws))) return { ok: true, value: receiptOf(record) };
  }
  throw new Error("other windows were always faster");
}

function receiptOf(record: Kept): Redemption {
  const { id, occurred_at, parts } = record;
  return {
    ...parts,
    id,
    state: "waiting",
    receipt_no: null,
    offer_title: titleOf(record),
    left_fen: parts.gross_fen,
    received_at: occurred_at,
  };
}

function whyNot(
  offer: LeaseOffer,
  parts: Parts,
  { shown, lease }: Judged,
  granted: Granted[],
): SaleReason | null {
  const now = Math.floor(serverNow() / 1000);
  return saleReason(offer, parts, { shown, now, lease, granted });
}

function saleProblem(
  reason: SaleReason,
  offer: LeaseOffer,
  { lease, shown }: Judged,
  granted: Granted[],
): Problem {
  return problemOf(reason, saySale(reason, amountsOf(offer, lease, granted, shown.day)));
}

const NO_AMOUNTS: Amounts = { day_fen: 0 as Fen, sale_fen: 0 as Fen, threshold_fen: 0 as Fen };

function amountsOf(offer: LeaseOffer, lease: Lease, granted: Granted[], day: string): Amounts {
  return {
    day_fen: leftOf(lease, granted, day) as Fen,
    sale_fen: lease.per_sale_fen as Fen,
    threshold_fen: (offer.threshold_fen ?? 0) as Fen,
  };
}

function offerOf({ lease }: Judged, offerId: string): LeaseOffer {
  const offer = lease.offers.find((each) => each.offer_id === offerId);
  if (offer === undefined) throw new Error("only offers of the lease are shown");
  return offer;
}

export function grantedOf(records: readonly Kept[]): Granted[] {
  return records.map((record) => ({
    offer_id: record.offer_id,
    cti: record.cti,
    day: record.day,
    union_fen: record.parts.union_pays_fen,
    isRefused: record.verdict?.verdict === "refused",
    isOpen: isOpen(record),
  }));
}

function answerTo({ id }: Scan): Verification {
  return {
    verification_id: id,
    accepted: false,
    reason: null,
    reason_text: null,
    next_step: null,
    assurance: null,
    card: null,
    offers: [],
  };
}

function refused(
  scan: Scan,
  reason: string,
  [reason_text, next_step]: readonly [string, string],
): Verification {
  return { ...answerTo(scan), reason, reason_text, next_step, isOffline: true };
}

function hindered(scan: Scan, hindrance: Hindrance): Verification {
  return refused(scan, hindrance, sayHindrance(hindrance));
}
