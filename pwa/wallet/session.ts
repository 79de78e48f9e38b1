import { signal } from "@preact/signals";
import type { Problem, Result } from "../shared/api";
import { restoreTime } from "../shared/clock";
import { forget, keep, kept } from "../shared/idb";
import { goTo } from "../shared/tabs";
import { type RealName, sendCode, sendCorrection, signInWith, signOutOf } from "./service";

/** The way in, one line per step; each carries what the next one needs. */
export type Step =
  | { name: "starting" }
  | { name: "phone"; phone: string }
  | { name: "code"; phone: string; sentAt: number }
  | { name: "real_name"; phone: string; code: string; answer: string | null; tried?: RealName }
  | { name: "correction"; phone: string; code: string; sentence: string | null; tried?: RealName }
  | { name: "asked" }
  | { name: "in"; token: string };

const KEPT_AS = "member-token";

export const step = signal<Step>({ name: "starting" });
export const busy = signal(false);
export const problem = signal<Problem | null>(null);

/** True where the browser keeps nothing: the member is signed in until this page closes. */
export const keepsNothing = signal(false);

export async function start(): Promise<void> {
  await restoreTime();
  let token: string | null = null;
  try {
    token = await kept<string>(KEPT_AS);
  } catch {
    keepsNothing.value = true;
  }
  step.value = token === null ? { name: "phone", phone: "" } : { name: "in", token };
}

/** Send one request at a time: a second tap meets the first one's answer. */
async function alone<T>(ask: () => Promise<Result<T>>): Promise<Result<T> | null> {
  if (busy.value) return null;
  busy.value = true;
  problem.value = null;
  const result = await ask();
  busy.value = false;
  if (!result.ok) problem.value = result.problem;
  return result;
}

export async function askForCode(phone: string): Promise<void> {
  const result = await alone(() => sendCode(phone));
  if (result?.ok) step.value = { name: "code", phone, sentAt: performance.now() };
}

export async function signIn(phone: string, code: string, realName?: RealName): Promise<void> {
  const result = await alone(() => signInWith(phone, code, realName ?? null));
  if (result === null) return;
  if (result.ok) {
    await enter(result.value.token);
  } else if (result.problem.code === "real_name_required" && realName === undefined) {
    problem.value = null;
    const { answer } = result.problem.facts;
    step.value = {
      name: "real_name",
      phone,
      code,
      answer: typeof answer === "string" ? answer : null,
    };
  } else if (result.problem.code === "real_name_mismatch" && realName !== undefined) {
    // From now on the member may ask a person to look, with what they have just typed.
    step.value = { name: "real_name", phone, code, answer: null, tried: realName };
  } else if (result.problem.code === "correction_requested") {
    problem.value = null;
    step.value = {
      name: "correction",
      phone,
      code,
      sentence: result.problem.title,
      ...(realName === undefined ? {} : { tried: realName }),
    };
  } else if (result.problem.code === "sign_in_code_wrong" && realName !== undefined) {
    // The code died while the name was typed: the way goes on from asking for a new one.
    step.value = { name: "phone", phone };
  }
}

/** From a name that did not match to the form that asks a person to look. */
export function askAPerson(phone: string, code: string, tried: RealName): void {
  problem.value = null;
  step.value = { name: "correction", phone, code, sentence: null, tried };
}

/** Ask a register officer to look, where name and document do not match. */
export async function askForCorrection(
  phone: string,
  code: string,
  said: { name: string; document_tail: string; text: string },
): Promise<void> {
  const result = await alone(() => sendCorrection(phone, code, said));
  if (result === null) return;
  if (result.ok) step.value = { name: "asked" };
  else if (result.problem.code === "sign_in_code_wrong") step.value = { name: "phone", phone };
}

async function enter(token: string): Promise<void> {
  try {
    await keep(KEPT_AS, token);
  } catch {
    keepsNothing.value = true;
  }
  step.value = { name: "in", token };
}

/** Back to the phone number, with what was refused if anything was. */
export function startOver(phone = ""): void {
  problem.value = null;
  step.value = { name: "phone", phone };
}

/** End the session here, and at the service if it can be reached. */
export async function signOut(token: string): Promise<void> {
  if (busy.value) return;
  busy.value = true;
  for (const giveUp of partings) await giveUp(token);
  await signOutOf(token);
  busy.value = false;
  await leave(null);
}

const partings: ((token: string) => Promise<void>)[] = [];

/** Have `giveUp` called when a member signs out, while the service still knows the token. */
export function atSignOut(giveUp: (token: string) => Promise<void>): void {
  partings.push(giveUp);
}

/** Whether an answer to `token` is still wanted: its member may have left meanwhile. */
export function isIn(token: string): boolean {
  return step.value.name === "in" && step.value.token === token;
}

type Forget = (why: Problem | null) => void | Promise<void>;

const endings: Forget[] = [];

/**
 * Have `forgetIt` called when a member leaves: the next one must see nothing of theirs. It is told
 * why the service no longer knows them, or null where they signed out.
 */
export function atLeaving(forgetIt: Forget): void {
  endings.push(forgetIt);
}

/** Forget the token: it was given up, or the service no longer knows it (`why`). */
export async function leave(why: Problem | null): Promise<void> {
  try {
    await forget(KEPT_AS);
  } catch {
    keepsNothing.value = true;
  }
  for (const forgetIt of endings) await forgetIt(why);
  goTo("card");
  problem.value = why;
  step.value = { name: "phone", phone: "" };
}
