/** Attendance by card at a service site: what meets here today, and one scan after the other. */
import { signal } from "@preact/signals";
import { call, leavesOpen, type Problem } from "../shared/api";
import { serverNow } from "../shared/clock";
import { nextId, stillPaired } from "./till";

export interface SiteSession {
  session_id: string;
  title: string;
  starts_at: string;
  ends_at: string;
  enrolled: number;
}

export type Direction = "in" | "out";

/** What cards are scanned for, once somebody has chosen it. */
export interface Mode {
  session: SiteSession;
  direction: Direction;
}

interface Attended {
  id: string;
  title: string;
  direction: Direction;
  received_at: string;
  card: { tail: string; masked_name: string };
}

/** The id is the scan's own: asked again, the same scan hears the same. */
interface Scan {
  id: string;
  text: string;
}

export type Attendance =
  | { name: "ready"; problem: Problem | null; retry: Scan | null }
  | { name: "sending" }
  | { name: "taken"; attended: Attended }
  | { name: "refused"; id: string; problem: Problem };

const READY: Attendance = { name: "ready", problem: null, retry: null };

export const sessions = signal<SiteSession[] | null>(null);
export const sessionsProblem = signal<Problem | null>(null);
export const mode = signal<Mode | null>(null);
export const attendance = signal<Attendance>(READY);
/** How many came or went since the mode was chosen. */
export const counted = signal(0);

export async function loadSessions(token: string): Promise<void> {
  sessionsProblem.value = null;
  const path = "/training/sessions/at-my-site";
  const result = await call<{ items: SiteSession[] }>(path, { token });
  if (result.ok) {
    sessions.value = result.value.items;
    return;
  }
  sessionsProblem.value = result.problem;
  await stillPaired(result.problem);
}

export function chooseMode(chosen: Mode | null): void {
  mode.value = chosen;
  counted.value = 0;
  attendance.value = READY;
}

export function nextScan(): void {
  attendance.value = READY;
}

export async function attend(token: string, chosen: Mode, text: string): Promise<void> {
  await send(token, chosen, { id: nextId(), text });
}

/** Send a scan, for the first time or again after no answer. */
export async function send(token: string, chosen: Mode, scan: Scan): Promise<void> {
  if (attendance.value.name !== "ready") return;
  attendance.value = { name: "sending" };
  const result = await call<Attended>("/attendances", {
    method: "POST",
    token,
    body: {
      id: scan.id,
      presentation: scan.text,
      session_id: chosen.session.session_id,
      direction: chosen.direction,
      occurred_at: new Date(serverNow()).toISOString(),
    },
  });
  if (result.ok) {
    counted.value += 1;
    attendance.value = { name: "taken", attended: result.value };
    return;
  }
  const { problem } = result;
  attendance.value = leavesOpen(problem)
    ? { name: "ready", problem, retry: scan }
    : { name: "refused", id: scan.id, problem };
  await stillPaired(problem);
}
