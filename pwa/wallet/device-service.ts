/** The addresses that put the card on this phone and keep it there. */
import { call, type Result } from "../shared/api";

export interface Question {
  nonce: string;
}

/** What the phone needs to show the card by itself. */
export interface Issued {
  device_id: string;
  credential: string;
  root_key: JsonWebKey;
}

export function questionFor(token: string): Promise<Result<Question>> {
  return call("/cards/me/devices/challenge", { method: "POST", token });
}

export function enrolPhone(
  token: string,
  phone: { name: string; public_key: JsonWebKey; enrolment: string },
): Promise<Result<Issued>> {
  return call("/cards/me/devices", { method: "POST", token, body: phone });
}

/** The credential before is invalid from then on. */
export function freshCredentialOf(token: string, deviceId: string): Promise<Result<Issued>> {
  return call(`/cards/me/devices/${deviceId}/credential`, { method: "POST", token });
}

export function retirePhone(token: string, deviceId: string): Promise<Result<unknown>> {
  return call(`/cards/me/devices/${deviceId}`, { method: "DELETE", token });
}
