import { signal } from "@preact/signals";
import type { Problem } from "../shared/api";
import { dayOf, serverNow } from "../shared/clock";
import type { Fen } from "../shared/money";
import { deliver, type Sent } from "./outbox";
import { type Redemption, type Reversal, saleOf, salesOf, voidSale } from "./service";
import { nextId, stillPaired } from "./till";

/** The sales of one day, as far as they were asked for. */
export interface Listed {
  day: string;
  sales: Redemption[];
  next: string | null;
}

export const listed = signal<Listed | null>(null);
export const listProblem = signal<Problem | null>(null);
export const listing = signal(false);

/** The sale that is open below the list, and what was last done to it. */
export const opened = signal<Redemption | null>(null);
export const undoing = signal(false);
export const undoProblem = signal<Problem | null>(null);
export const refunded = signal<Reversal | null>(null);
export const justVoided = signal(false);

let newestList = 0;

export function today(): string {
  return dayOf(serverNow());
}

/** List a Shanghai day from its newest sale; an older list's late answer is dropped. */
export async function list(token: string, day: string): Promise<void> {
  listed.value = null;
  await ask(token, day, null, []);
}

export async function listMore(token: string): Promise<void> {
  const now = listed.value;
  if (now !== null && now.next !== null && !listing.value) {
    await ask(token, now.day, now.next, now.sales);
  }
}

async function ask(
  token: string,
  day: string,
  cursor: string | null,
  before: Redemption[],
): Promise<void> {
  newestList += 1;
  const mine = newestList;
  listing.value = true;
  const result = await salesOf(token, day, cursor);
  if (mine !== newestList) return;
  listing.value = false;
  listProblem.value = result.ok ? null : result.problem;
  if (result.ok) {
    const { items, next_cursor } = result.value;
    listed.value = { day, sales: [...before, ...items], next: next_cursor };
  } else {
    await stillPaired(result.problem);
  }
}

export function open(sale: Redemption | null): void {
  opened.value = sale;
  undoProblem.value = null;
  refunded.value = null;
  justVoided.value = false;
}

/** Whether the whole sale can still be voided: this till's own day, nothing taken back yet. */
export function isVoidable(sale: Redemption): boolean {
  return sale.state === "captured" && dayOf(Date.parse(sale.received_at)) === today();
}

export function isRefundable(sale: Redemption): boolean {
  return sale.state === "captured" || sale.state === "partly_reversed";
}

export async function voidOpened(token: string, sale: Redemption): Promise<void> {
  if (undoing.value) return;
  undoing.value = true;
  undoProblem.value = null;
  const result = await voidSale(token, sale.id);
  undoing.value = false;
  if (result.ok) {
    justVoided.value = true;
    show(result.value);
  } else {
    await refused(result.problem);
  }
}

/** Take `amount` of the gross back. The refund's id is kept until it has an answer. */
export async function refund(
  token: string,
  sale: Redemption,
  amount: Fen,
  reason: string,
): Promise<void> {
  if (undoing.value) return;
  const id = nextId();
  await sendRefund(token, {
    id,
    what: "refund",
    sale_id: sale.id,
    path: `/redemptions/${sale.id}/reversals`,
    body: { id, amount_fen: amount, reason },
    title: sale.offer_title,
    amount_fen: amount,
    at: serverNow(),
  });
}

/** Send a refund, for the first time or again: one id is one refund. */
export async function sendRefund(token: string, sent: Sent): Promise<void> {
  undoing.value = true;
  undoProblem.value = null;
  const result = await deliver<Reversal>(token, sent);
  if (result.ok) {
    refunded.value = result.value;
    const sale = await saleOf(token, sent.sale_id);
    if (sale.ok) show(sale.value);
  } else {
    await refused(result.problem);
  }
  undoing.value = false;
}

async function refused(problem: Problem): Promise<void> {
  undoProblem.value = problem;
  await stillPaired(problem);
}

/** Put the sale as it is now into the list and, where it is open, on the screen. */
function show(sale: Redemption): void {
  opened.value = sale;
  const now = listed.value;
  if (now !== null) {
    listed.value = { ...now, sales: now.sales.map((each) => (each.id === sale.id ? sale : each)) };
  }
}
