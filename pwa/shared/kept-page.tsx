/** The page kept on the phone: stored for use without a network, renewed, put among the apps. */
import { signal } from "@preact/signals";
import { type KeptPage, noteLanguage } from "../worker/store";
import { language, t } from "./i18n";

/** What Chromium offers where the page can become an app. */
interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

const waiting = signal<ServiceWorker | null>(null);
const installing = signal<InstallEvent | null>(null);
const isInstalled = signal(matchMedia("(display-mode: standalone)").matches);
const isHintOver = signal(false);

const IOS = /iPad|iPhone|iPod/;
// Web views inside other apps have no way to install anything.
const isSafariOnIos = IOS.test(navigator.userAgent) && !/MicroMessenger/.test(navigator.userAgent);

let takingOver = false;

/** Have the page stored on this phone. Without it, it needs a network at each opening. */
export async function keepPage(kept: KeptPage): Promise<void> {
  followLanguage();
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installing.value = event as InstallEvent;
  });
  addEventListener("appinstalled", () => {
    isInstalled.value = true;
  });
  // Absent where the page did not come by https.
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (takingOver) location.reload();
  });
  try {
    await noteLanguage(kept, document.documentElement.dataset["language"] ?? language);
    const registration = await navigator.serviceWorker.register(`${kept.page}sw.js`, {
      scope: kept.page,
    });
    watchFor(registration);
    // A page that stays open for days learns of a new build too.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") registration.update().catch(() => undefined);
    });
  } catch {
    // Refused (private window, storage full): the page works, with a network.
  }
}

function watchFor(registration: ServiceWorkerRegistration): void {
  const offer = (worker: ServiceWorker | null) => {
    if (worker?.state !== "installed") return;
    // The first one ever has nothing to replace.
    if (navigator.serviceWorker.controller !== null) waiting.value = worker;
  };
  offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => offer(worker));
  });
}

/** Links that switch the language keep the place in the page. */
function followLanguage(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".language a")) {
    link.addEventListener("click", () => {
      link.hash = location.hash;
    });
  }
}

/** A newer page has been stored: it is taken when its reader says so, never under their hands. */
export function UpdateOffer() {
  const worker = waiting.value;
  if (worker === null) return null;
  return (
    <div class="page-offer" role="status">
      <p>{t("update_ready")}</p>
      <button
        type="button"
        onClick={() => {
          takingOver = true;
          worker.postMessage("take over");
        }}
      >
        {t("update_now")}
      </button>
    </div>
  );
}

/** How to put the page among the phone's apps, where this browser can. */
export function InstallHint({ why, onIos }: { why: string; onIos: string }) {
  const event = installing.value;
  if (isInstalled.value || isHintOver.value || (event === null && !isSafariOnIos)) return null;
  return (
    <div class="page-offer">
      <p>{event === null ? onIos : why}</p>
      <div class="row">
        {event === null ? null : (
          <button
            type="button"
            onClick={async () => {
              await event.prompt();
              // A browser lets its offer be used once.
              installing.value = null;
            }}
          >
            {t("install_now")}
          </button>
        )}
        <button
          type="button"
          class="plain"
          onClick={() => {
            isHintOver.value = true;
          }}
        >
          {t("install_later")}
        </button>
      </div>
    </div>
  );
}
