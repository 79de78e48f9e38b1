import { signal } from "@preact/signals";
import type { Problem } from "../shared/api";
import { restoreTime, serverNow } from "../shared/clock";
import { t } from "../shared/i18n";
import { forget, keep, kept } from "../shared/idb";
import { newId } from "../shared/ids";
import { offline } from "./offline/loaded";
import { learn } from "./offline/reach";
import { clearOutbox } from "./outbox";
import { type Pairing, pairWith, type Terminal, terminalOf } from "./service";
import { forgetTillKey, ownTillKey } from "./till-key";

/** Whether this device is a till. */
export type Paired =
  | { name: "starting" }
  | { name: "impossible"; sentence: string }
  | { name: "not_paired" }
  | { name: "paired"; pairing: Pairing };

const PAIRING = "till-pairing";
const UNAUTHORIZED = 401;
const UNKNOWN_TOKEN = "not_signed_in";

export const paired = signal<Paired>({ name: "starting" });
export const terminal = signal<Terminal | null>(null);
export const pairingBusy = signal(false);
export const pairingProblem = signal<Problem | null>(null);

export async function start(): Promise<void> {
  await restoreTime();
  try {
    const pairing = await kept<Pairing>(PAIRING);
    paired.value = pairing === null ? readyToPair() : { name: "paired", pairing };
  } catch {
    paired.value = { name: "impossible", sentence: t("till_needs_storage") };
  }
  if (paired.value.name === "paired") await begin(paired.value.pairing);
}

/** Greet the service, and make ready for the time when it does not answer. */
async function begin(pairing: Pairing): Promise<void> {
  void offline().then(
    ({ sync }) => sync(pairing, unpaired),
    () => undefined,
  );
  await greet(pairing);
}

function readyToPair(): Paired {
  // WebCrypto is absent where the page came over plain HTTP from another machine.
  return crypto.subtle === undefined
    ? { name: "impossible", sentence: t("till_needs_https") }
    : { name: "not_paired" };
}

/** Ask who this till is now: unpaired from elsewhere, suspended, or as it was. */
export async function greet({ token }: Pairing): Promise<void> {
  const result = learn(await terminalOf(token));
  if (result.ok) terminal.value = result.value;
  else await stillPaired(result.problem);
}

/** Stop being a till where the service no longer takes this one's token. */
export async function stillPaired(problem: Problem): Promise<void> {
  if (problem.status === UNAUTHORIZED) await unpaired(problem);
}

/** Make this till's key, keep it, then give its public half for the pairing code. */
export async function pair(code: string, name: string): Promise<void> {
  if (pairingBusy.value) return;
  pairingBusy.value = true;
  pairingProblem.value = null;
  try {
    // The key first: a code that was used up for a device that keeps nothing would be lost.
    const keys = await ownTillKey();
    const result = await pairWith(code, name, await crypto.subtle.exportKey("jwk", keys.publicKey));
    if (result.ok) {
      const pairing = { ...result.value, name };
      await keep(PAIRING, pairing);
      paired.value = { name: "paired", pairing };
      await begin(pairing);
    } else {
      pairingProblem.value = result.problem;
    }
  } catch {
    paired.value = { name: "impossible", sentence: t("till_needs_storage") };
  } finally {
    pairingBusy.value = false;
  }
}

/** Forget this device's pairing and key. A till that is paired again is a new one. */
export async function unpair(): Promise<void> {
  await unpaired(null);
}

/** The service no longer knows this till, or the clerk gave it up (`why` is null). */
export async function unpaired(why: Problem | null): Promise<void> {
  await forget(PAIRING);
  await forgetTillKey();
  // Whoever gives the till up was told what waits. What the service ended may still be asked for.
  await offline().then(
    ({ endSync }) => endSync({ records: why === null }),
    () => undefined,
  );
  if (why === null) clearOutbox();
  terminal.value = null;
  // What the service says to nobody in particular tells a clerk nothing; its other reasons do.
  pairingProblem.value =
    why?.code === UNKNOWN_TOKEN ? { ...why, title: t("till_ended") } : why;
  paired.value = { name: "not_paired" };
}

/** An id for something this till does; see shared/ids.ts. */
export function nextId(): string {
  return newId(serverNow());
}
