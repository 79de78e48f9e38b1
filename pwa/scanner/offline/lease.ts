/** What the service lets this till grant without asking, signed, for a while. */
import { readJws } from "./jws";
import type { Terms } from "./split";

/** One offer that may be granted offline, in the version that is in force until before `valid_to`. */
export interface LeaseOffer extends Terms {
  offer_id: string;
  offer_version: string;
  title_zh: string;
  title_en: string;
  assurances: string[];
  needs_challenge: boolean;
  valid_to: number | null;
}

/** Moments in Unix seconds, usable before `exp`. The limits are of the union's part. */
export interface Lease {
  lease_id: string;
  terminal_id: string;
  aud: string;
  iat: number;
  exp: number;
  per_sale_fen: number;
  per_day_fen: number;
  per_day_sales: number;
  offers: LeaseOffer[];
  status_lists: string[];
  next_seq: number;
  last: string | null;
}

/** As the service answers it; `key` is the one that signed. */
export interface LeaseAnswer {
  lease: string;
  key: JsonWebKey;
}

const AMOUNTS = ["iat", "exp", "per_sale_fen", "per_day_fen", "per_day_sales", "next_seq"] as const;
const TEXTS = ["lease_id", "terminal_id", "aud"] as const;

/** The lease, if it is signed, whole, and this till's own; else null. */
export async function readLease(
  { lease: text, key }: LeaseAnswer,
  till: { terminal_id: string; code: string },
): Promise<Lease | null> {
  const said = (await readJws(text, key)) as Partial<Lease> | null;
  if (said === null || !isWhole(said)) return null;
  return said.terminal_id === till.terminal_id && said.aud === till.code ? said : null;
}

function isWhole(said: Partial<Lease>): said is Lease {
  return (
    AMOUNTS.every((name) => Number.isSafeInteger(said[name]) && Number(said[name]) >= 0) &&
    TEXTS.every((name) => typeof said[name] === "string") &&
    Array.isArray(said.offers) &&
    Array.isArray(said.status_lists)
  );
}
