import { signal } from "@preact/signals";
import { leavesOpen, type Problem } from "../../shared/api";
import { serverNow } from "../../shared/clock";
import { forget, keep, kept } from "../../shared/idb";
import { newId } from "../../shared/ids";
import { heardAs } from "../asking";
import { keptList } from "../kept-list";
import { atLeaving } from "../session";
import {
  calendarOf,
  type Enrolment,
  enrol,
  enrolmentsOf,
  type OwnEnrolment,
  type SessionSeen,
  sessionsOf,
  withdraw,
} from "./service";

export const sessions = keptList<{ items: SessionSeen[] }>("training-sessions", sessionsOf);
export const enrolments = keptList<{ items: OwnEnrolment[] }>("training-mine", enrolmentsOf);

/** The session or enrolment that is being asked about; null when nothing is. */
export const busyWith = signal<string | null>(null);
/** What was refused, and of which session or enrolment. */
export const refused = signal<{ of: string; problem: Problem } | null>(null);
/** How the last enrolling went, said once. */
export const enrolled = signal<Enrolment | null>(null);

// Ids that were sent and never answered, by session: whoever taps again sends the same.
const ASKED_AS = "training-asked";

atLeaving(() => {
  busyWith.value = null;
  refused.value = null;
  enrolled.value = null;
  forget(ASKED_AS).catch(() => undefined);
});

export async function load(token: string): Promise<void> {
  await Promise.all([sessions.load(token), enrolments.load(token)]);
}

export async function join(token: string, sessionId: string): Promise<void> {
  if (busyWith.value !== null) return;
  start(sessionId);
  const id = await idFor(sessionId);
  const result = await heardAs(token, enrol(token, { id, session_id: sessionId }));
  busyWith.value = null;
  if (result === null) return;
  if (result.ok || !leavesOpen(result.problem)) await answered(sessionId);
  if (result.ok) enrolled.value = result.value;
  else refused.value = { of: sessionId, problem: result.problem };
  await load(token);
}

export async function giveBack(token: string, id: string): Promise<void> {
  if (busyWith.value !== null) return;
  start(id);
  const result = await heardAs(token, withdraw(token, id));
  busyWith.value = null;
  if (result === null) return;
  if (!result.ok) refused.value = { of: id, problem: result.problem };
  await load(token);
}

/** Save the calendar file. The service wants the token, so a plain link would not do. */
export async function saveCalendar(token: string, id: string): Promise<void> {
  if (busyWith.value !== null) return;
  start(id);
  const result = await heardAs(token, calendarOf(token, id));
  busyWith.value = null;
  if (result === null) return;
  if (!result.ok) {
    refused.value = { of: id, problem: result.problem };
    return;
  }
  const address = URL.createObjectURL(new Blob([result.value], { type: "text/calendar" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "training.ics";
  link.click();
  // Later, since some browsers read it only then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function start(of: string): void {
  busyWith.value = of;
  refused.value = null;
  enrolled.value = null;
}

type Asked = Record<string, string>;

async function idFor(sessionId: string): Promise<string> {
  const asked = (await kept<Asked>(ASKED_AS).catch(() => null)) ?? {};
  const id = asked[sessionId] ?? newId(serverNow());
  await keep(ASKED_AS, { ...asked, [sessionId]: id }).catch(() => undefined);
  return id;
}

async function answered(sessionId: string): Promise<void> {
  const asked = (await kept<Asked>(ASKED_AS).catch(() => null)) ?? {};
  const { [sessionId]: _gone, ...rest } = asked;
  await keep(ASKED_AS, rest).catch(() => undefined);
}
