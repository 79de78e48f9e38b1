/** Larger letters, for this phone: chosen once, kept in the browser, there at the next opening. */
import { signal } from "@preact/signals";

const KEPT_AS = "uc-large-type";
const LARGE = "large-type";

export const isLargeType = signal(false);

/** Show the page as it was chosen on this phone before. */
export function followTypeSize(): void {
  try {
    show(localStorage.getItem(KEPT_AS) === LARGE);
  } catch {
    // A browser that keeps nothing shows ordinary letters.
  }
}

export function chooseTypeSize(isLarge: boolean): void {
  show(isLarge);
  try {
    if (isLarge) localStorage.setItem(KEPT_AS, LARGE);
    else localStorage.removeItem(KEPT_AS);
  } catch {
    // It holds until the page is closed.
  }
}

function show(isLarge: boolean): void {
  isLargeType.value = isLarge;
  document.documentElement.classList.toggle(LARGE, isLarge);
}
