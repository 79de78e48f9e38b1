/**
 * Who bears what of a bill, as benefits/rules.py computes it: tests/data/splits.json holds both to
 * the same cases. Whole fen; every product stays below 2^53.
 */
import type { Fen, Parts } from "../../shared/money";

/** The terms of one offer version. Amounts that a kind does not use are null. */
export interface Terms {
  kind: string;
  member_rate_bp: number | null;
  threshold_fen: number | null;
  reduction_fen: number | null;
  list_fen: number | null;
  member_fen: number | null;
  union_share_bp: number;
  union_max_fen: number | null;
}

const WHOLE_BP = 10_000;

/** What comes off `gross` before anybody's maximum; null for a kind that is not known here. */
export function discountOn(gross: Fen, terms: Terms): Fen | null {
  switch (terms.kind) {
    case "percent":
      return Math.floor((gross * (WHOLE_BP - (terms.member_rate_bp ?? WHOLE_BP))) / WHOLE_BP) as Fen;
    case "full_reduction":
      return (gross >= (terms.threshold_fen ?? 0) ? (terms.reduction_fen ?? 0) : 0) as Fen;
    case "fixed_price":
      return Math.max(
        0,
        Math.min(gross, terms.list_fen ?? 0) - (terms.member_fen ?? 0),
      ) as Fen;
    default:
      return null;
  }
}

/**
 * The discount apportioned by largest remainder over the shares, ties to the union. What the
 * union's maximum cuts off stays with the member.
 */
export function splitOf(gross: Fen, terms: Terms): Parts | null {
  const discount = discountOn(gross, terms);
  if (discount === null) return null;
  const [share, merchant] = apportioned(discount, terms.union_share_bp);
  const union = Math.min(share, terms.union_max_fen ?? share);
  return {
    gross_fen: gross,
    member_pays_fen: (gross - union - merchant) as Fen,
    merchant_bears_fen: merchant as Fen,
    union_pays_fen: union as Fen,
  };
}

export type BillReason = "below_threshold" | "nothing_off";

/** Why this bill earns nothing, null if something comes off. */
export function billReason(gross: Fen, terms: Terms): BillReason | null {
  if (terms.kind === "full_reduction" && gross < (terms.threshold_fen ?? 0)) {
    return "below_threshold";
  }
  return discountOn(gross, terms) === 0 ? "nothing_off" : null;
}

function apportioned(discount: Fen, unionShareBp: number): [union: number, merchant: number] {
  const product = discount * unionShareBp;
  const remainder = product % WHOLE_BP;
  const down = (product - remainder) / WHOLE_BP;
  // Both remainders add up to the whole or to nothing: the union's wins from one half.
  const union = remainder >= WHOLE_BP / 2 ? down + 1 : down;
  return [union, discount - union];
}
