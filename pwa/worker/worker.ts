/**
 * A page without a network, the member's or the till's: one build of it whole, in every language.
 *
 * A page and its scripts are stored together when this worker is installed, and served from there
 * ever after. A newer build waits as a newer worker until it is taken or the page is closed.
 * Nothing here touches IndexedDB, where the device's key is.
 */
import {
  belongsElsewhere,
  type KeptPage,
  languageAsked,
  notedLanguage,
  outdated,
  pageFor,
  storeName,
} from "./store";

declare const self: ServiceWorkerGlobalScope & {
  /** Set by the service in front of this script; `SENTENCES` changes when the page's do. */
  SENTENCES: string;
  LANGUAGES: string[];
};
/** Set by the build: which page, its version, and the addresses of all that it loads. */
declare const BUILT: { kept: KeptPage; version: string; files: string[] };

const STORE = storeName(BUILT.kept, BUILT.version, self.SENTENCES);

self.addEventListener("install", (event) => event.waitUntil(storeAll()));

self.addEventListener("activate", (event) => event.waitUntil(dropOutdated()));

self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === BUILT.kept.page) event.respondWith(page(url));
  } else if (url.pathname.startsWith("/static/")) {
    if (!belongsElsewhere(BUILT.kept, request.referrer)) event.respondWith(stored(request));
  }
});

async function storeAll(): Promise<void> {
  const addresses = [
    ...self.LANGUAGES.map((each) => pageFor(BUILT.kept, each)),
    ...BUILT.files,
  ];
  const cache = await caches.open(STORE);
  // Past the browser's own cache, and without cookies: the page is the same for everybody.
  await cache.addAll(
    addresses.map((address) => new Request(address, { cache: "reload", credentials: "omit" })),
  );
}

async function dropOutdated(): Promise<void> {
  for (const name of outdated(BUILT.kept, await caches.keys(), STORE)) await caches.delete(name);
}

async function page(url: URL): Promise<Response> {
  const language = languageAsked(url, self.LANGUAGES) ?? (await notedLanguage(BUILT.kept));
  return stored(pageFor(BUILT.kept, language ?? self.LANGUAGES[0] ?? ""), url);
}

/** What this build stored under `request`; else, as when a browser dropped it, the network's. */
async function stored(request: Request | string, elsewhere: Request | URL | null = null) {
  const cache = await caches.open(STORE);
  return (await cache.match(request)) ?? fetch(elsewhere ?? request);
}
