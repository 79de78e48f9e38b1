import { type Signal, signal } from "@preact/signals";
import { leavesOpen, type Problem, type Result } from "../shared/api";
import { serverNow } from "../shared/clock";
import { forget, keep, kept } from "../shared/idb";
import { heardAs } from "./asking";
import { atLeaving, isIn } from "./session";

/** What was heard last, and when by the service's clock. */
export interface Heard<T> {
  at: number;
  value: T;
}

/** Something read from the service whose last answer stays on the phone, for where there is none. */
export interface KeptList<T> {
  heard: Signal<Heard<T> | null>;
  problem: Signal<Problem | null>;
  loading: Signal<boolean>;
  load: (token: string) => Promise<void>;
}

/** `name` is its key on the phone; it is forgotten when the member leaves. */
export function keptList<T>(
  name: string,
  ask: (token: string) => Promise<Result<T>>,
): KeptList<T> {
  const heard = signal<Heard<T> | null>(null);
  const problem = signal<Problem | null>(null);
  const loading = signal(false);

  atLeaving(() => {
    heard.value = null;
    problem.value = null;
    forget(name).catch(() => undefined);
  });

  async function load(token: string): Promise<void> {
    if (loading.value) return;
    loading.value = true;
    const result = await heardAs(token, ask(token));
    loading.value = false;
    if (result === null) return;
    problem.value = result.ok ? null : result.problem;
    if (result.ok) {
      heard.value = { at: serverNow(), value: result.value };
      // A browser that keeps nothing shows the list all the same.
      await keep(name, heard.value).catch(() => undefined);
    } else if (heard.value === null && leavesOpen(result.problem)) {
      const last = await kept<Heard<T>>(name).catch(() => null);
      if (isIn(token) && heard.value === null) heard.value = last;
    }
  }

  return { heard, problem, loading, load };
}
