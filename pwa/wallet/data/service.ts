/** The addresses of "my data", and what they answer. */
import { type Call, call, type Result, saveFile } from "../../shared/api";

export interface Held {
  category: string;
  title: string;
  what: string;
  purpose: string;
  kept: string;
}

export interface Own {
  name: string;
  document_masked: string;
  phone_masked: string | null;
  union_name: string;
  union_code: string;
  status: string;
  joined_on: string | null;
  real_name_at: string | null;
  held: Held[];
}

export interface Look {
  id: string;
  at: string;
  office: string;
  union: string;
  what: string;
  why: string;
}

export interface Consent {
  purpose: string;
  version: number;
  title: string;
  text: string;
  given_at: string | null;
}

export interface Correction {
  id: string;
  field: string;
  text: string | null;
  state: string;
  asked_at: string;
  answer: string | null;
}

export interface Transfer {
  id: string;
  from_name: string;
  to_name: string;
  reason: string;
  state: string;
  asked_at: string;
  answer: string | null;
}

export interface Union {
  code: string;
  name: string;
  district: string;
}

interface List<T> {
  items: T[];
}

const ME = "/members/me";

const ask =
  <T>(path: string, asked: Call = {}) =>
  (token: string): Promise<Result<T>> =>
    call(path, { ...asked, token });

export const ownOf = ask<Own>(ME);
export const consentsOf = ask<List<Consent>>(`${ME}/consents`);
export const correctionsOf = ask<List<Correction>>(`${ME}/corrections`);
export const transfersOf = ask<List<Transfer>>(`${ME}/transfers`);
export const takeTransferBack = ask<List<Transfer>>(`${ME}/transfers/open`, { method: "DELETE" });

export function looksOf(
  token: string,
  cursor: string | null,
): Promise<Result<List<Look> & { next_cursor: string | null }>> {
  const query = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
  return call(`${ME}/views${query}`, { token });
}

export function giveConsent(token: string, line: Consent): Promise<Result<List<Consent>>> {
  const consents = [{ purpose: line.purpose, version: line.version }];
  return call(`${ME}/consents`, { method: "POST", token, body: { consents } });
}

export function endConsent(token: string, line: Consent): Promise<Result<List<Consent>>> {
  return call(`${ME}/consents/${line.purpose}`, { method: "DELETE", token });
}

export function askCorrection(
  token: string,
  body: { field: string; text: string },
): Promise<Result<List<Correction>>> {
  return call(`${ME}/corrections`, { method: "POST", token, body });
}

export function askTransfer(
  token: string,
  body: { to: string; reason: string },
): Promise<Result<List<Transfer>>> {
  return call(`${ME}/transfers`, { method: "POST", token, body });
}

export function unionsNamed(token: string, text: string): Promise<Result<List<Union>>> {
  return call(`/unions?q=${encodeURIComponent(text)}`, { token });
}

/** Fetch the file of everything that is held and hand it to the browser to be saved. */
export function saveCopy(token: string, extension: "json" | "pdf"): Promise<Result<null>> {
  return saveFile(`${ME}/export.${extension}`, `my-data.${extension}`, token);
}
