/** The order in which records are sent, and what the service's verdicts change. Pure functions. */
import type { Fen, Parts } from "../../shared/money";

/** What the service judged of one record. `waiting`: it has come, and cannot be judged yet. */
export interface Verdict {
  id: string;
  seq: number;
  verdict: "captured" | "refused" | "waiting";
  reason: string | null;
  reason_text: string | null;
  next_step: string | null;
  receipt_no: string | null;
  member_pays_fen: Fen | null;
  merchant_bears_fen: Fen | null;
  union_pays_fen: Fen | null;
  borne_by: string | null;
}

export interface Verdicts {
  verdicts: Verdict[];
  next_seq: number;
  gaps: [from: number, to: number][];
}

/** One sale granted here: as signed, and as people and the limits look at it. */
export interface Kept {
  terminal_id: string;
  seq: number;
  id: string;
  jws: string;
  cti: string;
  offer_id: string;
  title_zh: string;
  title_en: string;
  occurred_at: string;
  day: string;
  parts: Parts;
  verdict: Verdict | null;
}

/** As many as one request takes: well below the 2 MB that the service reads. */
export const BATCH_MAX = 100;

/** A final verdict stays; without one, the record is sent again. */
export function isOpen({ verdict }: Kept): boolean {
  return verdict === null || verdict.verdict === "waiting";
}

/** The records without a final verdict, oldest first, in requests. */
export function batchesOf(records: readonly Kept[]): Kept[][] {
  const open = records.filter(isOpen).sort((one, other) => one.seq - other.seq);
  const batches: Kept[][] = [];
  for (let at = 0; at < open.length; at += BATCH_MAX) batches.push(open.slice(at, at + BATCH_MAX));
  return batches;
}

/** `record` with the verdict on it. Heard twice, or late, a final one does not change. */
export function judged(record: Kept, verdicts: readonly Verdict[]): Kept {
  if (!isOpen(record)) return record;
  const verdict = verdicts.find(({ id, seq }) => id === record.id && seq === record.seq);
  return verdict === undefined ? record : { ...record, verdict };
}

/**
 * What the service misses, `[from, to]` both included, sorted out: records that are kept here are
 * to be sent again, the rest is lost.
 */
export function missing(
  gaps: Verdicts["gaps"],
  records: readonly Kept[],
): { again: Kept[]; lost: Verdicts["gaps"] } {
  const again: Kept[] = [];
  const lost: Verdicts["gaps"] = [];
  for (const [from, to] of gaps) {
    const here = records.filter(({ seq }) => from <= seq && seq <= to);
    again.push(...here);
    const held = new Set(here.map(({ seq }) => seq));
    let begins = from;
    for (let seq = from; seq <= to + 1; seq += 1) {
      if (seq <= to && !held.has(seq)) continue;
      if (begins < seq) lost.push([begins, seq - 1]);
      begins = seq + 1;
    }
  }
  return { again, lost };
}
