/** The addresses of the service that the member's page asks, and what they answer. */
import { call, callDrawing, type Result } from "../shared/api";
import type { Parts } from "../shared/money";

export interface RealName {
  name: string;
  document_tail: string;
  consents: { purpose: string; version: number }[];
}

export interface SignedIn {
  token: string;
}

export interface Card {
  name: string;
  union_name: string;
  tail: string;
  state: string;
  state_reason: string | null;
  frozen_until: string | null;
  standing: string;
  has_standing: boolean;
}

export interface RecordLine extends Parts {
  id: string;
  occurred_at: string;
  title: string;
}

export interface RecordPage {
  items: RecordLine[];
  next_cursor: string | null;
  totals: Parts & { year: number };
}

export function sendCode(phone: string): Promise<Result<unknown>> {
  return call("/members/sign-in/code", { method: "POST", body: { phone } });
}

export function signInWith(
  phone: string,
  code: string,
  realName: RealName | null,
): Promise<Result<SignedIn>> {
  return call("/members/sign-in", { method: "POST", body: { phone, code, ...realName } });
}

export function signOutOf(token: string): Promise<Result<unknown>> {
  return call("/members/sign-in", { method: "DELETE", token });
}

export function cardOf(token: string): Promise<Result<Card>> {
  return call("/cards/me", { token });
}

/** Whoever has a card already gets the same again. */
export function applyForCard(token: string): Promise<Result<Card>> {
  return call("/cards/me", { method: "POST", token });
}

/** A fresh code of thirty seconds, good for one use, drawn by the service. */
export function drawnSliceOf(token: string): Promise<Result<{ svg: string; until: number }>> {
  return callDrawing("/cards/me/slice.svg", token, "X-Expires-At");
}

export function recordsOf(token: string, cursor: string | null): Promise<Result<RecordPage>> {
  const query = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
  return call(`/members/me/records${query}`, { token });
}

export function giveConsent(
  token: string,
  consent: { purpose: string; version: number },
): Promise<Result<unknown>> {
  return call("/members/me/consents", { method: "POST", token, body: { consents: [consent] } });
}

export function reportLost(token: string): Promise<Result<unknown>> {
  return call("/cards/me/lost", { method: "POST", token, body: { what: "all" } });
}
