/** The phone's own "back" inside a sale: one step back, never out of the page. */
import { effect } from "@preact/signals";
import { nextCard, type Step, showOffers, showVerdict, step } from "./sale";

/** Marks the entry of the history that stands for "a sale is on". */
interface Guard {
  sale: true;
}

function isGuard(state: unknown): state is Guard {
  return typeof state === "object" && state !== null && "sale" in state;
}

let onGuard = isGuard(history.state);

function atScan(): boolean {
  return ["", "#scan", "#check"].includes(location.hash);
}

function guard(): void {
  if (step.value.name === "scan" || onGuard || !atScan()) return;
  history.pushState({ sale: true } satisfies Guard, "");
  onGuard = true;
}

/** Keep one entry of the history in front of whatever led here while a sale is on. */
export function followBack(): void {
  effect(guard);
  addEventListener("popstate", (event) => {
    const cameFromGuard = onGuard;
    onGuard = isGuard(event.state);
    if (!cameFromGuard || onGuard || !atScan()) return;
    if (step.value.name === "scan") {
      // The guard was left over from a sale that is done: go where "back" was meant to go.
      history.back();
      return;
    }
    goBack(step.value);
    // The step may be what it was, so nothing but this puts the guard back.
    guard();
  });
}

function goBack(now: Step): void {
  switch (now.name) {
    case "verifying":
    case "sending":
      // Something is on its way: the screen itself offers how to stop waiting.
      return;
    case "amount":
    case "question":
      showOffers(now.verification);
      return;
    case "offers":
      showVerdict(now.verification);
      return;
    default:
      nextCard();
  }
}
