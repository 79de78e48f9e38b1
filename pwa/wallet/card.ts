import { effect, signal } from "@preact/signals";
import { leavesOpen, type Problem, type Result } from "../shared/api";
import { clock, elapsedMs, isUnchecked, type Mark, mark, serverNow } from "../shared/clock";
import { forget, keep, kept } from "../shared/idb";
import { ROTATE_SECONDS } from "../shared/uc1/policy";
import { type Holding, hold, holdAgain, holding, sign, tend } from "./device";
import { applyForCard, type Card, cardOf, giveConsent, reportLost, sliceOf } from "./service";
import { atLeaving, isIn, leave } from "./session";

/** The code on show: its text, when it came, and how long until the next one is due then. */
export interface Shown {
  text: string;
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
/** Why there is no code of the service's, or why the phone's credential was not renewed. */
export const codeProblem = signal<Problem | null>(null);
/** Why the service was not heard when it was last asked; null when it was. */
export const reachProblem = signal<Problem | null>(null);
export const losing = signal(false);
export const lossProblem = signal<Problem | null>(null);
/** Show the small form, for poor cameras: it has fewer, larger dots and needs the network. */
export const isLarge = signal(false);

const CARD = "card";
const LARGE = "large-dots";
const ROTATE_MS = ROTATE_SECONDS * 1_000;
// A code of the service's is renewed while it still works for a cashier who has just read it.
const RENEW_BEFORE_MS = 10_000;
const CHECK_EVERY_MS = 60_000;
const RETRY_MS_MIN = 2_000;
const RETRY_MS_MAX = 10_000;
const REFUSED_MS = 30_000;
const UNAUTHORIZED = 401;
// A card that was issued becomes active when it is put on its first phone.
const SHOWABLE = new Set(["issued", "active"]);

let renewing = false;
let checking = false;
let nextCodeAt = 0;
let nextCheckAt = 0;
let retryMs = RETRY_MS_MIN;

atLeaving(async () => {
  card.value = null;
  cardProblem.value = null;
  code.value = null;
  codeProblem.value = null;
  reachProblem.value = null;
  lossProblem.value = null;
  isLarge.value = false;
  nextCodeAt = 0;
  nextCheckAt = 0;
  await forget(CARD).catch(() => undefined);
  await forget(LARGE).catch(() => undefined);
});

export function isShowable(shown: Card | null): boolean {
  return shown !== null && SHOWABLE.has(shown.state);
}

/** Show the card of `token` and keep its code fresh until the returned function is called. */
export function watch(token: string): () => void {
  // A phone that was asleep does not know how long: what it shows first is a fresh code.
  const atOnce = () => {
    nextCodeAt = 0;
    nextCheckAt = 0;
  };
  document.addEventListener("visibilitychange", atOnce);
  addEventListener("online", atOnce);
  const stopChecks = effect(() => {
    if (isUnchecked.value) nextCheckAt = 0;
  });
  let stopTicks = () => {};
  let isOver = false;
  void open(token).then(() => {
    if (isOver) return;
    stopTicks = clock.subscribe((now) => {
      if (now >= nextCodeAt) void renew(token);
      if (now >= nextCheckAt) void check(token);
    });
  });
  return () => {
    isOver = true;
    document.removeEventListener("visibilitychange", atOnce);
    removeEventListener("online", atOnce);
    stopChecks();
    stopTicks();
  };
}

/** Begin with what this phone keeps, so that the card is there without the service. */
async function open(token: string): Promise<void> {
  const [before, large] = await Promise.all([
    kept<Card>(CARD).catch(() => null),
    kept<boolean>(LARGE).catch(() => null),
  ]);
  if (!isIn(token)) return;
  card.value ??= before;
  isLarge.value = large === true;
  if (!isShowable(card.value)) return;
  await hold(token);
  await renew(token);
}

/** Ask how the card stands; put it on this phone, or see to it that it stays good there. */
export async function check(token: string): Promise<void> {
  if (checking) return;
  checking = true;
  const before = holding.value;
  try {
    const result = await cardOf(token);
    await take(token, result);
    if (isIn(token)) await follow(token, result, before);
    if (!isIn(token)) return;
    nextCheckAt = serverNow() + (result.ok ? CHECK_EVERY_MS : nextRetryMs(result.problem));
  } finally {
    checking = false;
  }
}

async function follow(token: string, result: Result<Card>, before: Holding): Promise<void> {
  reachProblem.value = result.ok || !leavesOpen(result.problem) ? null : result.problem;
  if (!result.ok) return;
  retryMs = RETRY_MS_MIN;
  if (!isShowable(result.value)) {
    code.value = null;
    return;
  }
  // What was put on this phone after the answer was asked for is not among its phones yet.
  if (before.name === "held") {
    const problem = await tend(token, result.value.devices);
    if (!isIn(token)) return;
    if (problem?.status === UNAUTHORIZED) await leave(problem);
    else codeProblem.value = problem === null || leavesOpen(problem) ? null : problem;
  } else {
    await hold(token);
  }
  // A code of the credential before is refused from now on.
  if (code.value === null || holding.value !== before) await renew(token);
  // The first code activated a card that was only issued: read again what it is now.
  if (code.value !== null && card.value?.state === "issued") await take(token, await cardOf(token));
}

// Soon at first, then less often: after an outage all phones would knock at once. A refusal
// changes by what somebody does, not by asking again.
function nextRetryMs(problem: Problem): number {
  retryMs = leavesOpen(problem) ? Math.min(2 * retryMs, RETRY_MS_MAX) : REFUSED_MS;
  return retryMs;
}

/** For a member without a card: there is one a moment later. */
export async function apply(token: string): Promise<void> {
  await take(token, await applyForCard(token));
  nextCheckAt = 0;
}

async function take(token: string, result: Result<Card>): Promise<void> {
  if (!isIn(token)) return;
  cardProblem.value = result.ok ? null : result.problem;
  if (result.ok) {
    card.value = result.value;
    await keep(CARD, result.value).catch(() => undefined);
  } else if (result.problem.status === UNAUTHORIZED) {
    await leave(result.problem);
  }
}

/** Put a fresh code on show: this phone's own, or the service's where it holds no key. */
export async function renew(token: string): Promise<void> {
  if (renewing || !isShowable(card.value) || holding.value.name === "opening") return;
  renewing = true;
  const small = isLarge.value && reachProblem.value === null;
  const text = await sign({ small });
  if (!isIn(token)) {
    // The member left meanwhile; nothing of theirs is shown.
  } else if (text === null) {
    await renewSlice(token);
  } else {
    code.value = { text, came: mark(), goodMs: ROTATE_MS };
    nextCodeAt = serverNow() + ROTATE_MS;
  }
  renewing = false;
}

async function renewSlice(token: string): Promise<void> {
  const result = await sliceOf(token);
  if (!isIn(token)) return;
  if (result.ok) {
    const until = Date.parse(result.value.expires_at);
    code.value = { text: result.value.text, came: mark(), goodMs: until - serverNow() };
    codeProblem.value = null;
    reachProblem.value = null;
    nextCodeAt = until - RENEW_BEFORE_MS;
    return;
  }
  nextCodeAt = serverNow() + nextRetryMs(result.problem);
  codeProblem.value = result.problem;
  if (result.problem.status === UNAUTHORIZED) await leave(result.problem);
  // The card may have been reported lost from elsewhere: its page says so.
  else if (result.problem.code === "card_not_usable") nextCheckAt = 0;
}

/** A new code now, and a look whether the service can be reached. */
export async function renewNow(token: string): Promise<void> {
  await Promise.all([renew(token), check(token)]);
}

/** Try once more to have the card on this phone itself. */
export async function holdNow(token: string): Promise<void> {
  await holdAgain(token);
  await renewNow(token);
}

export async function showLarge(token: string, large: boolean): Promise<void> {
  isLarge.value = large;
  await keep(LARGE, large).catch(() => undefined);
  await renew(token);
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
  codeProblem.value = result.ok ? null : result.problem;
  if (result.ok) await (holding.value.name === "held" ? renewNow(token) : holdNow(token));
  consenting.value = false;
}

/** Report the card lost: every code dies at once, this phone's too. */
export async function declareLost(token: string): Promise<void> {
  if (losing.value) return;
  losing.value = true;
  lossProblem.value = null;
  const phone = holding.value;
  const result = await reportLost(token, phone.name === "held" ? phone.device.id : null);
  losing.value = false;
  if (result.ok) {
    code.value = null;
    await take(token, await cardOf(token));
  } else {
    lossProblem.value = result.problem;
  }
}
