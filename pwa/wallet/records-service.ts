/** The addresses of the service that the records ask, and what they answer. */
import { call, type Result } from "../shared/api";
import type { Fen, Parts } from "../shared/money";

export interface RecordLine extends Parts {
  id: string;
  occurred_at: string;
  kind: "card" | "discount" | "aid" | "training";
  title: string;
}

export interface Totals extends Parts {
  year: number;
}

export interface RecordPage {
  items: RecordLine[];
  next_cursor: string | null;
  totals: Totals;
}

/** What the timeline is narrowed to; `year` is that of the totals, this one where null. */
export interface Narrowed {
  kind: string;
  year: number | null;
}

export interface Rating {
  stars: number;
  comment: string | null;
  settles_at: string;
}

export interface Report {
  text: string;
  state: "open" | "answered";
  reported_at: string;
  answer: string | null;
  answered_at: string | null;
}

export interface Sale extends Parts {
  redemption_id: string;
  state: string;
  receipt_no: string | null;
  receipt_url: string | null;
  offer_title: string;
  offer_version: number;
  merchant: string;
  site: string;
  address: string;
  captured_at: string | null;
  assurance: string | null;
  scanned_at: string;
  taken_back: {
    amount_fen: Fen;
    member_fen: Fen;
    merchant_fen: Fen;
    union_fen: Fen;
    created_at: string;
  }[];
  may_rate: boolean;
  rating: Rating | null;
  report: Report | null;
}

export interface RecordDetail extends RecordLine {
  sale: Sale | null;
}

export function recordsOf(
  token: string,
  { kind, year }: Narrowed,
  cursor: string | null,
): Promise<Result<RecordPage>> {
  const query = new URLSearchParams();
  if (kind !== "") query.set("kind", kind);
  if (year !== null) query.set("year", String(year));
  if (cursor !== null) query.set("cursor", cursor);
  return call(`/members/me/records?${query}`, { token });
}

export function recordOf(token: string, id: string): Promise<Result<RecordDetail>> {
  return call(`/members/me/records/${id}`, { token });
}

export function rateRecord(
  token: string,
  id: string,
  rating: { stars: number; comment: string | null },
): Promise<Result<RecordDetail>> {
  return call(`/members/me/records/${id}/rating`, { method: "PUT", token, body: rating });
}

/** The same words again change nothing, so a report without an answer is simply sent again. */
export function reportRecord(
  token: string,
  id: string,
  text: string,
): Promise<Result<RecordDetail>> {
  return call(`/members/me/records/${id}/report`, { method: "POST", token, body: { text } });
}
