import { signal } from "@preact/signals";
import { call, leavesOpen, type Result } from "../shared/api";
import type { Fen } from "../shared/money";
import { learn } from "./offline/reach";

/**
 * What this till sent, or was about to, and has no answer for.
 *
 * The id is made once and kept here until an answer arrives, so that a closed tab, a dead battery
 * or a second tap sends the same id again: the service answers with the first sale, not a second.
 */
export interface Sent {
  id: string;
  what: "sale" | "refund" | "dispute";
  /** The sale that it is, or that it takes back from; the line that is disputed. */
  sale_id: string;
  path: string;
  body: object;
  title: string;
  amount_fen: Fen;
  at: number;
  /** Which credential it was shown with: no second sale to it while nobody knows of the first. */
  cti?: string | null;
}

const KEPT_AS = "union-card-till-outbox";

export const outbox = signal<Sent[]>(read());

function read(): Sent[] {
  try {
    return JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]") as Sent[];
  } catch {
    return [];
  }
}

function write(entries: Sent[]): void {
  outbox.value = entries;
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(entries));
  } catch {
    // No room or no storage: the entry still lives as long as this page does.
  }
}

function remember(entry: Sent): void {
  write([...outbox.value.filter(({ id }) => id !== entry.id), entry]);
}

function settle(id: string): void {
  write(outbox.value.filter((entry) => entry.id !== id));
}

export function clearOutbox(): void {
  write([]);
}

/** Send an entry, kept first and struck out by a definite answer, whichever that is. */
export async function deliver<T>(token: string, entry: Sent): Promise<Result<T>> {
  remember(entry);
  const result = learn(await call<T>(entry.path, { method: "POST", token, body: entry.body }));
  if (result.ok || !leavesOpen(result.problem)) settle(entry.id);
  return result;
}
