/** What coupons ask of the service, and what they hear. */
import { call, type Result } from "../../shared/api";

export type CouponState = "offered" | "live" | "used" | "expired" | "lapsed";

export interface Release {
  release_id: string;
  offer_id: string;
  title: string;
  mode: "grab" | "draw";
  phase: "announced" | "open" | "closed" | "listed" | "drawn" | "ended";
  pieces: number;
  reserve_pieces: number;
  is_gone: boolean;
  opens_at: string;
  closes_at: string;
  use_within_days: number;
  eligible: boolean;
  reason_text: string | null;
  next_step: string | null;
  seed_source: string | null;
  seed_known_at: string | null;
  coupon_id: string | null;
  coupon_state: CouponState | null;
  coupon_until: string | null;
  entry_code: string | null;
  entry_rank: number | null;
}

export interface OwnCoupon {
  id: string;
  release_id: string;
  offer_id: string;
  title: string;
  state: CouponState;
  until: string;
}

export function releasesOf(token: string): Promise<Result<{ items: Release[] }>> {
  return call("/members/me/coupon-releases?rows=100", { token });
}

export function couponsOf(token: string): Promise<Result<{ items: OwnCoupon[] }>> {
  return call("/members/me/coupons?rows=100", { token });
}

/** Take a piece, or enter the draw: the same id asked again hears the same. */
export function takePart(token: string, release: Release, id: string): Promise<Result<object>> {
  const verb = release.mode === "grab" ? "grabs" : "entries";
  const path = `/coupon-releases/${encodeURIComponent(release.release_id)}/${verb}`;
  return call(path, { method: "POST", token, body: { id } });
}

export function claimOf(token: string, couponId: string): Promise<Result<OwnCoupon>> {
  return call(`/members/me/coupons/${encodeURIComponent(couponId)}/claim`, {
    method: "POST",
    token,
    body: {},
  });
}
