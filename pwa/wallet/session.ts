import { signal } from "@preact/signals";
import type { Problem, Result } from "../shared/api";
import { restoreTime } from "../shared/clock";
import { forget, keep, kept } from "../shared/idb";
import { goTo } from "../shared/tabs";
import { type RealName, sendCode, signInWith, signOutOf } from "./service";

/** The way in, one line per step; each carries what the next one needs. */
export type Step =
  | { name: "starting" }
  | { name: "phone"; phone: string }
  | { name: "code"; phone: string; sentAt: number }
  | { name: "real_name"; phone: string; code: string }
  | { name: "correction"; sentence: string }
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
    step.value = { name: "real_name", phone, code };
  } else if (result.problem.code === "correction_requested") {
    step.value = { name: "correction", sentence: result.problem.title };
  } else if (result.problem.code === "sign_in_code_wrong" && realName !== undefined) {
    // The code died while the name was typed: the way goes on from asking for a new one.
    step.value = { name: "phone", phone };
  }
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
