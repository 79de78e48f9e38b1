/** A question to a member's phone that this till has asked and nobody has answered. */
import { call } from "../shared/api";
import { serverNow } from "../shared/clock";
import type { Question } from "./service";

// In what outlives the page: a question does, too.
const KEPT_AS = "union-card-till-question";

/** Until when a question of this till may still be open, in milliseconds; 0 for none. */
let openUntil = before();

function before(): number {
  try {
    return Number(localStorage.getItem(KEPT_AS)) || 0;
  } catch {
    return 0;
  }
}

function note(until: number): void {
  openUntil = until;
  try {
    if (until === 0) localStorage.removeItem(KEPT_AS);
    else localStorage.setItem(KEPT_AS, String(until));
  } catch {
    // Known as long as this page lives; the question ends by itself within two minutes.
  }
}

export function askedQuestion({ expires_at }: Question): void {
  note(Date.parse(expires_at));
}

/** Close what may be open, so that plain codes are taken again. Unheard, it is tried again later. */
export async function closeQuestion(token: string): Promise<void> {
  if (openUntil === 0) return;
  if (serverNow() < openUntil) {
    const closed = await call("/terminals/me/challenges", { method: "DELETE", token });
    if (!closed.ok) return;
  }
  note(0);
}
