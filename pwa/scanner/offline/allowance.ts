/** What may be granted here and now, by the lease and by what was granted since. Pure functions. */
import type { Parts } from "../../shared/money";
import type { Assurance } from "../../shared/uc1/terms";
import type { Lease, LeaseOffer } from "./lease";
import { type BillReason, billReason } from "./split";

/** One sale that this till granted by itself, as far as the limits look at it. */
export interface Granted {
  offer_id: string;
  cti: string;
  /** The Shanghai day of the scan. */
  day: string;
  union_fen: number;
  isRefused: boolean;
  isOpen: boolean;
}

/** The code that is shown: which credential, what it proves, on which Shanghai day, Unix seconds. */
export interface Shown {
  cti: string;
  assurance: Assurance;
  day: string;
  now: number;
}

export type OfferReason =
  | "offer_over"
  | "needs_network"
  | "wrong_assurance"
  | "used_here"
  | "day_count"
  | "day_sum";

export type SaleReason = BillReason | OfferReason | "lease_over" | "scan_over" | "sale_sum";

/** What a scan is good for, as online: ten minutes. */
export const SCAN_SECONDS_MAX = 600;

export function isOver({ exp }: Lease, now: number): boolean {
  return now >= exp;
}

/** Why `offer` cannot be granted for what is shown; null if it can, for some bill. */
export function offerReason(
  offer: LeaseOffer,
  shown: Shown,
  lease: Lease,
  granted: readonly Granted[],
): OfferReason | null {
  if (offer.valid_to !== null && shown.now >= offer.valid_to) return "offer_over";
  // Whether a card was shown on paper before, or a question answered, is known to the service.
  if (offer.needs_challenge) return "needs_network";
  if (!offer.assurances.includes(shown.assurance)) return "wrong_assurance";
  const isUsed = granted.some(
    (each) => each.isOpen && each.cti === shown.cti && each.offer_id === offer.offer_id,
  );
  // How often a member may is the service's to say, and it has not heard of the first time yet.
  if (isUsed) return "used_here";
  const today = onDay(granted, shown.day);
  if (today.length >= lease.per_day_sales) return "day_count";
  return sumOf(today) >= lease.per_day_fen && lease.per_day_fen > 0 ? "day_sum" : null;
}

/** Why this very sale cannot be granted now. `now` is the moment of signing. */
export function saleReason(
  offer: LeaseOffer,
  parts: Parts,
  { shown, now, lease, granted }: { shown: Shown; now: number; lease: Lease; granted: readonly Granted[] },
): SaleReason | null {
  if (now - shown.now > SCAN_SECONDS_MAX) return "scan_over";
  if (isOver(lease, now)) return "lease_over";
  const reason = offerReason(offer, shown, lease, granted) ?? billReason(parts.gross_fen, offer);
  if (reason !== null) return reason;
  if (parts.union_pays_fen > lease.per_sale_fen) return "sale_sum";
  return leftOf(lease, granted, shown.day) < parts.union_pays_fen ? "day_sum" : null;
}

/** What the union may still pay on `day` by this till's own word. */
export function leftOf(lease: Lease, granted: readonly Granted[], day: string): number {
  return Math.max(0, lease.per_day_fen - sumOf(onDay(granted, day)));
}

/** A sale that the service refused took nothing of the day. */
function onDay(granted: readonly Granted[], day: string): Granted[] {
  return granted.filter((each) => each.day === day && !each.isRefused);
}

function sumOf(granted: readonly Granted[]): number {
  return granted.reduce((sum, { union_fen }) => sum + union_fen, 0);
}
