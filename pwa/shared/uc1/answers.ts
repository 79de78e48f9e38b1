import { type Assurance, CARD, type Form, type Profile, type Reason, SLICE } from "./terms";

/**
 * An answer, not an error. `code` is for programs and never changes; `detail` is for readers.
 * Neither holds anything of the text that was shown, so both may be logged.
 */
export interface Refused {
  ok: false;
  code: Reason;
  detail: string;
}

/**
 * A code that passed every check asked for. Moments are Unix seconds; bytes are in hexadecimal.
 *
 * `iat` is the phone's moment of signing, null where no phone signed. `kid` names the issuer's
 * key. `hint` is the surname printed on a paper card ("张*"). `challenged`: the phone answered this
 * verifier's own question.
 */
export interface Verified {
  ok: true;
  form: Form;
  profile: Profile;
  assurance: Assurance;
  challenged: boolean;
  cti: string;
  iat: number | null;
  exp: number;
  tier: number;
  statusList: number;
  statusIndex: number;
  kid: string;
  hint: string | null;
}

/** Carries a Refused up to the function of this package that was called; never leaves it. */
export class Rejected extends Error {
  readonly refused: Refused;

  constructor(code: Reason, detail = "") {
    super(code);
    this.refused = { ok: false, code, detail };
  }
}

export function malformed(detail: string): Rejected {
  return new Rejected("malformed", detail);
}

/** What `read` returns, or the refusal that it met. Anything else it throws is a bug of ours. */
export function answered<T>(read: () => T): T | Refused {
  try {
    return read();
  } catch (error) {
    return refusalIn(error);
  }
}

/** The same for what takes a while. */
export async function answeredLater<T>(read: () => Promise<T>): Promise<T | Refused> {
  try {
    return await read();
  } catch (error) {
    return refusalIn(error);
  }
}

function refusalIn(error: unknown): Refused {
  if (error instanceof Rejected) return error.refused;
  throw error;
}

/**
 * What the replay rule orders codes of one `cti` by; null for paper, shown again and again.
 * A slice has no `iat`, and its `cti` is its own: its `exp` stands in, so it works once.
 */
export function singleUseMoment(code: Verified): number | null {
  if (code.profile === CARD) return code.iat;
  return code.profile === SLICE ? code.exp : null;
}
