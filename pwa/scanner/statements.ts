import { signal } from "@preact/signals";
import type { Problem } from "../shared/api";
import { serverNow } from "../shared/clock";
import { deliver, type Sent } from "./outbox";
import {
  agreeTo,
  disputesPath,
  type Statement,
  type StatementDetail,
  type StatementLine,
  saveStatement,
  statementOf,
  statementsOf,
} from "./service";
import { nextId, stillPaired } from "./till";

/** This merchant's statements, as far as they were asked for. */
export const statements = signal<Statement[] | null>(null);
export const nextStatements = signal<string | null>(null);

/** The statement that is open below the list, with its lines so far, and its open line. */
export const shown = signal<StatementDetail | null>(null);
export const shownLine = signal<StatementLine | null>(null);

export const asking = signal(false);
export const sending = signal(false);
export const problem = signal<Problem | null>(null);

let newest = 0;

/** Keep the newest answer only: whoever went back does not see what they left. */
async function ask<T>(
  asked: Promise<{ ok: true; value: T } | { ok: false; problem: Problem }>,
  take: (value: T) => void,
): Promise<void> {
  newest += 1;
  const mine = newest;
  asking.value = true;
  problem.value = null;
  const result = await asked;
  if (mine !== newest) return;
  asking.value = false;
  if (result.ok) take(result.value);
  else await refused(result.problem);
}

async function refused(why: Problem): Promise<void> {
  problem.value = why;
  await stillPaired(why);
}

export async function list(token: string, cursor: string | null = null): Promise<void> {
  const before = cursor === null ? [] : (statements.value ?? []);
  await ask(statementsOf(token, cursor), ({ items, next_cursor }) => {
    statements.value = [...before, ...items];
    nextStatements.value = next_cursor;
  });
}

export async function show(token: string, id: string): Promise<void> {
  await ask(statementOf(token, id, null), (statement) => {
    shown.value = statement;
  });
}

export async function showMore(token: string, statement: StatementDetail): Promise<void> {
  if (asking.value || statement.next_cursor === null) return;
  await ask(statementOf(token, statement.id, statement.next_cursor), (more) => {
    shown.value = { ...more, items: [...statement.items, ...more.items] };
  });
}

export function openLine(line: StatementLine | null): void {
  shownLine.value = line;
  problem.value = null;
}

export function leave(token: string): void {
  shown.value = null;
  openLine(null);
  void list(token);
}

/** Agree, once: a second tap finds the button busy, a second request hears the same. */
export async function agree(token: string, statement: StatementDetail): Promise<void> {
  if (sending.value) return;
  sending.value = true;
  problem.value = null;
  const result = await agreeTo(token, statement.id);
  sending.value = false;
  if (result.ok) shown.value = { ...statement, ...result.value };
  else await refused(result.problem);
}

/** Save the statement as a PDF. */
export async function save(token: string, statement: StatementDetail): Promise<void> {
  if (sending.value) return;
  sending.value = true;
  problem.value = null;
  const result = await saveStatement(token, statement);
  sending.value = false;
  if (!result.ok) await refused(result.problem);
}

/** Say what is wrong with a line. Its id is kept until it has an answer. */
export async function dispute(
  token: string,
  statement: StatementDetail,
  line: StatementLine,
  reason: string,
): Promise<void> {
  if (sending.value) return;
  const id = nextId();
  await sendDispute(token, statement, {
    id,
    what: "dispute",
    sale_id: line.journal_id,
    path: disputesPath(statement.id),
    body: { id, journal_id: line.journal_id, reason },
    title: String(line.line_no),
    amount_fen: line.amount_fen,
    at: serverNow(),
  });
}

/** Send a dispute, for the first time or again: one id is one dispute. */
export async function sendDispute(
  token: string,
  statement: StatementDetail,
  sent: Sent,
): Promise<void> {
  sending.value = true;
  problem.value = null;
  const result = await deliver<StatementLine>(token, sent);
  if (result.ok) {
    const line = result.value;
    shownLine.value = line;
    shown.value = {
      ...statement,
      // After it is agreed, a dispute leaves the statement what it is.
      state: statement.state === "issued" ? "disputed" : statement.state,
      open_disputes: statement.open_disputes + 1,
      items: statement.items.map((each) => (each.journal_id === line.journal_id ? line : each)),
    };
  } else {
    await refused(result.problem);
  }
  sending.value = false;
}
