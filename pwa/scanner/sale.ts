import { signal } from "@preact/signals";
import { leavesOpen, type Problem } from "../shared/api";
import { serverNow } from "../shared/clock";
import { type Fen, type Parts, parseYuan } from "../shared/money";
import { deliver, type Sent } from "./outbox";
import { folded } from "./presentation";
import { askCard, type Offer, type Question, quote, type Redemption, type Verification, verify } from "./service";
import { nextId, stillPaired } from "./till";

export interface Scan {
  id: string;
  text: string;
}

/** Where a sale stands, one line per screen; each carries what it needs. */
export type Step =
  | { name: "scan"; problem: Problem | null; retry: Scan | null }
  | { name: "verifying" }
  | { name: "verdict"; verification: Verification }
  | { name: "offers"; verification: Verification; problem?: Problem }
  | { name: "question"; question: Question }
  | { name: "amount"; verification: Verification; offer: Offer }
  | { name: "sending"; sent: Sent }
  | { name: "unanswered"; sent: Sent; problem: Problem }
  | { name: "refused"; sent: Sent; problem: Problem }
  | { name: "receipt"; redemption: Redemption };

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

export async function scan(token: string, typed: string): Promise<void> {
  const text = folded(typed);
  if (text !== "") await check(token, { id: nextId(), text });
}

/** Have a code judged. The same scan asked again hears the same, so a lost answer costs nothing. */
export async function check(token: string, asked: Scan): Promise<void> {
  if (step.value.name !== "scan" && step.value.name !== "question") return;
  step.value = { name: "verifying" };
  const result = await verify(token, asked.id, asked.text);
  if (result.ok) {
    step.value = { name: "verdict", verification: result.value };
    return;
  }
  const retry = leavesOpen(result.problem) ? asked : null;
  step.value = { name: "scan", problem: result.problem, retry };
  await stillPaired(result.problem);
}

export function showOffers(verification: Verification): void {
  step.value = { name: "offers", verification };
}

/**
 * Ask the member's phone for a code made for this till alone, which some offers need. From then on
 * this till accepts nothing but the answer, until the question is over.
 */
export async function askPhone(token: string, verification: Verification): Promise<void> {
  const result = await askCard(token);
  if (result.ok) {
    step.value = { name: "question", question: result.value };
    return;
  }
  step.value = { name: "offers", verification, problem: result.problem };
  await stillPaired(result.problem);
}

export function choose(verification: Verification, offer: Offer): void {
  typedYuan.value = "";
  quoted.value = null;
  amountProblem.value = null;
  step.value = { name: "amount", verification, offer };
}

let quoteTimer = 0;
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
    const result = await quote(token, verification.verification_id, offer.offer_id, gross);
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
  };
  const problem = await send(token, sent);
  if (problem !== null && !leavesOpen(problem)) {
    // Refused, and nothing was taken: the amount is still there to be corrected.
    quoted.value = null;
    amountProblem.value = problem;
    step.value = { name: "amount", verification, offer };
  }
}

/** Ask again for a sale that had no answer: its id is the same, so it cannot count twice. */
export async function askAgain(token: string, sent: Sent): Promise<void> {
  if (step.value.name === "sending") return;
  const problem = await send(token, sent);
  if (problem !== null && !leavesOpen(problem)) {
    step.value = { name: "refused", sent, problem };
  }
}

async function send(token: string, sent: Sent): Promise<Problem | null> {
  step.value = { name: "sending", sent };
  const result = await deliver<Redemption>(token, sent);
  if (result.ok) {
    step.value = { name: "receipt", redemption: result.value };
    return null;
  }
  if (leavesOpen(result.problem)) {
    step.value = { name: "unanswered", sent, problem: result.problem };
  }
  await stillPaired(result.problem);
  return result.problem;
}

/** The sum so far as a number of fen, or null while it is none. */
export function typedFen(): Fen | null {
  return parseYuan(typedYuan.value);
}
