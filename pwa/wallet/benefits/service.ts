/** The addresses of the service that the benefits ask, and what they answer. */
import { call, type Result } from "../../shared/api";

export type OfferKind = "percent" | "full_reduction" | "fixed_price" | "daily_coupon" | "gift";

export interface Site {
  id: string;
  merchant: string;
  name: string;
  address: string;
  district: string;
}

export interface District {
  district: string;
  site_count: number;
  first: Site[];
}

export interface Benefit {
  offer_id: string;
  title: string;
  kind: OfferKind;
  terms: string;
  conditions: string[];
  who_pays: string;
  merchant: string | null;
  category: string | null;
  programme: string;
  usable: boolean;
  reason: string | null;
  reason_text: string | null;
  next_step: string | null;
  needs_challenge: boolean;
  left: number | null;
  left_unit: "uses" | "fen" | null;
  left_window: "total" | "day" | "week" | "month" | "year" | null;
  ends_at: string | null;
  districts: District[];
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** What is offered; `isCut` where there is more than one phone needs to hold. */
export interface BenefitList {
  items: Benefit[];
  isCut: boolean;
}

const PAGES_MAX = 5;

/** Ask page after page, so that what is chosen among them is chosen among all. */
export async function benefitsOf(token: string): Promise<Result<BenefitList>> {
  const items: Benefit[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const result: Result<Page<Benefit>> = await call(`/members/me/benefits${query}`, { token });
    if (!result.ok) return result;
    items.push(...result.value.items);
    cursor = result.value.next_cursor;
    if (cursor === null) break;
  }
  return { ok: true, value: { items, isCut: cursor !== null } };
}

export function sitesOf(
  token: string,
  offerId: string,
  district: string,
  cursor: string | null,
): Promise<Result<Page<Site>>> {
  const after = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
  const query = `district=${encodeURIComponent(district)}${after}`;
  return call(`/members/me/benefits/${offerId}/sites?${query}`, { token });
}
