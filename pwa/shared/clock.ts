import { signal } from "@preact/signals";

/** How far the service's clock is ahead of this page's monotonic one; the phone's until heard. */
let aheadMs = Date.now() - performance.now();
const HEADER_RESOLUTION_MS = 1_000;

/** When the service last answered, in its own time; null until it has. */
export const lastReachedAt = signal<number | null>(null);

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
  if (lastReachedAt.value === null || Math.abs(heard - aheadMs) > HEADER_RESOLUTION_MS) {
    aheadMs = heard;
  }
  lastReachedAt.value = serverNow();
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

setInterval(() => {
  if (document.visibilityState === "visible") clock.value = serverNow();
}, TICK_MS);

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
