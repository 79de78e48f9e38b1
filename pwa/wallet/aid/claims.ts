/** My claims, the schemes, and what is done about one of them. */
import { signal } from "@preact/signals";
import type { Problem, Result } from "../../shared/api";
import { goTo } from "../../shared/tabs";
import { heardAs } from "../asking";
import { keptList } from "../kept-list";
import { atLeaving } from "../session";
import { change, type Draft, drafts, drop, faultsOfDraft, handedIn, linesOf, NEW } from "./draft";
import { dropHandedIn } from "./papers";
import {
  type Claim,
  type ClaimItem,
  claimOf,
  claimsOf,
  resubmitClaim,
  type Scheme,
  schemesOf,
  submitClaim,
  withdrawClaim,
} from "./service";

export const claims = keptList<{ items: ClaimItem[] }>("aid-claims", claimsOf);
export const schemes = keptList<{ items: Scheme[] }>("aid-schemes", schemesOf);

export const claim = signal<Claim | null>(null);
export const claimProblem = signal<Problem | null>(null);
export const sending = signal(false);
export const sendProblem = signal<Problem | null>(null);
/** What was just done, said on the claim's page. */
export const done = signal<"submitted" | "resubmitted" | "withdrawn" | null>(null);

atLeaving(() => {
  claim.value = null;
  claimProblem.value = null;
  sendProblem.value = null;
  done.value = null;
});

export async function loadClaim(token: string, id: string): Promise<void> {
  if (claim.value?.id !== id) claim.value = null;
  claimProblem.value = null;
  const result = await heardAs(token, claimOf(token, id));
  if (result?.ok === true) claim.value = result.value;
  else if (result !== null) claimProblem.value = result.problem;
}

/** Hand a draft in. The same id goes out until there is an answer, however often it is tapped. */
export async function handIn(token: string, name: string): Promise<void> {
  const draft = drafts.value?.[name];
  if (draft === undefined || Object.keys(faultsOfDraft(draft, true)).length > 0) return;
  const result = await alone(token, () => ask(token, name, draft));
  if (result === null) return;
  if (result.ok) {
    drop(name);
    claim.value = result.value;
    done.value = name === NEW ? "submitted" : "resubmitted";
    goTo(`aid/${result.value.id}`);
  } else if (result.problem.code === "aid_document_not_found") {
    dropHandedIn(name);
  }
}

function ask(token: string, name: string, draft: Draft): Promise<Result<Claim>> {
  const lines = linesOf(draft) ?? [];
  const documents = handedIn(draft);
  if (name !== NEW) return resubmitClaim(token, draft.id, { lines, documents });
  const { id, scheme, event_type, event_date } = draft;
  return submitClaim(token, { id, scheme, event_type, event_date, lines, documents });
}

export async function takeBack(token: string, id: string): Promise<void> {
  const result = await alone(token, () => withdrawClaim(token, id));
  if (result?.ok !== true) return;
  claim.value = result.value;
  done.value = "withdrawn";
  if (drafts.value?.[id] !== undefined) drop(id);
}

/** One request at a time: a second tap meets the first one's answer. */
async function alone(
  token: string,
  request: () => Promise<Result<Claim>>,
): Promise<Result<Claim> | null> {
  if (sending.value) return null;
  sending.value = true;
  sendProblem.value = null;
  const result = await heardAs(token, request());
  sending.value = false;
  if (result?.ok === false) sendProblem.value = result.problem;
  return result;
}

/** Another scheme asks for other papers; those of the first stay behind. */
export function chooseScheme(name: string, scheme: string): void {
  change(name, { scheme, event_type: "", papers: [] });
}
