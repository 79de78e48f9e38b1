/** The addresses of the service that the member's page asks, and what they answer. */
import { call, type Result } from "../shared/api";

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
  devices: CardDevice[];
  confirm_by: string | null;
  appeal: Appeal | null;
}

/** What the member said against a freeze, and what was answered. */
export interface Appeal {
  state: string;
  text: string;
  answer: string | null;
  created_at: string;
}

/** A phone that has the card, and until when it can show it by itself: null, not at all. */
export interface CardDevice {
  device_id: string;
  credential_expires_at: string | null;
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

export function sendCorrection(
  phone: string,
  code: string,
  said: { name: string; document_tail: string; text: string },
): Promise<Result<unknown>> {
  return call("/members/sign-in/correction", { method: "POST", body: { phone, code, ...said } });
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

/** A code of thirty seconds, good for one use, for a phone that holds no key. */
export function sliceOf(token: string): Promise<Result<{ text: string; expires_at: string }>> {
  return call("/cards/me/slice", { token });
}

export function giveConsent(
  token: string,
  consent: { purpose: string; version: number },
): Promise<Result<unknown>> {
  return call("/members/me/consents", { method: "POST", token, body: { consents: [consent] } });
}

/** `deviceId` is the phone in the member's hand, null where it holds no key. */
export function reportLost(token: string, deviceId: string | null): Promise<Result<unknown>> {
  const body = { what: "all", device_id: deviceId };
  return call("/cards/me/lost", { method: "POST", token, body });
}
