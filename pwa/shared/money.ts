/** Whole fen, as on the server. The brand stops a plain number, or yuan, from slipping in. */
export type Fen = number & { readonly unit: "fen" };

/** The largest bill the service takes: 100,000 yuan. */
export const BILL_FEN_MAX = 10_000_000 as Fen;

/** "12.5" -> 1250. Null for anything a till would not print. Works on digits: no float is near. */
export function parseYuan(text: string): Fen | null {
  const match = /^(\d{1,7})(?:\.(\d{0,2}))?$/.exec(text.trim());
  if (match === null) return null;
  return Number(`${match[1]}${(match[2] ?? "").padEnd(2, "0")}`) as Fen;
}

/** 123450 -> "1,234.50". */
export function yuan(amount: Fen): string {
  const sign = amount < 0 ? "-" : "";
  const fen = Math.abs(amount);
  const whole = String(Math.trunc(fen / 100)).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${sign}${whole}.${String(fen % 100).padStart(2, "0")}`;
}

/** What the keypad shows after one more key: at most two decimals and seven digits before them. */
export function pressed(typed: string, key: string): string {
  if (key === "back") return typed.slice(0, -1);
  const next =
    typed === "0" && key !== "." ? key : typed === "" && key === "." ? "0." : typed + key;
  return parseYuan(next) === null ? typed : next;
}

/** Who bears what of a bill; negative where something was taken back. */
export interface Parts {
  gross_fen: Fen;
  member_pays_fen: Fen;
  merchant_bears_fen: Fen;
  union_pays_fen: Fen;
}
