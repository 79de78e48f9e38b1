/** The timeline: its first page as heard last, and what was asked for beyond it. */
import { computed, signal } from "@preact/signals";
import type { Problem } from "../shared/api";
import { heardAs } from "./asking";
import { keptList } from "./kept-list";
import {
  type Narrowed,
  type RecordLine,
  type RecordPage,
  recordsOf,
  type Totals,
} from "./records-service";
import { atLeaving } from "./session";

const EVERYTHING: Narrowed = { kind: "", year: null };

/** What everybody sees first, and sees without a network. */
export const firstPage = keptList<RecordPage>("records", (token) =>
  recordsOf(token, EVERYTHING, null),
);

export const narrowed = signal<Narrowed>(EVERYTHING);
/** The narrowed timeline; null while all of it is shown, from the first page on. */
const narrowedPage = signal<RecordPage | null>(null);
/** What came after the first page of what is shown. */
const further = signal<{ items: RecordLine[]; next_cursor: string | null } | null>(null);
export const loading = signal(false);
export const problem = signal<Problem | null>(null);

atLeaving(() => {
  narrowed.value = EVERYTHING;
  narrowedPage.value = null;
  further.value = null;
  problem.value = null;
});

const isNarrowed = computed(() => narrowed.value.kind !== "" || narrowed.value.year !== null);

const page = computed<RecordPage | null>(() =>
  isNarrowed.value ? narrowedPage.value : (firstPage.heard.value?.value ?? null),
);

export const lines = computed<RecordLine[] | null>(() =>
  page.value === null ? null : [...page.value.items, ...(further.value?.items ?? [])],
);
export const totals = computed<Totals | null>(() => page.value?.totals ?? null);
export const nextCursor = computed<string | null>(() =>
  further.value === null ? (page.value?.next_cursor ?? null) : further.value.next_cursor,
);

export async function loadRecords(token: string): Promise<void> {
  further.value = null;
  await (isNarrowed.value ? ask(token) : firstPage.load(token));
}

/** Show another kind or year; what was asked before and comes later is not shown. */
export async function narrow(token: string, wanted: Partial<Narrowed>): Promise<void> {
  narrowed.value = { ...narrowed.value, ...wanted };
  narrowedPage.value = null;
  further.value = null;
  problem.value = null;
  if (isNarrowed.value) await ask(token);
}

async function ask(token: string): Promise<void> {
  const asked = narrowed.value;
  loading.value = true;
  const result = await heardAs(token, recordsOf(token, asked, null));
  if (narrowed.value !== asked) return;
  loading.value = false;
  if (result === null) return;
  problem.value = result.ok ? null : result.problem;
  if (result.ok) narrowedPage.value = result.value;
}

export async function loadMore(token: string): Promise<void> {
  const cursor = nextCursor.value;
  if (loading.value || cursor === null) return;
  const asked = narrowed.value;
  loading.value = true;
  const result = await heardAs(token, recordsOf(token, asked, cursor));
  if (narrowed.value !== asked) return;
  loading.value = false;
  if (result === null) return;
  problem.value = result.ok ? null : result.problem;
  if (result.ok) {
    const { items, next_cursor } = result.value;
    further.value = { items: [...(further.value?.items ?? []), ...items], next_cursor };
  }
}
