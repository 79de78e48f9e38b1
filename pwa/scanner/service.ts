/** The addresses of the service that the till asks, and what they answer. */
import { call, type Result } from "../shared/api";
import type { Fen, Parts } from "../shared/money";

/** What pairing gave: kept beside the till's own key. */
export interface Pairing {
  terminal_id: string;
  code: string;
  token: string;
  name: string;
  merchant: string;
  site: string;
  kind: string;
  root_key: JsonWebKey;
}

/** What the service says of this till now. */
export interface Terminal {
  code: string;
  name: string;
  merchant: string;
  site: string;
  kind: string;
  may_redeem: boolean;
}

export interface Offer {
  offer_id: string;
  title: string;
  kind: string;
  usable: boolean;
  reason_text: string | null;
  next_step: string | null;
  left: number | null;
  left_unit: string | null;
}

export interface Verification {
  verification_id: string;
  accepted: boolean;
  reason: string | null;
  reason_text: string | null;
  next_step: string | null;
  assurance: string | null;
  card: { tail: string; masked_name: string; standing: string } | null;
  offers: Offer[];
}

export interface Redemption extends Parts {
  id: string;
  state: string;
  receipt_no: string | null;
  offer_title: string;
  left_fen: Fen;
  received_at: string;
}

export interface Reversal {
  redemption_id: string;
  amount_fen: Fen;
  member_fen: Fen;
  merchant_fen: Fen;
  union_fen: Fen;
  state: string;
  left_fen: Fen;
}

export interface Sales {
  items: Redemption[];
  next_cursor: string | null;
}

type Paired = Omit<Pairing, "name">;

export function pairWith(
  pairing_code: string,
  name: string,
  public_key: JsonWebKey,
): Promise<Result<Paired>> {
  return call("/terminals/pair", { method: "POST", body: { pairing_code, name, public_key } });
}

export function terminalOf(token: string): Promise<Result<Terminal>> {
  return call("/terminals/me", { token });
}

/** `id` is the scan's own: the same id and text hear the same answer for a minute. */
export function verify(token: string, id: string, text: string): Promise<Result<Verification>> {
  return call("/verifications", { method: "POST", token, body: { id, presentation: text } });
}

export function quote(
  token: string,
  verification_id: string,
  offer_id: string,
  gross_fen: Fen,
): Promise<Result<Parts>> {
  return call("/quotes", { method: "POST", token, body: { verification_id, offer_id, gross_fen } });
}

export function salesOf(token: string, day: string, cursor: string | null): Promise<Result<Sales>> {
  const after = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
  return call(`/redemptions?day=${day}${after}`, { token });
}

export function saleOf(token: string, id: string): Promise<Result<Redemption>> {
  return call(`/redemptions/${id}`, { token });
}

/** Final, and the same for a second time: the sale's own id says which. */
export function voidSale(token: string, id: string): Promise<Result<Redemption>> {
  return call(`/redemptions/${id}/void`, { method: "POST", token });
}
