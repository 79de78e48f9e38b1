/** The member's consents and the account they are paid to, each asked for when first needed. */
import { signal } from "@preact/signals";
import type { Problem, Result } from "../../shared/api";
import { heardAs } from "../asking";
import { atLeaving } from "../session";
import { type Faults, faultsIn } from "./refused";
import {
  type ConsentLine,
  consentsOf,
  giveConsentTo,
  type PayoutAccount,
  payoutAccountOf,
  savePayoutAccount,
} from "./service";

export const HEALTH = "aid_health_data";
export const PAYOUT = "payout_account";

export const consents = signal<ConsentLine[] | null>(null);
export const consentProblem = signal<Problem | null>(null);
/** Undefined until heard, null where there is none. */
export const account = signal<PayoutAccount | null | undefined>(undefined);
export const accountProblem = signal<Problem | null>(null);
export const working = signal(false);

atLeaving(() => {
  consents.value = null;
  consentProblem.value = null;
  account.value = undefined;
  accountProblem.value = null;
});

export async function loadConsents(token: string): Promise<void> {
  take(await heardAs(token, consentsOf(token)));
}

export async function agreeTo(token: string, line: ConsentLine): Promise<void> {
  if (working.value) return;
  working.value = true;
  const result = await heardAs(token, giveConsentTo(token, line));
  working.value = false;
  take(result);
}

function take(result: Result<{ items: ConsentLine[] }> | null): void {
  if (result === null) return;
  consentProblem.value = result.ok ? null : result.problem;
  if (result.ok) consents.value = result.value.items;
}

export function consentTo(purpose: string): ConsentLine | undefined {
  return consents.value?.find((line) => line.purpose === purpose);
}

export async function loadAccount(token: string): Promise<void> {
  const result = await heardAs(token, payoutAccountOf(token));
  if (result === null) return;
  if (result.ok) account.value = result.value;
  else if (result.problem.code === "payout_account_not_found") account.value = null;
  else accountProblem.value = result.problem;
}

/** Keep the account; answers whether it was taken. */
export async function saveAccount(
  token: string,
  asked: { account_number: string; bank_name: string },
): Promise<boolean> {
  if (working.value) return false;
  working.value = true;
  accountProblem.value = null;
  const result = await heardAs(token, savePayoutAccount(token, asked));
  working.value = false;
  if (result === null) return false;
  if (result.ok) account.value = result.value;
  else accountProblem.value = result.problem;
  return result.ok;
}

/** What was refused about the account, by input. */
export function accountFaults(): Faults {
  const problem = accountProblem.value;
  if (problem === null) return {};
  if (problem.code === "payout_account_invalid") return { account_number: problem.title };
  return faultsIn(problem);
}
