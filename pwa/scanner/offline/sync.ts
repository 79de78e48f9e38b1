/** Sends what was granted without the service, in order, and fetches what the next time needs. */
import { signal } from "@preact/signals";
import { call, type Problem } from "../../shared/api";
import { serverNow } from "../../shared/clock";
import { oneWindow } from "../../shared/locks";
import type { Pairing } from "../service";
import { isTimeBelieved, letGo, load, nowSeconds, refresh } from "./lists";
import { batchesOf, isOpen, judged, type Kept, missing, type Verdict, type Verdicts } from "./queue";
import { isReached, learn, onReachChange } from "./reach";
import { changeRecords, fact, forgetAll, forgetSeen, keepFact, recordsOf } from "./store";

/** All that this device granted, as this till or as one that it was before; oldest first. */
export const records = signal<Kept[]>([]);
/** Records that the service misses and nobody has, `[from, to]` both included. */
export const lost = signal<Verdicts["gaps"]>([]);
export const sending = signal(false);
/** Whether what this till kept has been taken up: before that, nothing can be said of it. */
export const isReady = signal(false);
/** Why the service took none of them when it was last asked, though it answered. */
export const sendProblem = signal<Problem | null>(null);

const SEND = "union-card-till-send";
const GAPS = "gaps";
const UNAUTHORIZED = 401;
const REFRESH_EVERY_MS = 600_000;
const RETRY_MS_MIN = 2_000;
const RETRY_MS_MAX = 60_000;
const JUDGED_KEPT_MS = 30 * 86_400_000;

type Ended = (problem: Problem) => Promise<void>;

let stop = () => {};
let tryNow = () => {};

/** Keep this till ready for the time without a network, until `sync` or `endSync` is called anew. */
export function sync(pairing: Pairing, ended: Ended): void {
  stop();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let retryMs = RETRY_MS_MIN;
  let refreshAt = 0;
  let running: Promise<void> | null = null;

  const attempt = async () => {
    const problem = await contact(pairing, refreshAt);
    if (isOver) return;
    if (problem?.status === UNAUTHORIZED) {
      await ended(problem);
      return;
    }
    if (isReached.value && serverNow() >= refreshAt) refreshAt = serverNow() + REFRESH_EVERY_MS;
    const isBehind = !isReached.value || problem !== null || hasUnsent(pairing);
    // Soon at first, then less often, and never all tills of a street at once.
    retryMs = isBehind ? Math.min(2 * retryMs, RETRY_MS_MAX) : RETRY_MS_MIN;
    plan(isBehind ? retryMs * (0.5 + Math.random() / 2) : REFRESH_EVERY_MS);
  };
  const plan = (afterMs: number) => {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(now, afterMs);
  };
  const now = () => {
    clearTimeout(timer);
    running ??= attempt()
      // Storage that refuses for once: the next try may find it well.
      .catch(() => plan(RETRY_MS_MAX))
      .finally(() => {
        running = null;
      });
  };
  const seen = () => {
    if (document.visibilityState === "visible") now();
  };
  const changed = () => {
    retryMs = RETRY_MS_MIN;
    if (isReached.value) now();
    else plan(retryMs);
  };
  addEventListener("online", now);
  document.addEventListener("visibilitychange", seen);
  const unwatch = onReachChange(changed);
  stop = () => {
    isOver = true;
    clearTimeout(timer);
    removeEventListener("online", now);
    document.removeEventListener("visibilitychange", seen);
    unwatch();
  };
  tryNow = now;
  void open(pairing)
    .catch(() => undefined)
    .then(() => {
      if (!isOver) now();
    });
}

/** Whether a sale was granted here that the service has not answered: while it was asked, say. */
function hasUnsent({ terminal_id }: Pairing): boolean {
  return records.value.some(
    (record) => record.terminal_id === terminal_id && record.verdict === null,
  );
}

/** Ask the service at once, whatever the timer says. */
export function syncNow(): void {
  tryNow();
}

async function open(pairing: Pairing): Promise<void> {
  await load(pairing);
  lost.value = (await fact<Verdicts["gaps"]>(GAPS)) ?? [];
  await reload();
  isReady.value = true;
  await forgetSeen(nowSeconds());
}

export async function reload(): Promise<void> {
  records.value = await recordsOf(null);
}

/** Send first: what the service has not heard of yet also counts against the next lease. */
async function contact(pairing: Pairing, refreshAt: number): Promise<Problem | null> {
  sending.value = true;
  try {
    const refused = await oneWindow(SEND, () => send(pairing));
    if (refused?.status === UNAUTHORIZED) return refused;
    if (isReached.value && refused === null && serverNow() < refreshAt) return null;
    const ended = await refresh(pairing);
    // Marks the time, so that a clock set back later is noticed.
    await isTimeBelieved();
    return ended ?? refused;
  } finally {
    sending.value = false;
  }
}

/**
 * Send what this till granted, then what this device granted as the till that it was before: the
 * service takes that of the same merchant.
 */
async function send(pairing: Pairing): Promise<Problem | null> {
  const tills = new Set([pairing.terminal_id]);
  for (const { terminal_id } of await recordsOf(null)) tills.add(terminal_id);
  for (const terminalId of tills) {
    const problem = await sendOf(terminalId, pairing);
    if (problem !== null) return problem;
  }
  return null;
}

async function sendOf(
  terminalId: string,
  { token, terminal_id }: Pairing,
): Promise<Problem | null> {
  for (const batch of batchesOf(await recordsOf(terminalId))) {
    const result = learn(
      await call<Verdicts>("/redemptions/batch", {
        method: "POST",
        token,
        body: { records: batch.map(({ jws }) => jws) },
      }),
    );
    if (!result.ok) {
      sendProblem.value = isReached.value ? result.problem : null;
      return result.problem;
    }
    sendProblem.value = null;
    const { verdicts, gaps } = result.value;
    if (terminalId === terminal_id) {
      await settle(terminalId, verdicts, gaps);
      lost.value = missing(gaps, await recordsOf(terminalId)).lost;
      await keepFact(GAPS, lost.value);
    } else {
      await settle(terminalId, verdicts.filter(isOfMerchant), []);
    }
  }
  return null;
}

/** Another merchant's till cannot speak for this device's past: those records stay as they are. */
function isOfMerchant({ reason }: Verdict): boolean {
  return reason !== "record_unsigned" && reason !== "lease_unknown";
}

/** Write the verdicts down, and open again what the service misses of them. */
async function settle(
  terminalId: string,
  verdicts: Verdict[],
  gaps: Verdicts["gaps"],
): Promise<void> {
  const oldest = serverNow() - JUDGED_KEPT_MS;
  await changeRecords(terminalId, (all) => {
    const after = all.map((record) => judged(record, verdicts));
    const written = after.filter((record, index) => record !== all[index]);
    const again = missing(gaps, after).again.filter((record) => !isOpen(record));
    // The service forgot what it had judged, restored from a copy: it hears it again.
    const reopened = again.map((record) => ({ ...record, verdict: null }));
    const dropped = after.filter(
      (record) =>
        !isOpen(record) && !again.includes(record) && Date.parse(record.occurred_at) < oldest,
    );
    return { written: [...written, ...reopened], dropped };
  });
  await reload();
}

/** This device is no till any more. What nobody else has is kept where the service ended it. */
export async function endSync({ records: dropsRecords }: { records: boolean }): Promise<void> {
  stop();
  stop = () => {};
  tryNow = () => {};
  letGo();
  isReady.value = false;
  lost.value = [];
  sendProblem.value = null;
  await forgetAll({ records: dropsRecords }).catch(() => undefined);
  await reload().catch(() => undefined);
}
