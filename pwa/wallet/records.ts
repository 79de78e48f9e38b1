import { signal } from "@preact/signals";
import type { Problem } from "../shared/api";
import { type RecordLine, type RecordPage, recordsOf } from "./service";
import { atLeaving, isIn, leave } from "./session";

export const records = signal<RecordLine[] | null>(null);
export const recordsProblem = signal<Problem | null>(null);
export const loading = signal(false);
export const totals = signal<RecordPage["totals"] | null>(null);
export const nextCursor = signal<string | null>(null);

atLeaving(() => {
  records.value = null;
  recordsProblem.value = null;
  totals.value = null;
  nextCursor.value = null;
});

const UNAUTHORIZED = 401;

/** Read the timeline from its newest line; what is shown stays until the new one is there. */
export function loadRecords(token: string): Promise<void> {
  return load(token, null);
}

export function loadMore(token: string): Promise<void> {
  return load(token, nextCursor.value);
}

async function load(token: string, cursor: string | null): Promise<void> {
  if (loading.value) return;
  loading.value = true;
  const result = await recordsOf(token, cursor);
  loading.value = false;
  if (!isIn(token)) return;
  recordsProblem.value = result.ok ? null : result.problem;
  if (result.ok) {
    const before = cursor === null ? [] : (records.value ?? []);
    records.value = [...before, ...result.value.items];
    totals.value = result.value.totals;
    nextCursor.value = result.value.next_cursor;
  } else if (result.problem.status === UNAUTHORIZED) {
    await leave(result.problem);
  }
}
