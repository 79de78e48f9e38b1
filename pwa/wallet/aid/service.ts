/** What mutual aid asks of the service, and what it hears. */
import { answerOf, call, noAnswer, type Result } from "../../shared/api";
import { language } from "../../shared/i18n";
import type { Fen } from "../../shared/money";

export interface Reason {
  code: string;
  text: string;
  next_step: string;
}

export interface PaperKind {
  kind: string;
  title: string;
}

export interface AidEvent {
  event_type: string;
  title: string;
  waiting_days: number;
  covered: boolean;
  reasons: Reason[];
}

export interface Scheme {
  scheme: string;
  name: string;
  covered: boolean;
  cover: { starts_on: string; ends_on: string; shares: number; left: number | null } | null;
  filing_days: number | null;
  events: AidEvent[];
  papers: PaperKind[];
}

export interface Amounts {
  pool_paid_fen: Fen;
  self_paid_fen: Fen;
  days: number;
}

export interface ClaimLine extends Amounts {
  invoice_no: string;
  hospital: string;
  admission_no: string;
}

export interface CalculationStep {
  rule: string;
  article: string;
  article_text: string | null;
  amount_fen: Fen;
  zh: string;
  en: string;
  line: number | null;
}

export interface Simulation {
  covered: boolean;
  reasons: Reason[];
  steps: CalculationStep[];
  benefit_fen: Fen;
}

export interface ClaimItem {
  id: string;
  state: string;
  scheme: string;
  scheme_name: string;
  event_date: string;
  benefit_fen: Fen;
  submitted_at: string;
  waiting_since: string;
}

export interface StoredPaper {
  id: string;
  kind: string;
  media_type: string;
  size_bytes: number;
}

export interface Decision {
  kind: string;
  at: string;
  note: string | null;
  reason: string | null;
  papers: string[];
}

export interface Claim extends ClaimItem {
  event_type: string;
  event_title: string;
  steps: CalculationStep[];
  lines: ClaimLine[];
  documents: StoredPaper[];
  paper_kinds: PaperKind[];
  missing_papers: PaperKind[];
  decisions: Decision[];
}

export interface ConsentLine {
  purpose: string;
  version: number;
  title: string;
  text: string;
  given_at: string | null;
}

export interface PayoutAccount {
  account_masked: string;
  bank_name: string;
  set_at: string;
}

export interface Event {
  scheme: string;
  event_type: string;
  event_date: string;
}

export function schemesOf(token: string): Promise<Result<{ items: Scheme[] }>> {
  return call("/aid/schemes", { token });
}

export function claimsOf(token: string): Promise<Result<{ items: ClaimItem[] }>> {
  return call("/aid/claims?rows=100", { token });
}

export function claimOf(token: string, id: string): Promise<Result<Claim>> {
  return call(`/aid/claims/${encodeURIComponent(id)}`, { token });
}

export function simulate(
  token: string,
  asked: Event & { lines: Amounts[] },
): Promise<Result<Simulation>> {
  return call("/aid/claims/simulate", { method: "POST", token, body: asked });
}

export function submitClaim(
  token: string,
  asked: Event & { id: string; lines: ClaimLine[]; documents: string[] },
): Promise<Result<Claim>> {
  return call("/aid/claims", { method: "POST", token, body: asked });
}

export function resubmitClaim(
  token: string,
  id: string,
  asked: { lines: ClaimLine[]; documents: string[] },
): Promise<Result<Claim>> {
  return call(`/aid/claims/${encodeURIComponent(id)}/resubmit`, {
    method: "POST",
    token,
    body: asked,
  });
}

export function withdrawClaim(token: string, id: string): Promise<Result<Claim>> {
  return call(`/aid/claims/${encodeURIComponent(id)}/withdraw`, { method: "POST", token });
}

export function consentsOf(token: string): Promise<Result<{ items: ConsentLine[] }>> {
  return call("/members/me/consents", { token });
}

export function giveConsentTo(
  token: string,
  { purpose, version }: ConsentLine,
): Promise<Result<{ items: ConsentLine[] }>> {
  const consents = [{ purpose, version }];
  return call("/members/me/consents", { method: "POST", token, body: { consents } });
}

export function payoutAccountOf(token: string): Promise<Result<PayoutAccount>> {
  return call("/members/me/payout-account", { token });
}

export function savePayoutAccount(
  token: string,
  account: { account_number: string; bank_name: string },
): Promise<Result<PayoutAccount>> {
  return call("/members/me/payout-account", { method: "PUT", token, body: account });
}

// Five megabytes over a slow mobile network.
const UPLOAD_MS_MAX = 120_000;

/** Hand in a paper; `onProgress` hears the share that has left the phone, from 0 to 1. */
export function uploadPaper(
  token: string,
  paper: { kind: string; name: string; content: Blob },
  onProgress: (share: number) => void,
): Promise<Result<StoredPaper>> {
  const form = new FormData();
  form.append("kind", paper.kind);
  form.append("file", paper.content, paper.name);
  // `fetch` does not tell how much of a body has been sent.
  const request = new XMLHttpRequest();
  request.open("POST", "/api/v1/aid/documents");
  request.timeout = UPLOAD_MS_MAX;
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Accept-Language", language);
  request.setRequestHeader("Authorization", `Bearer ${token}`);
  return new Promise((resolve) => {
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      const { status } = request;
      const headers = new Headers({ Date: request.getResponseHeader("Date") ?? "" });
      resolve(answerOf({ ok: status >= 200 && status < 300, status, headers }, request.responseText));
    };
    request.onerror = () => resolve(noAnswer());
    request.ontimeout = () => resolve(noAnswer());
    request.send(form);
  });
}
