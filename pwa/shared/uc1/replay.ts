/** The same code twice: of one credential, only one newer than the newest accepted is accepted. */

import { type Refused, singleUseMoment, type Verified } from "./answers";
import { POLICY, type Policy } from "./policy";

const KEEP_SECONDS_MIN = 60;

/** The newest code accepted of one credential, and the scan that brought it. */
export interface Accepted {
  moment: number;
  scanId: string | null;
}

/**
 * Whether a code signed at `moment` has had its turn.
 *
 * The same scan sent again (same code, same scan id) is a retry, not a replay. The signature plays
 * no part: (r, n-s) would make the same code look new.
 */
export function isReplay(newest: Accepted | undefined, { moment, scanId }: Accepted): boolean {
  if (newest === undefined || moment > newest.moment) return false;
  const isRetry = scanId !== null && moment === newest.moment && scanId === newest.scanId;
  return !isRetry;
}

/**
 * What this page has accepted, forgotten once no code of that time would be accepted anyway.
 *
 * Only codes that passed every check may enter: nobody can fill it with rubbish.
 */
export class ReplayMemory {
  private readonly keepSeconds: number;
  private readonly newest = new Map<string, Accepted & { until: number }>();

  constructor(policy: Policy = POLICY) {
    // A challenge's answer may come last; a slice is used up before that.
    this.keepSeconds = Math.max(
      KEEP_SECONDS_MIN,
      policy.challengePastSeconds + policy.futureSeconds,
    );
  }

  /** `code`, remembered, or `replayed`. Paper passes: it is meant to be shown again. */
  admit(
    code: Verified,
    { scanId, now }: { scanId: string | null; now: number },
  ): Verified | Refused {
    const moment = singleUseMoment(code);
    if (moment === null) return code;
    this.forget(now);
    if (isReplay(this.newest.get(code.cti), { moment, scanId })) {
      return { ok: false, code: "replayed", detail: "" };
    }
    this.newest.delete(code.cti); // A Map keeps the place of a key that is set again.
    this.newest.set(code.cti, { moment, scanId, until: now + this.keepSeconds });
    return code;
  }

  /** Drop what is over, oldest first. The order is that of acceptance. */
  private forget(now: number): void {
    for (const [cti, { until }] of this.newest) {
      if (until > now) return;
      this.newest.delete(cti);
    }
  }
}
