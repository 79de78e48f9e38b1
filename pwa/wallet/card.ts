import { signal } from "@preact/signals";
import { leavesOpen, type Problem, type Result } from "../shared/api";
import { clock, elapsedMs, type Mark, mark, serverNow } from "../shared/clock";
import { applyForCard, type Card, cardOf, drawnSliceOf, giveConsent, reportLost } from "./service";
import { atLeaving, isIn, leave } from "./session";

/** The code on show: its picture, when it came, and how long it was good for then. */
export interface Shown {
  picture: string;
  came: Mark;
  goodMs: number;
}

/** How long the code on show is still good for; 0 when it is over. */
export function leftMs(shown: Shown): number {
  return Math.max(0, shown.goodMs - elapsedMs(shown.came));
}

export const card = signal<Card | null>(null);
export const cardProblem = signal<Problem | null>(null);
export const code = signal<Shown | null>(null);
export const codeProblem = signal<Problem | null>(null);
export const losing = signal(false);
export const lossProblem = signal<Problem | null>(null);

// A code is renewed while it still works for a cashier who has just read it.
const RENEW_BEFORE_MS = 10_000;
const RETRY_MS_MIN = 2_000;
const RETRY_MS_MAX = 10_000;
const REFUSED_MS = 30_000;
const UNAUTHORIZED = 401;

let renewing = false;
let nextTryAt = 0;
let retryMs = RETRY_MS_MIN;

atLeaving(() => {
  card.value = null;
  cardProblem.value = null;
  code.value = null;
  codeProblem.value = null;
  lossProblem.value = null;
  nextTryAt = 0;
});

/** Read the card of `token` and keep its code fresh until the returned function is called. */
export function watch(token: string): () => void {
  void readCard(token);
  // A phone that was asleep does not know how long: what it shows first is a fresh code.
  const renewAtOnce = () => {
    nextTryAt = 0;
  };
  document.addEventListener("visibilitychange", renewAtOnce);
  addEventListener("online", renewAtOnce);
  const stop = clock.subscribe((now) => {
    if (now >= nextTryAt) void renew(token);
  });
  return () => {
    document.removeEventListener("visibilitychange", renewAtOnce);
    removeEventListener("online", renewAtOnce);
    stop();
  };
}

async function readCard(token: string): Promise<void> {
  await loadCard(token);
  // The code may have come before the card, which was read before there was a code.
  if (card.value?.state === "issued" && code.value !== null) await loadCard(token);
}

export async function loadCard(token: string): Promise<void> {
  await take(token, await cardOf(token));
}

/** For a member without a card: there is one a moment later. */
export async function apply(token: string): Promise<void> {
  await take(token, await applyForCard(token));
  await renew(token);
}

async function take(token: string, result: Result<Card>): Promise<void> {
  if (!isIn(token)) return;
  cardProblem.value = result.ok ? null : result.problem;
  if (result.ok) card.value = result.value;
  else if (result.problem.status === UNAUTHORIZED) await leave(result.problem);
}

export async function renew(token: string): Promise<void> {
  if (renewing) return;
  renewing = true;
  const result = await drawnSliceOf(token);
  renewing = false;
  if (!isIn(token)) return;
  if (result.ok) {
    const { until } = result.value;
    const picture = `data:image/svg+xml,${encodeURIComponent(result.value.svg)}`;
    code.value = { picture, came: mark(), goodMs: until - serverNow() };
    codeProblem.value = null;
    nextTryAt = until - RENEW_BEFORE_MS;
    retryMs = RETRY_MS_MIN;
    // The first code activates a card that was only issued: read again what it is now.
    if (card.value?.state === "issued") await loadCard(token);
    return;
  }
  // Soon at first, then less often: after an outage all phones would knock at once. A refusal
  // changes by what somebody does, not by asking again.
  retryMs = leavesOpen(result.problem) ? Math.min(2 * retryMs, RETRY_MS_MAX) : REFUSED_MS;
  nextTryAt = serverNow() + retryMs;
  codeProblem.value = result.problem;
  if (result.problem.status === UNAUTHORIZED) await leave(result.problem);
  // The card may have been reported lost from elsewhere: its page says so.
  else if (result.problem.code === "card_not_usable") await loadCard(token);
}

export const consenting = signal(false);

/** Agree to the text on this page, then show the code that waited for it. */
export async function consent(
  token: string,
  given: { purpose: string; version: number },
): Promise<void> {
  if (consenting.value) return;
  consenting.value = true;
  const result = await giveConsent(token, given);
  if (result.ok) await renew(token);
  else codeProblem.value = result.problem;
  consenting.value = false;
}

/** Report the card lost: every code dies at once, this phone's too. */
export async function declareLost(token: string): Promise<void> {
  if (losing.value) return;
  losing.value = true;
  lossProblem.value = null;
  const result = await reportLost(token);
  losing.value = false;
  if (result.ok) {
    code.value = null;
    await loadCard(token);
  } else {
    lossProblem.value = result.problem;
  }
}
