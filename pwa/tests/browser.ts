/**
 * What a browser has and Node lacks, for tests that run a page's own code against a real server.
 * Imported first: that code looks around as soon as it is loaded.
 */

const FASTER = 20;

const kept = new Map<string, string>();
let origin = "";
let isHopeless = () => false;

/** Ask `base` from now on, as a page does that was loaded from there. */
export function loadedFrom(base: string): void {
  origin = base;
}

/** Give up waiting twenty times as fast where `holds`: eight seconds in 0.4. */
export function hurryWhile(holds: () => boolean): void {
  isHopeless = holds;
}

const localStorage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
};
const document = {
  documentElement: { lang: "en" },
  visibilityState: "visible",
  getElementById: () => null,
  addEventListener: () => undefined,
};
const fetchAnywhere = fetch;
const giveUpAfter = AbortSignal.timeout.bind(AbortSignal);
const every = setInterval;

Object.assign(globalThis, {
  localStorage,
  document,
  addEventListener: () => undefined,
  fetch: (path: string, how?: RequestInit) => fetchAnywhere(origin + path, how),
  // A page's ticking must not keep Node from ending.
  setInterval: (work: () => void, ms: number) => every(work, ms).unref(),
});
AbortSignal.timeout = (ms) => giveUpAfter(isHopeless() ? ms / FASTER : ms);
