import { lazy } from "../../shared/lazy";

type Offline = typeof import("./all");

let asked: Promise<Offline> | null = null;

/**
 * The part that works without the network. Asked for as soon as this device is a till, so that it
 * is here when the network goes; rejects where it cannot be had now.
 */
export function offline(): Promise<Offline> {
  asked ??= import("./all").catch((error: unknown) => {
    asked = null;
    throw error;
  });
  return asked;
}

function Nothing() {
  return null;
}

export const OfflineNote = lazy(() => offline().then((m) => m.OfflineNote), Nothing);
export const OfflineSales = lazy(() => offline().then((m) => m.OfflineSales));
export const KeptSales = lazy(() => offline().then((m) => m.KeptSales), Nothing);
export const Readiness = lazy(() => offline().then((m) => m.Readiness), Nothing);
export const UnpairWarning = lazy(() => offline().then((m) => m.UnpairWarning));
