/** The benefits as heard last, and which of them the member wants to see. */
import { signal } from "@preact/signals";
import type { Problem } from "../../shared/api";
import { forget, keep, kept } from "../../shared/idb";
import { heardAs } from "../asking";
import { keptList } from "../kept-list";
import { atLeaving, isIn } from "../session";
import { type Benefit, type BenefitList, benefitsOf, type Site, sitesOf } from "./service";

export const benefits = keptList<BenefitList>("benefits", benefitsOf);

export const words = signal("");
export const kind = signal("");
/** The district the member looks around in; chosen by hand, kept here, sent to nobody. */
export const district = signal("");

const DISTRICT_KEPT_AS = "benefits-district";

atLeaving(() => {
  words.value = "";
  kind.value = "";
  district.value = "";
  forget(DISTRICT_KEPT_AS).catch(() => undefined);
});

/** Go on with the district that was chosen last time. */
export async function restoreDistrict(token: string): Promise<void> {
  const last = await kept<string>(DISTRICT_KEPT_AS).catch(() => null);
  if (isIn(token) && district.value === "" && last !== null) district.value = last;
}

export function chooseDistrict(chosen: string): void {
  district.value = chosen;
  // A browser that keeps nothing asks again next time.
  keep(DISTRICT_KEPT_AS, chosen).catch(() => undefined);
}

export function chooseAll(): void {
  words.value = "";
  kind.value = "";
  chooseDistrict("");
}

/** Those that fit what was chosen. */
export function chosen(all: Benefit[]): Benefit[] {
  const wanted = words.value.trim().toLowerCase();
  return all.filter(
    (each) =>
      (kind.value === "" || each.kind === kind.value) &&
      (district.value === "" || each.districts.some((at) => at.district === district.value)) &&
      (wanted === "" ||
        [each.title, each.merchant, each.category, each.programme, each.terms].some((text) =>
          text?.toLowerCase().includes(wanted),
        )),
  );
}

/** Every district in which anything counts, the one with most sites first. */
export function districtsOf(all: Benefit[]): string[] {
  const counts = new Map<string, number>();
  for (const { districts } of all) {
    for (const { district: name, site_count } of districts) {
      counts.set(name, Math.max(counts.get(name) ?? 0, site_count));
    }
  }
  return [...counts].sort(([, one], [, other]) => other - one).map(([name]) => name);
}

/** The sites of one benefit's district, once all of them were asked for. */
export const allSites = signal<Record<string, Site[]>>({});
export const sitesProblem = signal<Problem | null>(null);
export const askingSites = signal<string | null>(null);

atLeaving(() => {
  allSites.value = {};
  sitesProblem.value = null;
});

export function siteKey(offerId: string, name: string): string {
  return `${offerId}/${name}`;
}

export async function loadSites(token: string, offerId: string, name: string): Promise<void> {
  const key = siteKey(offerId, name);
  if (askingSites.value !== null) return;
  askingSites.value = key;
  sitesProblem.value = null;
  const sites: Site[] = [];
  let cursor: string | null = null;
  do {
    const result: Awaited<ReturnType<typeof sitesOf>> | null = await heardAs(
      token,
      sitesOf(token, offerId, name, cursor),
    );
    if (result === null) break;
    if (!result.ok) {
      sitesProblem.value = result.problem;
      break;
    }
    sites.push(...result.value.items);
    cursor = result.value.next_cursor;
    if (cursor === null) allSites.value = { ...allSites.value, [key]: sites };
  } while (cursor !== null);
  askingSites.value = null;
}
