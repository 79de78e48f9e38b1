/** The addresses of the service that the till asks, and what they answer. */
import { call, type Result, saveFile } from "../shared/api";
import type { Fen, Parts } from "../shared/money";
import type { Judged } from "./offline/judge";

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
  reason: string | null;
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
  /** Said by this till itself, the service being out of reach; `judged` is by what. */
  isOffline?: true;
  judged?: Judged;
}

export interface Redemption extends Parts {
  id: string;
  state: string;
  receipt_no: string | null;
  /** Where anybody can check the receipt; none for what is held or waits to be sent. */
  receipt_url?: string | null;
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
export function verify(
  token: string,
  id: string,
  text: string,
  withinMs: number,
): Promise<Result<Verification>> {
  const body = { id, presentation: text };
  return call("/verifications", { method: "POST", token, body, withinMs });
}

/** What only a code made for this till, now, answers; `expires_at` by the service's clock. */
export interface Question {
  aud: string;
  nonce: string;
  expires_at: string;
}

export function askCard(token: string): Promise<Result<Question>> {
  return call("/terminals/me/challenges", { method: "POST", token });
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

/** One statement of this merchant, as the list shows it. */
export interface Statement {
  id: string;
  number: number;
  starts_on: string;
  last_on: string;
  state: string;
  lines: number;
  payable_fen: Fen;
  open_disputes: number;
  /** The last day for an answer. */
  confirm_by: string | null;
}

export interface Invoice {
  number: string;
  amount_fen: Fen;
  state: string;
  reason: string | null;
}

export interface Payment {
  amount_fen: Fen;
  attempt: number;
  state: string;
}

export interface Dispute {
  state: string;
  reason: string;
  answer: string | null;
  adjustment_fen: Fen | null;
  /** Photos and PDF files that a manager put beside it. */
  files: number;
}

/** One line of a statement. It names no card and no member. */
export interface StatementLine {
  journal_id: string;
  line_no: number;
  kind: string;
  day: string;
  receipt_no: string | null;
  site: string | null;
  gross_fen: Fen | null;
  member_pays_fen: Fen | null;
  merchant_bears_fen: Fen | null;
  amount_fen: Fen;
  dispute: Dispute | null;
}

/** A statement with its sums and a stretch of its lines. */
export interface StatementDetail extends Statement {
  takes_disputes: boolean;
  dispute_until: string | null;
  asks_for_invoices: boolean;
  invoices: Invoice[];
  payments: Payment[];
  account_tail: string | null;
  payable_in_capitals: string;
  sales: number;
  gross_fen: Fen;
  member_pays_fen: Fen;
  merchant_bears_fen: Fen;
  union_pays_fen: Fen;
  taken_back_fen: Fen;
  adjusted_fen: Fen;
  carried_in_fen: Fen;
  carried_out_fen: Fen;
  items: StatementLine[];
  next_cursor: string | null;
}

export interface Statements {
  items: Statement[];
  next_cursor: string | null;
}

const STATEMENTS = "/terminals/me/statements";

function after(cursor: string | null): string {
  return cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
}

export function statementsOf(token: string, cursor: string | null): Promise<Result<Statements>> {
  return call(`${STATEMENTS}${after(cursor)}`, { token });
}

export function statementOf(
  token: string,
  id: string,
  cursor: string | null,
): Promise<Result<StatementDetail>> {
  return call(`${STATEMENTS}/${id}${after(cursor)}`, { token });
}

/** Agreed for all of the merchant's tills, and the same for a second time. */
export function agreeTo(token: string, id: string): Promise<Result<Statement>> {
  return call(`${STATEMENTS}/${id}/agreement`, { method: "POST", token });
}

/** The statement as a page to print, handed to the browser to be saved. */
export function saveStatement(token: string, { id, number }: Statement): Promise<Result<null>> {
  return saveFile(`${STATEMENTS}/${id}/paper`, `statement-${number}.pdf`, token);
}

export function disputesPath(statementId: string): string {
  return `${STATEMENTS}/${statementId}/disputes`;
}
