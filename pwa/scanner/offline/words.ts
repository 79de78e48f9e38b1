/** What the till says where it judges by itself: the case, and what to do about it. */
import type { Problem } from "../../shared/api";
import { language, t } from "../../shared/i18n";
import { type Fen, yuan } from "../../shared/money";
import type { Reason } from "../../shared/uc1/terms";
import type { SaleReason } from "./allowance";

type Said = readonly [sentence: string, nextStep: string];

/** Why this till cannot judge any card, or not this one. */
export type Hindrance =
  | "no_lease"
  | "lists_old"
  | "clock"
  | "unanswered"
  | "paper"
  | "small_code"
  | "not_kept";

const HINDRANCES: Record<Hindrance, () => Said> = {
  no_lease: () => [t("offline_no_lease"), t("offline_connect")],
  lists_old: () => [t("offline_lists_old"), t("offline_connect")],
  clock: () => [t("offline_clock"), t("offline_clock_next")],
  unanswered: () => [t("offline_unanswered"), t("offline_unanswered_next")],
  paper: () => [t("offline_paper"), t("offline_paper_next")],
  small_code: () => [t("offline_small_code"), t("offline_small_code_next")],
  not_kept: () => [t("offline_not_kept"), t("offline_not_kept_next")],
};

const CODES: Record<Reason, () => Said> = {
  malformed: () => [t("offline_malformed"), t("offline_malformed_next")],
  unsupported: () => [t("offline_unsupported"), t("offline_show_live")],
  unknown_card: () => [t("offline_unknown_key"), t("offline_fresh_code")],
  unknown_key: () => [t("offline_unknown_key"), t("offline_fresh_code")],
  bad_signature: () => [t("offline_bad_signature"), t("offline_bad_signature_next")],
  expired: () => [t("offline_expired"), t("offline_expired_next")],
  stale: () => [t("offline_stale"), t("offline_stale_next")],
  wrong_audience: () => [t("offline_wrong_audience"), t("offline_show_live")],
  status_unknown: () => [t("offline_status_unknown"), t("offline_connect")],
  revoked: () => [t("offline_revoked"), t("offline_fresh_code")],
  suspended: () => [t("offline_suspended"), t("offline_suspended_next")],
  replayed: () => [t("offline_replayed"), t("offline_replayed_next")],
};

const SALES: Record<SaleReason, (amounts: Amounts) => Said> = {
  lease_over: () => [t("offline_lease_over"), t("offline_connect")],
  scan_over: () => [t("offline_scan_over"), t("offline_scan_over_next")],
  offer_over: () => [t("offline_offer_over"), t("offline_other_benefit")],
  needs_network: () => [t("offline_needs_network"), t("offline_later_or_other")],
  wrong_assurance: () => [t("offline_wrong_assurance"), t("offline_show_live")],
  used_here: () => [t("offline_used_here"), t("offline_used_here_next")],
  day_count: () => [t("offline_day_count"), t("offline_later_or_without")],
  day_sum: ({ day_fen }) => [
    t("offline_day_sum", { amount: yuan(day_fen) }),
    t("offline_later_or_without"),
  ],
  sale_sum: ({ sale_fen }) => [
    t("offline_sale_sum", { amount: yuan(sale_fen) }),
    t("offline_later_or_without"),
  ],
  below_threshold: ({ threshold_fen }) => [
    t("offline_below_threshold"),
    t("offline_below_threshold_next", { amount: yuan(threshold_fen) }),
  ],
  nothing_off: () => [t("offline_nothing_off"), t("offline_nothing_off_next")],
};

/** What the sentences about a sale name. */
export interface Amounts {
  day_fen: Fen;
  sale_fen: Fen;
  threshold_fen: Fen;
}

export function sayHindrance(hindrance: Hindrance): Said {
  return HINDRANCES[hindrance]();
}

export function sayCode(code: Reason): Said {
  return CODES[code]();
}

export function saySale(reason: SaleReason, amounts: Amounts): Said {
  return SALES[reason](amounts);
}

/** The same as a refusal, as if the service had said it. */
export function problemOf(code: string, [title, next_step]: Said): Problem {
  return { status: 409, code, title, facts: { next_step } };
}

/** The title of an offer in the language of the page, whatever was spoken when it was sold. */
export function titleOf({ title_zh, title_en }: { title_zh: string; title_en: string }): string {
  return language.startsWith("zh") ? title_zh : title_en;
}
