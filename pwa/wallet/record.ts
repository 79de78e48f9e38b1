/** One record, as the service knows it, and what the member says about it. */
import { signal } from "@preact/signals";
import type { Problem, Result } from "../shared/api";
import { heardAs } from "./asking";
import { type RecordDetail, rateRecord, recordOf, reportRecord } from "./records-service";
import { atLeaving } from "./session";

export const record = signal<RecordDetail | null>(null);
export const recordProblem = signal<Problem | null>(null);
export const saying = signal<"rating" | "report" | null>(null);
/** Why what was said was not taken, and which of both it was. */
export const sayProblem = signal<{ about: "rating" | "report"; problem: Problem } | null>(null);

atLeaving(() => {
  record.value = null;
  recordProblem.value = null;
  sayProblem.value = null;
});

export async function loadRecord(token: string, id: string): Promise<void> {
  if (record.value?.id !== id) record.value = null;
  recordProblem.value = null;
  sayProblem.value = null;
  const result = await heardAs(token, recordOf(token, id));
  if (result === null) return;
  if (result.ok) record.value = result.value;
  else recordProblem.value = result.problem;
}

export function rate(
  token: string,
  id: string,
  rating: { stars: number; comment: string | null },
): Promise<void> {
  return say(token, "rating", () => rateRecord(token, id, rating));
}

export function report(token: string, id: string, text: string): Promise<void> {
  return say(token, "report", () => reportRecord(token, id, text));
}

/** Send one thing at a time: a second tap meets the first one's answer. */
async function say(
  token: string,
  about: "rating" | "report",
  ask: () => Promise<Result<RecordDetail>>,
): Promise<void> {
  if (saying.value !== null) return;
  saying.value = about;
  sayProblem.value = null;
  const result = await heardAs(token, ask());
  saying.value = null;
  if (result === null) return;
  if (result.ok) record.value = result.value;
  else sayProblem.value = { about, problem: result.problem };
}
