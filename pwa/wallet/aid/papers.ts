/** Papers on their way to the service: one at a time, each with its progress, to be sent again. */
import { signal } from "@preact/signals";
import { leavesOpen, type Problem } from "../../shared/api";
import { serverNow } from "../../shared/clock";
import { newId } from "../../shared/ids";
import { t } from "../../shared/i18n";
import { heardAs } from "../asking";
import { atLeaving } from "../session";
import { change, type DraftPaper, drafts } from "./draft";
import { PAPER_BYTES_MAX, shrunk } from "./photo";
import { uploadPaper } from "./service";

export interface Upload {
  share: number;
  problem: Problem | null;
}

/** How the papers that have no id yet stand, by their keys. */
export const uploads = signal<Record<string, Upload>>({});

atLeaving(() => {
  uploads.value = {};
});

/** Take files of one kind into a draft and send them. */
export async function takePapers(
  token: string,
  draftName: string,
  kind: string,
  files: readonly File[],
): Promise<void> {
  for (const file of files) {
    const content = await shrunk(file);
    const paper: DraftPaper = {
      key: newId(serverNow()),
      kind,
      name: file.name,
      content,
      document_id: null,
    };
    change(draftName, { papers: [...papersOf(draftName), paper] });
    await sendPaper(token, draftName, paper);
  }
}

export async function sendPaper(
  token: string,
  draftName: string,
  paper: DraftPaper,
): Promise<void> {
  const { key, content } = paper;
  if (content === null || isUnderWay(key)) return;
  if (content.size > PAPER_BYTES_MAX) {
    note(key, { share: 0, problem: tooLarge() });
    return;
  }
  note(key, { share: 0, problem: null });
  const onProgress = (share: number) => note(key, { share, problem: null });
  const result = await heardAs(
    token,
    uploadPaper(token, { kind: paper.kind, name: paper.name, content }, onProgress),
  );
  if (result === null) return;
  if (!result.ok) {
    note(key, { share: 0, problem: result.problem });
    return;
  }
  change(draftName, {
    papers: papersOf(draftName).map((each) =>
      each.key === key ? { ...each, content: null, document_id: result.value.id } : each,
    ),
  });
  clear(key);
}

/** Send what a closed page left unsent. */
export async function sendWaiting(token: string, draftName: string): Promise<void> {
  for (const paper of papersOf(draftName)) {
    if (paper.document_id === null) await sendPaper(token, draftName, paper);
  }
}

export function removePaper(draftName: string, key: string): void {
  change(draftName, { papers: papersOf(draftName).filter((each) => each.key !== key) });
  clear(key);
}

/** The service has forgotten papers that waited a week: they are to be photographed again. */
export function dropHandedIn(draftName: string): void {
  change(draftName, { papers: papersOf(draftName).filter((each) => each.document_id === null) });
}

/** Why a claim cannot be handed in yet: a paper is on its way, or did not arrive. */
export function isStillSending(papers: DraftPaper[]): boolean {
  return papers.some(({ document_id }) => document_id === null);
}

export function mayRetry({ problem }: Upload): boolean {
  return problem !== null && (leavesOpen(problem) || problem.code === "aid_consent_missing");
}

function isUnderWay(key: string): boolean {
  return uploads.value[key]?.problem === null;
}

function papersOf(draftName: string): DraftPaper[] {
  return drafts.value?.[draftName]?.papers ?? [];
}

function note(key: string, upload: Upload): void {
  uploads.value = { ...uploads.value, [key]: upload };
}

function clear(key: string): void {
  const { [key]: _gone, ...rest } = uploads.value;
  uploads.value = rest;
}

function tooLarge(): Problem {
  const title = t("aid_paper_too_large");
  return { status: 413, code: "aid_document_too_large", title, facts: {} };
}
