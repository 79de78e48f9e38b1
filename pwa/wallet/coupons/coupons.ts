/** Releases and my coupons as heard last, and asking for a piece until there is an answer. */
import { signal } from "@preact/signals";
import { leavesOpen, type Problem, type Result } from "../../shared/api";
import { serverNow } from "../../shared/clock";
import { forget, keep, kept } from "../../shared/idb";
import { newId } from "../../shared/ids";
import { heardAs } from "../asking";
import { keptList } from "../kept-list";
import { atLeaving, isIn } from "../session";
import {
  claimOf,
  couponsOf,
  type OwnCoupon,
  type Release,
  releasesOf,
  takePart,
} from "./service";

export const releases = keptList<{ items: Release[] }>("coupon-releases", releasesOf);
export const coupons = keptList<{ items: OwnCoupon[] }>("coupons", couponsOf);

/** The release or coupon that is being asked about; null when nothing is. */
export const busyWith = signal<string | null>(null);
/** What was refused, and of which release or coupon. */
export const refused = signal<{ of: string; problem: Problem } | null>(null);

// Ids that were sent and never answered, by release: whoever taps again sends the same.
const ASKED_AS = "coupons-asked";
const TRIES_MAX = 5;
const FIRST_WAIT_MS = 1_000;
// The phone knows the service's clock to half a second: at the opening it may be early.
const EARLY_MS = 3_000;
const EARLY_WAIT_MS = 400;

atLeaving(() => {
  busyWith.value = null;
  refused.value = null;
  forget(ASKED_AS).catch(() => undefined);
});

export async function load(token: string): Promise<void> {
  await Promise.all([releases.load(token), coupons.load(token)]);
}

/** Ask for a piece or a part, with one id, again and again while nobody answers. */
export async function ask(token: string, release: Release): Promise<void> {
  if (busyWith.value !== null) return;
  const of = release.release_id;
  busyWith.value = of;
  refused.value = null;
  const id = await idFor(of);
  let result: Result<object> | null = null;
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    result = await heardAs(token, takePart(token, release, id));
    if (result === null || result.ok) break;
    const isEarly =
      result.problem.code === "release_not_open" &&
      serverNow() < Date.parse(release.opens_at) + EARLY_MS;
    if (!isEarly && !leavesOpen(result.problem)) break;
    await pause(isEarly ? EARLY_WAIT_MS : FIRST_WAIT_MS * 2 ** (tries - 1));
    if (!isIn(token)) return;
  }
  if (result !== null && (result.ok || !leavesOpen(result.problem))) await answered(of);
  if (result !== null) await load(token);
  busyWith.value = null;
  if (result !== null && !result.ok) refused.value = { of, problem: result.problem };
}

export async function claim(token: string, couponId: string): Promise<void> {
  if (busyWith.value !== null) return;
  busyWith.value = couponId;
  refused.value = null;
  const result = await heardAs(token, claimOf(token, couponId));
  if (result !== null) await load(token);
  busyWith.value = null;
  if (result !== null && !result.ok) refused.value = { of: couponId, problem: result.problem };
}

/** Wait about so long: a crowd that was turned away must not come back at one moment. */
function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms * (0.75 + Math.random() / 2));
  });
}

type Asked = Record<string, string>;

async function idFor(releaseId: string): Promise<string> {
  const asked = (await kept<Asked>(ASKED_AS).catch(() => null)) ?? {};
  const id = asked[releaseId] ?? newId(serverNow());
  await keep(ASKED_AS, { ...asked, [releaseId]: id }).catch(() => undefined);
  return id;
}

async function answered(releaseId: string): Promise<void> {
  const asked = (await kept<Asked>(ASKED_AS).catch(() => null)) ?? {};
  const { [releaseId]: _gone, ...rest } = asked;
  await keep(ASKED_AS, rest).catch(() => undefined);
}

/** Where a release stands by the service's clock, which moves on while the page is open. */
export function phaseAt(release: Release, now: number): Release["phase"] {
  if (!["announced", "open", "closed"].includes(release.phase)) return release.phase;
  if (now < Date.parse(release.opens_at)) return "announced";
  return now < Date.parse(release.closes_at) ? "open" : "closed";
}

/** "01:02:03": hours, minutes and seconds until a moment, rounded up. */
export function remaining(until: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1_000));
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
