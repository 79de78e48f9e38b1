import { signal } from "@preact/signals";
import { leavesOpen, noAnswer, type Problem, type Result } from "../shared/api";
import { serverNow } from "../shared/clock";
import { t } from "../shared/i18n";
import { type Fen, type Parts, parseYuan } from "../shared/money";
import type { Judged } from "./offline/judge";
import { offline } from "./offline/loaded";
import { isUnreached, learn, patienceMs } from "./offline/reach";
import { askedQuestion, closeQuestion } from "./open-question";
import { deliver, type Sent } from "./outbox";
import {
  askCard,
  type Offer,
  type Pairing,
  type Question,
  quote,
  type Redemption,
  type Verification,
  verify,
} from "./service";
import { nextId, paired, stillPaired } from "./till";

export interface Scan {
  id: string;
  text: string;
}

/** Where a sale stands, one line per screen; each carries what it needs. */
export type Step =
  | { name: "scan"; problem: Problem | null; retry: Scan | null }
  | { name: "verifying"; asked: Scan }
  | ({ name: "verdict"; verification: Verification } & Way)
  | ({ name: "offers"; verification: Verification; problem?: Problem } & Way)
  | { name: "question"; question: Question; verification: Verification }
  | ({ name: "amount"; verification: Verification; offer: Offer } & Way)
  | { name: "sending"; sent: Sent }
  | { name: "unanswered"; sent: Sent; problem: Problem }
  | { name: "refused"; sent: Sent; problem: Problem }
  | ({ name: "receipt"; redemption: Redemption } & Way);

/** Whether this till judged by itself, the service being out of reach. */
interface Way {
  offline: boolean;
}

const FRESH: Step = { name: "scan", problem: null, retry: null };
const QUOTE_AFTER_MS = 250;

export const step = signal<Step>(FRESH);

/** What the keypad shows, as typed. */
export const typedYuan = signal("");

/** The split of exactly the amount on the keypad; null until the service has said it. */
export const quoted = signal<Parts | null>(null);
export const amountProblem = signal<Problem | null>(null);

export function nextCard(): void {
  step.value = FRESH;
}

/** Have the text of a code judged, exactly as it was read. */
export async function scan(token: string, text: string): Promise<void> {
  if (text !== "") await check(token, { id: nextId(), text });
}

/**
 * Have a code judged. The same scan asked again hears the same, so a lost answer costs nothing. An
 * answer that comes when nobody waits for it any more changes no screen.
 */
export async function check(token: string, asked: Scan): Promise<void> {
  const { name } = step.value;
  if (name !== "scan" && name !== "question") return;
  const waiting: Step = { name: "verifying", asked };
  step.value = waiting;
  // A question that nobody answered would have plain codes refused: the clerk has moved on.
  if (name === "scan") await closeQuestion(token);
  const result = learn(await verify(token, asked.id, asked.text, patienceMs()));
  if (result.ok && result.value.accepted) void noteCard(asked);
  if (step.value !== waiting) return;
  if (result.ok) {
    showVerdict(result.value);
    return;
  }
  if (isUnreached(result.problem) && (await judgedHere(waiting, asked))) return;
  const retry = leavesOpen(result.problem) ? asked : null;
  step.value = { name: "scan", problem: result.problem, retry };
  await stillPaired(result.problem);
}

/** Which credential was shown last, as far as this till can read it. */
let lastCti: string | null = null;

/** Remember what the service accepted, for the time when it cannot be asked. */
async function noteCard(asked: Scan): Promise<void> {
  lastCti = null;
  lastCti = await offline().then(
    ({ remember }) => remember(asked),
    () => null,
  );
}

export function showVerdict(verification: Verification): void {
  step.value = { name: "verdict", verification, offline: isOffline(verification) };
}

function isOffline({ isOffline: isIt }: Verification): boolean {
  return isIt === true;
}

/** Judge on the spot what nobody answered. False where this device's storage refuses to. */
async function judgedHere(waiting: Step, asked: Scan): Promise<boolean> {
  const pairing = ownPairing();
  const verdict =
    pairing &&
    (await offline()
      .then(({ judge }) => judge(pairing, asked))
      .catch(() => null));
  if (verdict === null) return false;
  if (step.value === waiting) showVerdict(verdict);
  return true;
}

function ownPairing(): Pairing | null {
  return paired.value.name === "paired" ? paired.value.pairing : null;
}

/** Wait no longer for a verdict: the code can be asked about again, by the same scan. */
export function giveUp(): void {
  const now = step.value;
  if (now.name !== "verifying") return;
  step.value = { name: "scan", problem: noAnswer().problem, retry: now.asked };
}

export function showOffers(verification: Verification): void {
  step.value = { name: "offers", verification, offline: isOffline(verification) };
}

/**
 * Ask the member's phone for a code made for this till alone, which some offers need. From then on
 * this till accepts nothing but the answer, until the question is over or closed.
 */
export async function askPhone(token: string, verification: Verification): Promise<void> {
  const result = await askCard(token);
  if (result.ok) {
    askedQuestion(result.value);
    step.value = { name: "question", question: result.value, verification };
    return;
  }
  const { problem } = result;
  step.value = { name: "offers", verification, problem, offline: isOffline(verification) };
  await stillPaired(problem);
}

export function choose(verification: Verification, offer: Offer): void {
  typedYuan.value = "";
  quoted.value = null;
  amountProblem.value = null;
  step.value = { name: "amount", verification, offer, offline: isOffline(verification) };
}

let quoteTimer: ReturnType<typeof setTimeout> | undefined;
let newestQuote = 0;

/** Take a new amount from the keypad, and ask for its split once it has been still a moment. */
export function enter(token: string, { verification, offer }: Chosen, typed: string): void {
  typedYuan.value = typed;
  quoted.value = null;
  amountProblem.value = null;
  clearTimeout(quoteTimer);
  newestQuote += 1;
  const mine = newestQuote;
  const gross = parseYuan(typed);
  if (gross === null || gross === 0) return;
  quoteTimer = setTimeout(async () => {
    const result = await quoteOf(token, verification, offer, gross);
    // An older amount's answer, come late, must not stand beside a newer amount.
    if (mine !== newestQuote) return;
    if (result.ok) {
      quoted.value = result.value;
    } else {
      amountProblem.value = result.problem;
      await stillPaired(result.problem);
    }
  }, QUOTE_AFTER_MS);
}

/** The split by the service's word, or by the lease where this till judged the card itself. */
async function quoteOf(
  token: string,
  { verification_id, judged }: Verification,
  { offer_id }: Offer,
  gross: Fen,
): Promise<Result<Parts>> {
  const pairing = ownPairing();
  if (judged !== undefined && pairing !== null) {
    return (await offline()).quoteHere(pairing, judged, offer_id, gross);
  }
  const result = learn(await quote(token, verification_id, offer_id, gross));
  if (result.ok || !isUnreached(result.problem)) return result;
  const { problem } = result;
  const next_step = t("offline_scan_again");
  return { ok: false, problem: { ...problem, facts: { ...problem.facts, next_step } } };
}

interface Chosen {
  verification: Verification;
  offer: Offer;
}

/** Redeem what was quoted. A second tap finds another step and does nothing. */
export async function redeem(token: string, { verification, offer }: Chosen): Promise<void> {
  const parts = quoted.value;
  if (step.value.name !== "amount" || parts === null) return;
  const id = nextId();
  const sent: Sent = {
    id,
    what: "sale",
    sale_id: id,
    path: "/redemptions",
    body: {
      id,
      verification_id: verification.verification_id,
      offer_id: offer.offer_id,
      gross_fen: parts.gross_fen,
      capture: true,
    },
    title: offer.title,
    amount_fen: parts.gross_fen,
    at: serverNow(),
    cti: lastCti,
  };
  const { judged } = verification;
  const problem =
    judged === undefined ? await send(token, sent) : await keep(judged, sent, offer, parts);
  if (problem !== null && !leavesOpen(problem)) {
    // Refused, and nothing was taken: the amount is still there to be corrected.
    quoted.value = null;
    amountProblem.value = problem;
    step.value = { name: "amount", verification, offer, offline: isOffline(verification) };
  }
}

/** Grant a sale by the lease; returns what was refused. Its record is sent when there is a network. */
async function keep(
  judged: Judged,
  sent: Sent,
  { offer_id }: Offer,
  { gross_fen }: Parts,
): Promise<Problem | null> {
  const pairing = ownPairing();
  if (pairing === null) return noAnswer().problem;
  step.value = { name: "sending", sent };
  const { grant, reload, syncNow } = await offline();
  const result = await grant(pairing, judged, { id: sent.id, offer_id, gross_fen });
  if (!result.ok) return result.problem;
  step.value = { name: "receipt", redemption: result.value, offline: true };
  await reload().catch(() => undefined);
  // The network may be back since the card was judged, and nothing else may be asked for minutes.
  syncNow();
  return null;
}

/** What was set aside while it was being sent, and has its answer now. */
export type Late = { sent: Sent } & (
  | { redemption: Redemption; problem?: undefined }
  | { problem: Problem; redemption?: undefined }
);

export const late = signal<Late[]>([]);

/** Leave a sale that is being sent to itself: its answer is told when it comes. */
export function setAside(): void {
  if (step.value.name === "sending") nextCard();
}

/** Ask again for a sale that had no answer: its id is the same, so it cannot count twice. */
export async function askAgain(token: string, sent: Sent): Promise<void> {
  if (step.value.name === "sending") return;
  const problem = await send(token, sent);
  if (problem !== null && !leavesOpen(problem)) {
    step.value = { name: "refused", sent, problem };
  }
}

/** Send a sale; returns what was refused, unless the clerk has moved on and is told otherwise. */
async function send(token: string, sent: Sent): Promise<Problem | null> {
  const sending: Step = { name: "sending", sent };
  step.value = sending;
  const result = await deliver<Redemption>(token, sent);
  const isWaitedFor = step.value === sending;
  if (result.ok) {
    if (isWaitedFor) step.value = { name: "receipt", redemption: result.value, offline: false };
    else late.value = [...late.value, { sent, redemption: result.value }];
    return null;
  }
  const { problem } = result;
  if (!isWaitedFor) {
    // Without an answer it stays among those to ask about again, which says so already.
    if (!leavesOpen(problem)) late.value = [...late.value, { sent, problem }];
  } else if (leavesOpen(problem)) {
    step.value = { name: "unanswered", sent, problem };
  }
  await stillPaired(problem);
  return isWaitedFor ? problem : null;
}

/** The sum so far as a number of fen, or null while it is none. */
export function typedFen(): Fen | null {
  return parseYuan(typedYuan.value);
}
