import { signal } from "@preact/signals";
import { keep, kept } from "./idb";

/** How far the service's clock is ahead of this page's monotonic one; the phone's until heard. */
let aheadMs = Date.now() - performance.now();
const HEADER_RESOLUTION_MS = 1_000;

/** When the service last answered, in its own time; null until it has. */
export const lastReachedAt = signal<number | null>(null);

/**
 * True while the time rests on the phone's own clock: until the service has answered this page, and
 * again after that clock jumped, for then either the phone slept or somebody set it.
 */
export const isUnchecked = signal(true);

/** The service's time in milliseconds: the phone's own clock may be wrong by hours. */
export function serverNow(): number {
  return performance.now() + aheadMs;
}

/** Take the time from an answer's Date header, which is cut to whole seconds. */
export function hearTime(header: string | null): void {
  const said = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(said)) return;
  const heard = said + HEADER_RESOLUTION_MS / 2 - performance.now();
  // A difference below what the header can tell is noise: the shown clock must not jump.
  if (isUnchecked.value || Math.abs(heard - aheadMs) > HEADER_RESOLUTION_MS) aheadMs = heard;
  isUnchecked.value = false;
  lastReachedAt.value = serverNow();
  void keepTime();
}

/** What outlives the page: how far the service is ahead of the phone's own clock, and since when. */
interface KeptTime {
  aheadOfWallMs: number;
  reachedAt: number;
}

const KEPT_AS = "clock";
const KEEP_EVERY_MS = 60_000;
let keptTime: KeptTime | null = null;

async function keepTime(): Promise<void> {
  const reachedAt = lastReachedAt.value;
  if (reachedAt === null) return;
  const now = { aheadOfWallMs: serverNow() - Date.now(), reachedAt };
  if (
    keptTime !== null &&
    Math.abs(now.aheadOfWallMs - keptTime.aheadOfWallMs) < HEADER_RESOLUTION_MS &&
    reachedAt - keptTime.reachedAt < KEEP_EVERY_MS
  ) {
    return;
  }
  keptTime = now;
  // Where nothing can be kept, the time is asked for at the next opening, as it is the first time.
  await keep(KEPT_AS, now).catch(() => undefined);
}

/**
 * Go on from the time as an earlier page knew it, until the service answers this one. Right as long
 * as nobody has set the phone's clock meanwhile.
 */
export async function restoreTime(): Promise<void> {
  const before = await kept<KeptTime>(KEPT_AS).catch(() => null);
  if (before === null || !isUnchecked.value) return;
  keptTime = before;
  // The service's time never runs back: a clock that says so was set back.
  const now = Math.max(Date.now() + before.aheadOfWallMs, before.reachedAt);
  aheadMs = now - performance.now();
  lastReachedAt.value = before.reachedAt;
  clock.value = serverNow();
}

/** A moment on both of the phone's clocks. */
export interface Mark {
  steady: number;
  wall: number;
}

export function mark(): Mark {
  return { steady: performance.now(), wall: Date.now() };
}

/**
 * How long ago `then` was, by whichever clock says longer: the steady one stands still while some
 * phones sleep, the other can be set back by hand. What may have expired is taken to have.
 */
export function elapsedMs(then: Mark): number {
  return Math.max(performance.now() - then.steady, Date.now() - then.wall);
}

/** The service's time, for what must move: renewed four times a second while the page is seen. */
export const clock = signal(serverNow());
const TICK_MS = 250;

const JUMP_MS = 2_000;
let ticked = mark();

setInterval(() => {
  noticeJump();
  if (document.visibilityState === "visible") clock.value = serverNow();
}, TICK_MS);

/**
 * Follow the phone's own clock where it ran ahead of the steady one, which stands still while some
 * phones sleep. Where it fell behind, somebody has set it back, and the steady one is right.
 */
function noticeJump(): void {
  const now = mark();
  const jumped = now.wall - ticked.wall - (now.steady - ticked.steady);
  ticked = now;
  if (Math.abs(jumped) < JUMP_MS) return;
  if (jumped > 0) {
    aheadMs += jumped;
    isUnchecked.value = true;
  } else {
    void keepTime();
  }
}

const SHANGHAI = "Asia/Shanghai";
const TIME = new Intl.DateTimeFormat("en-GB", {
  timeZone: SHANGHAI,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat("sv-SE", { timeZone: SHANGHAI });

/** "14:32:07" in Shanghai. */
export function timeOf(moment: number): string {
  return TIME.format(moment);
}

/** "2026-11-23": the Shanghai calendar day of a moment. */
export function dayOf(moment: number): string {
  return DAY.format(moment);
}

/** "2026-11-23 14:32", of a moment as the service writes it. */
export function dayAndTimeOf(written: string): string {
  const moment = Date.parse(written);
  return `${dayOf(moment)} ${timeOf(moment).slice(0, 5)}`;
}
