/** Answering a till's own question: a code that is good at that till alone, once. */
import { signal } from "@preact/signals";
import { elapsedMs, type Mark, mark } from "../shared/clock";
import { POLICY } from "../shared/uc1/policy";
import { readChallenge } from "../shared/uc1/challenge";
import { sign } from "./device";
import { atLeaving } from "./session";

/** The answer on show: to which till, and since when. */
export interface Answer {
  till: string;
  text: string;
  made: Mark;
}

export const answer = signal<Answer | null>(null);
export const isWrong = signal(false);

const GOOD_MS = POLICY.challengePastSeconds * 1_000;

atLeaving(askAnew);

export function askAnew(): void {
  answer.value = null;
  isWrong.value = false;
}

/** How long the till still takes the answer, as far as this phone can tell. */
export function answerLeftMs({ made }: Answer): number {
  return Math.max(0, GOOD_MS - elapsedMs(made));
}

/** Answer what was scanned or typed, if it is a till's question. */
export async function answerTo(text: string): Promise<void> {
  const question = readChallenge(text);
  if ("code" in question) {
    isWrong.value = true;
    return;
  }
  const { audience, nonce } = question;
  const said = await sign({ question: { audience, nonce } });
  isWrong.value = false;
  answer.value = said === null ? null : { till: audience, text: said, made: mark() };
}
