/** Who comes to a service site, counted by what they do; nothing says who it was. */
import { signal } from "@preact/signals";
import { call, leavesOpen, type Problem } from "../shared/api";
import { nextId, stillPaired } from "./till";

export interface VisitCount {
  occupation: string;
  title: string;
  count: number;
}

interface VisitsOfToday {
  day: string;
  total: number;
  items: VisitCount[];
}

/** One tap. Its id is its own: sent again after no answer, it is counted once. */
interface Tap {
  id: string;
  occupation: string;
  title: string;
}

export const visits = signal<VisitsOfToday | null>(null);
export const visitsProblem = signal<Problem | null>(null);
/** The tap that can still be taken back, and the one that has no answer. */
export const lastTap = signal<Tap | null>(null);
export const openTap = signal<Tap | null>(null);
export const counting = signal(false);

export async function loadVisits(token: string): Promise<void> {
  await ask(token, "/visits/today", {});
}

export async function tap(token: string, { occupation, title }: VisitCount): Promise<boolean> {
  return sendTap(token, { id: nextId(), occupation, title });
}

/** Send a tap, for the first time or again. Returns whether it is counted. */
export async function sendTap(token: string, made: Tap): Promise<boolean> {
  const { id, occupation } = made;
  const isCounted = await ask(token, "/visits", { method: "POST", body: { id, occupation } });
  if (isCounted) lastTap.value = made;
  const isOpen = !isCounted && visitsProblem.value !== null && leavesOpen(visitsProblem.value);
  openTap.value = isOpen ? made : null;
  return isCounted;
}

export async function takeBack(token: string, { id }: Tap): Promise<void> {
  if (await ask(token, `/visits/${id}`, { method: "DELETE" })) lastTap.value = null;
}

async function ask(
  token: string,
  path: string,
  how: { method?: "POST" | "DELETE"; body?: object },
): Promise<boolean> {
  if (counting.value) return false;
  counting.value = true;
  const result = await call<VisitsOfToday>(path, { token, ...how });
  counting.value = false;
  visitsProblem.value = result.ok ? null : result.problem;
  if (result.ok) visits.value = result.value;
  else await stillPaired(result.problem);
  return result.ok;
}
