/** What the screens of "my data" have heard, forgotten when the member leaves. */
import { type Signal, signal } from "@preact/signals";
import type { Problem, Result } from "../../shared/api";
import { heardAs } from "../asking";
import { atLeaving } from "../session";
import {
  type Consent,
  type Correction,
  consentsOf,
  correctionsOf,
  type Look,
  looksOf,
  type Own,
  ownOf,
  saveCopy,
  type Transfer,
  transfersOf,
} from "./service";

export const own = signal<Own | null>(null);
export const looks = signal<Look[] | null>(null);
export const looksCursor = signal<string | null>(null);
export const consents = signal<Consent[] | null>(null);
export const corrections = signal<Correction[] | null>(null);
export const transfers = signal<Transfer[] | null>(null);
export const problem = signal<Problem | null>(null);
export const working = signal(false);

atLeaving(() => {
  for (const each of [own, looks, looksCursor, consents, corrections, transfers, problem]) {
    each.value = null;
  }
});

/** Ask one thing at a time; answers whether it was done, and leaves what was refused in view. */
async function ask<T>(
  token: string,
  asked: () => Promise<Result<T>>,
  take: (value: T) => void,
): Promise<boolean> {
  if (working.value) return false;
  working.value = true;
  problem.value = null;
  const result = await heardAs(token, asked());
  working.value = false;
  if (result === null) return false;
  if (result.ok) take(result.value);
  else problem.value = result.problem;
  return result.ok;
}

export const loadOwn = (token: string) =>
  ask(
    token,
    () => ownOf(token),
    (value) => {
      own.value = value;
    },
  );

export const loadLooks = (token: string, cursor: string | null) =>
  ask(
    token,
    () => looksOf(token, cursor),
    (value) => {
      looks.value = [...(cursor === null ? [] : (looks.value ?? [])), ...value.items];
      looksCursor.value = value.next_cursor;
    },
  );

const listOf =
  <T>(list: Signal<T[] | null>) =>
  (token: string, asked: () => Promise<Result<{ items: T[] }>>) =>
    ask(token, asked, (value) => {
      list.value = value.items;
    });

export const changeConsents = listOf(consents);
export const changeCorrections = listOf(corrections);
export const changeTransfers = listOf(transfers);

export const loadConsents = (token: string) => changeConsents(token, () => consentsOf(token));
export const loadCorrections = (token: string) =>
  changeCorrections(token, () => correctionsOf(token));
export const loadTransfers = (token: string) => changeTransfers(token, () => transfersOf(token));

export const takeCopy = (token: string, extension: "json" | "pdf") =>
  ask(
    token,
    () => saveCopy(token, extension),
    () => undefined,
  );
