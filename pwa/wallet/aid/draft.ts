/** A claim that is being written: kept on the phone until the service has it, under an id made once. */
import { signal } from "@preact/signals";
import { serverNow } from "../../shared/clock";
import { forget, keep, kept } from "../../shared/idb";
import { newId } from "../../shared/ids";
import { t } from "../../shared/i18n";
import { parseYuan, yuan } from "../../shared/money";
import { atLeaving, isIn } from "../session";
import type { Faults } from "./refused";
import type { Amounts, Claim, ClaimLine } from "./service";

/** One paper's facts as they are typed. */
export interface DraftLine {
  invoice_no: string;
  hospital: string;
  admission_no: string;
  pool_paid_fen: string;
  self_paid_fen: string;
  days: string;
}

/** A photo or file; its content stays on the phone until the service has given it an id. */
export interface DraftPaper {
  key: string;
  kind: string;
  name: string;
  content: Blob | null;
  document_id: string | null;
}

export interface Draft {
  /** The claim's own, made by this phone: sending it twice makes one claim. */
  id: string;
  scheme: string;
  event_type: string;
  event_date: string;
  lines: DraftLine[];
  papers: DraftPaper[];
}

/** Where a new claim's draft stands; that of a returned claim stands under the claim's id. */
export const NEW = "new";
const KEPT_AS = "aid-drafts";
const LINES_MAX = 20;
const DAYS_MAX = 366;

type Drafts = Record<string, Draft>;

/** Null until they have been read from the phone. */
export const drafts = signal<Drafts | null>(null);
/** True where the browser keeps nothing: a draft ends with the page. */
export const keepsNoDraft = signal(false);

let writing: Promise<void> = Promise.resolve();

atLeaving(() => {
  drafts.value = null;
  // After what is being written: nothing of this member may come behind it.
  writing = writing.then(() => forget(KEPT_AS)).catch(() => undefined);
});

export async function readDrafts(token: string): Promise<void> {
  if (drafts.value !== null) return;
  let found: Drafts | null = null;
  try {
    found = await kept<Drafts>(KEPT_AS);
  } catch {
    keepsNoDraft.value = true;
  }
  if (isIn(token) && drafts.value === null) drafts.value = found ?? {};
}

function write(next: Drafts): void {
  drafts.value = next;
  // One after the other: an older state must not be written last.
  writing = writing
    .then(() => (drafts.value === null ? undefined : keep(KEPT_AS, next)))
    .catch(() => {
      keepsNoDraft.value = true;
    });
}

export function change(name: string, patch: Partial<Draft>): void {
  const before = drafts.value?.[name];
  if (before === undefined) return;
  write({ ...drafts.value, [name]: { ...before, ...patch } });
}

export function drop(name: string): void {
  const { [name]: _gone, ...rest } = drafts.value ?? {};
  write(rest);
}

const EMPTY_LINE: DraftLine = {
  invoice_no: "",
  hospital: "",
  admission_no: "",
  pool_paid_fen: "",
  self_paid_fen: "",
  days: "",
};

export function begin(scheme: string): void {
  const draft: Draft = {
    id: newId(serverNow()),
    scheme,
    event_type: "",
    event_date: "",
    lines: [{ ...EMPTY_LINE }],
    papers: [],
  };
  write({ ...drafts.value, [NEW]: draft });
}

/** A returned claim once more: its lines as they stand, ready to be corrected. */
export function beginAgain(claim: Claim): void {
  const lines = claim.lines.map((line) => ({
    invoice_no: line.invoice_no,
    hospital: line.hospital,
    admission_no: line.admission_no,
    pool_paid_fen: typedYuan(line.pool_paid_fen),
    self_paid_fen: typedYuan(line.self_paid_fen),
    days: String(line.days),
  }));
  const { id, scheme, event_type, event_date } = claim;
  const draft: Draft = { id, scheme, event_type, event_date, lines, papers: [] };
  write({ ...drafts.value, [id]: draft });
}

function typedYuan(fen: ClaimLine["self_paid_fen"]): string {
  return yuan(fen).replaceAll(",", "");
}

/** For a draft whose id the service knows with other facts. */
export function renewId(name: string): void {
  change(name, { id: newId(serverNow()) });
}

export function setLine(name: string, index: number, patch: Partial<DraftLine>): void {
  const lines = drafts.value?.[name]?.lines ?? [];
  change(name, { lines: lines.map((line, at) => (at === index ? { ...line, ...patch } : line)) });
}

export function mayAddLine(draft: Draft): boolean {
  return draft.lines.length < LINES_MAX;
}

export function addLine(name: string): void {
  const draft = drafts.value?.[name];
  if (draft === undefined || !mayAddLine(draft)) return;
  change(name, { lines: [...draft.lines, { ...EMPTY_LINE }] });
}

export function removeLine(name: string, index: number): void {
  const lines = drafts.value?.[name]?.lines ?? [];
  change(name, { lines: lines.filter((_, at) => at !== index) });
}

function wholeDays(typed: string): number | null {
  if (!/^\d{1,3}$/.test(typed.trim())) return null;
  const days = Number(typed);
  return days <= DAYS_MAX ? days : null;
}

/** The amounts of all lines; null while one is missing or cannot be read. */
export function amountsOf(draft: Draft): Amounts[] | null {
  const found: Amounts[] = [];
  for (const line of draft.lines) {
    const pool = parseYuan(line.pool_paid_fen);
    const self = parseYuan(line.self_paid_fen);
    const days = wholeDays(line.days);
    if (pool === null || self === null || days === null) return null;
    found.push({ pool_paid_fen: pool, self_paid_fen: self, days });
  }
  return found;
}

/** The lines as the service takes them; null while something in them cannot be read. */
export function linesOf(draft: Draft): ClaimLine[] | null {
  const amounts = amountsOf(draft);
  if (amounts === null) return null;
  return draft.lines.map((line, at) => ({
    invoice_no: line.invoice_no.trim(),
    hospital: line.hospital.trim(),
    admission_no: line.admission_no.trim(),
    ...(amounts[at] as Amounts),
  }));
}

/** What is wrong with the typed facts. Without `all`, what is still empty is not wrong yet. */
export function faultsOfDraft(draft: Draft, all: boolean): Faults {
  const found: Faults = {};
  const note = (name: string, typed: string, isReadable: boolean, sentence: string) => {
    if (typed.trim() === "") {
      if (all) found[name] = t("aid_field_needed");
    } else if (!isReadable) found[name] = sentence;
  };
  note("event_type", draft.event_type, true, "");
  note("event_date", draft.event_date, true, "");
  for (const [at, line] of draft.lines.entries()) {
    const path = `lines.${at}`;
    note(`${path}.invoice_no`, line.invoice_no, true, "");
    note(`${path}.hospital`, line.hospital, true, "");
    note(`${path}.admission_no`, line.admission_no, true, "");
    for (const name of ["pool_paid_fen", "self_paid_fen"] as const) {
      note(`${path}.${name}`, line[name], parseYuan(line[name]) !== null, t("aid_amount_wrong"));
    }
    note(`${path}.days`, line.days, wholeDays(line.days) !== null, t("aid_days_wrong"));
  }
  return found;
}

/** Ids of the papers that the service has. */
export function handedIn(draft: Draft): string[] {
  return draft.papers.flatMap(({ document_id }) => document_id ?? []);
}
