/** The shared test vectors against the phone apps' UC1, as cards/uc1/vectors.py does for Python. */

import type { Refused, Verified } from "../../shared/uc1/answers";
import { bytesOfHex } from "../../shared/uc1/bytes";
import { type Credential, readCredential } from "../../shared/uc1/credential";
import { type Compressed, uncompressed } from "../../shared/uc1/keys";
import { POLICY, type Policy } from "../../shared/uc1/policy";
import { ReplayMemory } from "../../shared/uc1/replay";
import { type StatusList, verifyStatusList } from "../../shared/uc1/status";
import { CARD, PAPER, SLICE } from "../../shared/uc1/terms";
import { type TrustList, verifyTrustList } from "../../shared/uc1/trust";
import { verifyText } from "../../shared/uc1/verify";

type Expected = { ok: false; error: string } | ({ ok: true } & Record<string, unknown>);

interface Case {
  name: string;
  text: string;
  now: number;
  audience?: string | null;
  nonce?: string | null;
  refs?: Record<string, string>;
  expect: Expected;
}

/** A file of vectors: what is used of it here. */
export interface Content {
  params: {
    past_s: number;
    future_s: number;
    challenge_past_s: number;
    exp_grace_s: number;
    slice_grace_s: number;
    max_life_s: { card: number; paper: number; slice: number };
    max_text: number;
  };
  keys: Record<string, { pub_compressed: string }>;
  worked: { credential_hex: string };
  trust_list: { hex: string; root: string };
  status_lists: Record<string, { token_hex: string }>;
  vectors: Case[];
  sequences: { name: string; steps: (Case & { scan_id: string })[] }[];
}

export interface Checked {
  passed: number;
  failed: string[];
}

/** Run every vector and every sequence. Throws where what they rest on does not verify. */
export async function checkVectors(content: Content): Promise<Checked> {
  const outcomes: [name: string, passed: boolean][] = [];
  for (const each of content.vectors) {
    outcomes.push([each.name, meets(await answerTo(each, content), each.expect)]);
  }
  for (const { name, steps } of content.sequences) {
    outcomes.push([name, await isPassed(steps, content)]);
  }
  const failed = outcomes.filter(([, passed]) => !passed).map(([name]) => name);
  return { passed: outcomes.length - failed.length, failed };
}

export function policyOf({ params }: Content): Policy {
  const { card, paper, slice } = params.max_life_s;
  return {
    ...POLICY,
    pastSeconds: params.past_s,
    futureSeconds: params.future_s,
    challengePastSeconds: params.challenge_past_s,
    expGraceSeconds: params.exp_grace_s,
    sliceGraceSeconds: params.slice_grace_s,
    lifeSecondsMax: { [CARD]: card, [PAPER]: paper, [SLICE]: slice },
    textLengthMax: params.max_text,
  };
}

/** What `value` is, if it is not a refusal. */
export function insist<T extends object>(value: T | Refused): T {
  if ("code" in value) throw new Error(`refused: ${JSON.stringify(value)}`);
  return value;
}

async function isPassed(steps: (Case & { scan_id: string })[], content: Content): Promise<boolean> {
  const memory = new ReplayMemory(policyOf(content));
  for (const step of steps) {
    const answer = await answerTo(step, content);
    const { now, scan_id: scanId } = step;
    if (!meets(answer.ok ? memory.admit(answer, { scanId, now }) : answer, step.expect)) {
      return false;
    }
  }
  return steps.length > 0;
}

async function answerTo(each: Case, content: Content): Promise<Verified | Refused> {
  const { now, text, audience = null, nonce, refs } = each;
  const trust = await trustOf(content, now);
  return verifyText(text, {
    now,
    trust,
    statuses: await statusesOf(content, trust, now),
    audience,
    nonce: nonce === undefined || nonce === null ? null : bytesOfHex(nonce),
    references: refs === undefined ? null : referencesOf(refs, content),
    policy: policyOf(content),
  });
}

async function trustOf(content: Content, now: number): Promise<TrustList> {
  const root = content.keys[content.trust_list.root];
  if (root === undefined) throw new Error("the file has no root key");
  const point = uncompressed(compressedOf(root.pub_compressed));
  if (point === null) throw new Error("the root key is not on the curve");
  return insist(await verifyTrustList(bytesOfHex(content.trust_list.hex), { root: point, now }));
}

/** The file's lists by the address that the trust list gives their number. */
async function statusesOf(
  content: Content,
  trust: TrustList,
  now: number,
): Promise<Map<string, StatusList>> {
  const held = new Map<string, StatusList>();
  const bases = new Set([...trust.keys.values()].map((key) => key.statusBase));
  for (const [number, { token_hex }] of Object.entries(content.status_lists)) {
    for (const base of bases) {
      const uri = `${base}${number}`;
      held.set(uri, insist(await verifyStatusList(bytesOfHex(token_hex), { uri, trust, now })));
    }
  }
  return held;
}

/** A reference names a credential by its cti. The file holds the one it was issued as. */
function referencesOf(
  refs: Record<string, string>,
  content: Content,
): (cti: string) => Credential | null {
  const issued = readCredential(bytesOfHex(content.worked.credential_hex)).facts;
  return (cti) => {
    const point = refs[cti];
    return point === undefined ? null : { ...issued, cti, deviceKey: compressedOf(point) };
  };
}

/** A point of SEC 1 in hexadecimal, 33 or 65 bytes: the parity of y is in the first or the last. */
export function compressedOf(point: string): Compressed {
  const bytes = bytesOfHex(point);
  const parity = bytes.length === 33 ? bytes[0] : bytes.at(-1);
  return { x: bytes.slice(1, 33), yIsOdd: parity !== undefined && parity % 2 === 1 };
}

/** Whether an answer is the expected one. A fact that nobody knows here is not met. */
function meets(answer: Verified | Refused, expected: Expected): boolean {
  if (!answer.ok) return !expected.ok && answer.code === expected.error;
  if (!expected.ok) return false;
  const { ok, assurance, challenged, cti, tier, hint } = answer;
  const facts: Record<string, unknown> = { ok, assurance, challenged, cti, tier, hint };
  return Object.entries(expected).every(([name, value]) => name in facts && facts[name] === value);
}
