/** A pairing code that came by a link or was filmed: `/scan/#pair=CODE`. */
import { signal } from "@preact/signals";

/** Where a merchant's managers give out such codes; pages of the service, not of this app. */
export const MANAGER_PAGES = "/scan/manager/";

const MARK = "#pair=";
const CODE_LENGTH_MAX = 40;
// Ten characters, with or without dashes: what a bare QR of a code holds.
const BARE = /^[0-9A-Za-z]{5}-?[0-9A-Za-z]{5}$/;

/** The code that the address brought, until it is used or refused. */
export const offeredCode = signal<string | null>(null);

/** The pairing code in what was filmed, or null. A link to another service is not for this one. */
export function codeIn(text: string, origin: string): string | null {
  const at = text.indexOf(MARK);
  if (at === -1) return BARE.test(text) ? text : null;
  if (at > 0 && !text.startsWith(`${origin}/scan/`)) return null;
  let code: string;
  try {
    code = decodeURIComponent(text.slice(at + MARK.length));
  } catch {
    return null;
  }
  return code !== "" && code.length <= CODE_LENGTH_MAX ? code : null;
}

/** Take the code out of the address: it is worth a till and must not stay in the history. */
export function takeFromAddress(): void {
  if (!location.hash.startsWith(MARK)) return;
  const code = codeIn(location.hash, location.origin);
  history.replaceState(history.state, "", location.pathname + location.search);
  offeredCode.value = code;
}

export function followLinks(): void {
  takeFromAddress();
  addEventListener("hashchange", takeFromAddress);
}
