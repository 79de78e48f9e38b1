/** The addresses that list a card's phones and bring a card back, and what they answer. */
import { call, type Result } from "../shared/api";
import type { Card, CardDevice } from "./service";

/** A phone that has the card, as its member looks after it. */
export interface OwnPhone extends CardDevice {
  name: string;
  enrolled_at: string;
  credential_issued_at: string | null;
}

export interface CardWithPhones extends Card {
  devices: OwnPhone[];
  devices_max: number;
}

export function phonesOf(token: string): Promise<Result<CardWithPhones>> {
  return call("/cards/me", { token });
}

export function renamePhone(
  token: string,
  deviceId: string,
  name: string,
): Promise<Result<CardWithPhones>> {
  return call(`/cards/me/devices/${deviceId}`, { method: "PATCH", token, body: { name } });
}

/** With `replace` this phone's key ends as well. */
export function restoreWith(
  token: string,
  proof: { enrolment: string; replace: boolean },
): Promise<Result<Card>> {
  return call("/cards/me/restore", { method: "POST", token, body: proof });
}

export function appealWith(token: string, text: string): Promise<Result<unknown>> {
  return call("/cards/me/appeals", { method: "POST", token, body: { text } });
}

export function confirmMembership(token: string): Promise<Result<Card>> {
  return call("/cards/me/confirmation", { method: "POST", token });
}

/** Answered alike whether the card was found or not. */
export function reportLostElsewhere(told: {
  phone: string;
  name: string;
  document_tail: string;
}): Promise<Result<unknown>> {
  return call("/cards/lost", { method: "POST", body: told });
}
