/** Whether the service can be reached, as the last try told: what is asked next waits by that. */
import { signal } from "@preact/signals";
import { leavesOpen, type Problem, type Result } from "../../shared/api";

/** True until a request says otherwise. */
export const isReached = signal(true);

// A queue stands at the till: three seconds for the first that hears nothing, one for the next.
const PATIENCE_MS = 3_000;
const PATIENCE_LOST_MS = 1_000;
const TOO_MANY_REQUESTS = 429;

const watchers = new Set<() => void>();

export function patienceMs(): number {
  return isReached.value ? PATIENCE_MS : PATIENCE_LOST_MS;
}

/** Whether nobody answered who could have judged: no network, a stalled one, a broken service. */
export function isUnreached(problem: Problem): boolean {
  return leavesOpen(problem) && problem.status !== TOO_MANY_REQUESTS;
}

/** Learn from an answer, or from its absence, how the service stands. */
export function learn<T>(result: Result<T>): Result<T> {
  const now = result.ok || !isUnreached(result.problem);
  if (now !== isReached.value) {
    isReached.value = now;
    for (const watch of watchers) watch();
  }
  return result;
}

/** Call `watch` each time that the service was lost or found. Returns what ends it. */
export function onReachChange(watch: () => void): () => void {
  watchers.add(watch);
  return () => watchers.delete(watch);
}
