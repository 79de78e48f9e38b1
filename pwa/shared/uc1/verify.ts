/**
 * A scanned text in, `Verified` or `Refused` out.
 *
 * The order is part of the format (docs/reference/card-credential.md, "The order of checks"):
 * shape, key, issuer's signature, key's window and use, expiry, what the phone says, phone's
 * signature, freshness, audience, status. Replay comes after all of them (replay.ts), so that only
 * codes that are valid in every other way are remembered.
 */

import { answeredLater, malformed, Rejected, type Refused, type Verified } from "./answers";
import { type Bytes, isSame } from "./bytes";
import { isSignedBy, type Sign1 } from "./cose";
import { type Credential, readCredential, readStatic, type SignedCredential } from "./credential";
import { keyOfPoint, uncompressed } from "./keys";
import { graceSeconds, POLICY, type Policy } from "./policy";
import { type Presentation, readFull, readPresentation, readReference } from "./presentation";
import { checkStatus, type StatusLists } from "./status";
import { ASSURANCE_OF, FULL, type Form, REFERENCE, STATIC } from "./terms";
import { openText } from "./text";
import { isOpen, issuerOf, type TrustList } from "./trust";

/**
 * Who asks, when (Unix seconds), and what they hold.
 *
 * `statuses`: verified lists, or "caller", and the caller looks at `statusList` and `statusIndex`
 * itself, then at replay. `audience`: this terminal's code. With `nonce`, a challenge is open, and
 * nothing but its answer is accepted; the caller lets a nonce be answered once. `references` finds
 * an issued credential by its cti, for codes that only name theirs; without it, those are
 * `unsupported`: this verifier is offline.
 */
export interface Verifier {
  now: number;
  trust: TrustList;
  statuses: StatusLists | "caller";
  audience?: string | null;
  nonce?: Bytes | null;
  references?: ((cti: string) => Credential | null) | null;
  policy?: Policy;
}

/** What a scanned text proves. Answers any text, quickly. Needs WebCrypto, so HTTPS. */
export function verifyText(text: string, verifier: Verifier): Promise<Verified | Refused> {
  const complete = { audience: null, nonce: null, references: null, policy: POLICY, ...verifier };
  return answeredLater(async () => {
    const [form, message] = openText(text, complete.policy.textLengthMax);
    switch (form) {
      case FULL:
        return verifyFull(message, complete);
      case REFERENCE:
        return verifyReference(message, complete);
      case STATIC:
        return verifyStatic(message, complete);
    }
  });
}

type Complete = Required<Verifier>;

async function verifyFull(message: Bytes, verifier: Complete): Promise<Verified> {
  const [raw, holder] = readFull(message);
  const facts = await issued(readCredential(raw), verifier);
  checkExpiry(facts, verifier);
  return held(FULL, facts, holder, verifier);
}

async function verifyReference(message: Bytes, verifier: Complete): Promise<Verified> {
  const [cti, holder] = readReference(message);
  if (verifier.references === null) {
    throw new Rejected("unsupported", "reference form needs the online service");
  }
  const facts = verifier.references(cti);
  if (facts === null) throw new Rejected("unknown_card");
  checkExpiry(facts, verifier);
  return held(REFERENCE, facts, holder, verifier);
}

async function verifyStatic(message: Bytes, verifier: Complete): Promise<Verified> {
  const facts = await issued(readStatic(message), verifier);
  checkExpiry(facts, verifier);
  return verified(STATIC, facts, null, verifier);
}

/** What a phone's own signature, just made, adds to its credential. */
async function held(
  form: Form,
  facts: Credential,
  holder: Sign1,
  verifier: Complete,
): Promise<Verified> {
  const point = facts.deviceKey === null ? null : uncompressed(facts.deviceKey);
  if (point === null) throw malformed("cnf-point");
  const presentation = readPresentation(holder.payload);
  if (!(await isSignedBy(holder, await keyOfPoint(point), form))) {
    throw new Rejected("bad_signature", "holder");
  }
  checkFreshness(presentation.iat, verifier);
  return verified(form, facts, presentation, verifier);
}

function verified(
  form: Form,
  facts: Credential,
  presentation: Presentation | null,
  verifier: Complete,
): Verified {
  checkAudience(presentation, verifier);
  checkStatusOf(facts, verifier);
  const { profile, cti, exp, tier, statusList, statusIndex, kid, hint } = facts;
  return {
    ok: true,
    form,
    profile,
    assurance: ASSURANCE_OF[profile],
    challenged: verifier.nonce !== null,
    cti,
    iat: presentation === null ? null : presentation.iat,
    exp,
    tier,
    statusList,
    statusIndex,
    kid,
    hint,
  };
}

/** The credential, once its issuer is known to have signed it and allowed to. */
async function issued(
  { facts, sign1 }: SignedCredential,
  { trust, now, policy }: Complete,
): Promise<Credential> {
  const issuer = issuerOf(trust, facts.kid, { now, ageSecondsMax: policy.trustAgeSecondsMax });
  if (!(await isSignedBy(sign1, issuer.key))) throw new Rejected("bad_signature", "issuer");
  if (!isOpen(issuer, now)) throw new Rejected("unknown_key", "key outside its window");
  if (issuer.use !== facts.profile) {
    throw new Rejected("unknown_key", "key not for this profile");
  }
  return facts;
}

function checkExpiry({ exp, profile }: Credential, { now, policy }: Complete): void {
  if (exp > now + policy.lifeSecondsMax[profile]) throw malformed("lifetime over policy");
  if (now > exp + graceSeconds(policy, profile)) throw new Rejected("expired");
}

function checkFreshness(iat: number, { now, nonce, policy }: Complete): void {
  const pastSeconds = nonce === null ? policy.pastSeconds : policy.challengePastSeconds;
  if (iat > now + policy.futureSeconds) throw new Rejected("stale", "clock ahead");
  if (iat < now - pastSeconds) throw new Rejected("stale", "too old");
}

/**
 * Refuse a code made for another terminal, or for another question than the one asked. A plain
 * code, paper or a slice does not answer a challenge; an answer without its question is one that
 * was relayed.
 */
function checkAudience(presentation: Presentation | null, { audience, nonce }: Complete): void {
  const shown = presentation ?? { audience: null, nonce: null };
  if (shown.audience !== null && shown.audience !== audience) {
    throw new Rejected("wrong_audience");
  }
  if (nonce === null) {
    if (shown.nonce !== null) throw new Rejected("wrong_audience", "unexpected nonce");
    return;
  }
  if (shown.nonce === null || !isSame(shown.nonce, nonce)) {
    throw new Rejected("wrong_audience", "nonce");
  }
  if (shown.audience === null) throw new Rejected("wrong_audience");
}

function checkStatusOf(facts: Credential, { trust, statuses, now }: Complete): void {
  if (statuses === "caller") return;
  const issuer = trust.keys.get(facts.kid);
  // A reference whose key has left the list.
  if (issuer === undefined) throw new Rejected("status_unknown");
  checkStatus(statuses, `${issuer.statusBase}${facts.statusList}`, facts.statusIndex, now);
}
