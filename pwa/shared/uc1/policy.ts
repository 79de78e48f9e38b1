import { CARD, PAPER, type Profile, SLICE } from "./terms";

/** The numbers of the format that a verifier enforces: whole seconds, and one of characters. */
export interface Policy {
  pastSeconds: number;
  futureSeconds: number;
  challengePastSeconds: number;
  expGraceSeconds: number;
  sliceGraceSeconds: number;
  lifeSecondsMax: Record<Profile, number>;
  textLengthMax: number;
  trustAgeSecondsMax: number;
}

const DAY_SECONDS = 86_400;

/** How often a phone that shows its code signs anew. */
export const ROTATE_SECONDS = 15;

export const POLICY: Policy = {
  pastSeconds: 30,
  futureSeconds: 10,
  challengePastSeconds: 120,
  expGraceSeconds: 300,
  sliceGraceSeconds: 10,
  lifeSecondsMax: { [CARD]: 35 * DAY_SECONDS, [PAPER]: 800 * DAY_SECONDS, [SLICE]: 90 },
  textLengthMax: 600,
  trustAgeSecondsMax: 7 * DAY_SECONDS,
};

/** How long past its `exp` a credential is still accepted: clocks differ. */
export function graceSeconds(policy: Policy, profile: Profile): number {
  return profile === SLICE ? policy.sliceGraceSeconds : policy.expGraceSeconds;
}
