/**
 * What other programs ask of the phone apps' UC1, in Node and in browsers: `tools/phone_codec.py`
 * bundles this file, hands it jobs as JSON and gets answers as JSON. Bytes are in hexadecimal.
 */

import type { Refused, Verified } from "../../shared/uc1/answers";
import { bytesOfHex, hex } from "../../shared/uc1/bytes";
import { challengeText, readChallenge } from "../../shared/uc1/challenge";
import type { Credential } from "../../shared/uc1/credential";
import { enrolmentProof } from "../../shared/uc1/enrolment";
import { uncompressed } from "../../shared/uc1/keys";
import { present, presentReference } from "../../shared/uc1/presentation";
import { type StatusList, verifyStatusList } from "../../shared/uc1/status";
import { CARD } from "../../shared/uc1/terms";
import { type TrustList, verifyTrustList } from "../../shared/uc1/trust";
import { verifyText } from "../../shared/uc1/verify";
import { type Checked, checkVectors, compressedOf, type Content, insist } from "./vectors";

/** What a verifier holds: lists as fetched, found good at the moment `now`. */
interface World {
  root: string;
  trust: string;
  statuses: Record<string, string>;
  references: Record<string, { point: string; kid: string; exp: number }>;
  now: number;
}

interface Shown {
  text: string;
  now: number;
  audience: string | null;
  nonce: string | null;
  online: boolean;
}

/** `what`: the bytes of a credential, or the cti that a reference names. */
interface Said {
  form: "UC1:" | "UR1:" | "UE1:";
  what: string;
  iat: number;
  audience: string | null;
  nonce: string | null;
}

export type Job =
  | { do: "vectors"; content: Content }
  | { do: "verify"; world: World; shown: Shown[] }
  | { do: "present"; key: JsonWebKey; said: Said[] }
  | { do: "challenge"; audience: string; nonce: string }
  | { do: "read challenges"; texts: string[] }
  | { do: "read lists"; world: World; uri: string; trust: string[]; statuses: string[] }
  | { do: "measure"; world: World; shown: Shown; key: JsonWebKey; said: Said; times: number };

export async function answer(job: Job): Promise<unknown> {
  switch (job.do) {
    case "vectors":
      return checkVectors(job.content) satisfies Promise<Checked>;
    case "verify":
      return verifyAll(job.world, job.shown);
    case "present":
      return presentAll(await signingKey(job.key), job.said);
    case "challenge":
      return challengeText({ audience: job.audience, nonce: bytesOfHex(job.nonce) });
    case "read challenges":
      return job.texts.map((text) => {
        const challenge = readChallenge(text);
        return "code" in challenge ? challenge : { ...challenge, nonce: hex(challenge.nonce) };
      });
    case "read lists":
      return readLists(job);
    case "measure":
      return measure(job);
  }
}

interface Held {
  trust: TrustList;
  statuses: Map<string, StatusList>;
}

async function heldIn({ root, trust: list, statuses, now }: World): Promise<Held> {
  const trust = insist(await verifyTrustList(bytesOfHex(list), { root: rootOf(root), now }));
  const held = new Map<string, StatusList>();
  for (const [uri, token] of Object.entries(statuses)) {
    held.set(uri, insist(await verifyStatusList(bytesOfHex(token), { uri, trust, now })));
  }
  return { trust, statuses: held };
}

function rootOf(point: string) {
  const root = uncompressed(compressedOf(point));
  if (root === null) throw new Error("the root key is not on the curve");
  return root;
}

async function verifyAll(world: World, shown: Shown[]): Promise<(Verified | Refused)[]> {
  const held = await heldIn(world);
  const answers: (Verified | Refused)[] = [];
  for (const each of shown) answers.push(await verifyOne(held, world, each));
  return answers;
}

function verifyOne(held: Held, world: World, shown: Shown): Promise<Verified | Refused> {
  const { text, now, audience, nonce, online } = shown;
  return verifyText(text, {
    ...held,
    now,
    audience,
    nonce: nonce === null ? null : bytesOfHex(nonce),
    references: online ? (cti) => issuedAs(cti, world) : null,
  });
}

function issuedAs(cti: string, { references }: World): Credential | null {
  const issued = references[cti];
  if (issued === undefined) return null;
  const { point, kid, exp } = issued;
  const facts = { profile: CARD, tier: 0, statusList: 4660, statusIndex: 7, hint: null } as const;
  return { ...facts, kid, cti, exp, deviceKey: compressedOf(point) };
}

/** A key of the test's, given in the open; a phone's own cannot be exported. */
function signingKey(key: JsonWebKey): Promise<CryptoKey> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return crypto.subtle.importKey("jwk", key, algorithm, false, ["sign"]);
}

async function presentAll(key: CryptoKey, said: Said[]): Promise<string[]> {
  const texts: string[] = [];
  for (const each of said) texts.push(await presentOne(key, each));
  return texts;
}

function presentOne(key: CryptoKey, { form, what, iat, audience, nonce }: Said): Promise<string> {
  const bytes = nonce === null ? null : bytesOfHex(nonce);
  if (form === "UR1:") return presentReference(what, key, { iat, audience, nonce: bytes });
  if (form === "UC1:") return present(bytesOfHex(what), key, { iat, audience, nonce: bytes });
  if (bytes === null) throw new Error("an enrolment answers a nonce");
  return enrolmentProof(key, { nonce: bytes, iat });
}

/** What is wrong with each list, null where nothing is. */
async function readLists(job: Extract<Job, { do: "read lists" }>): Promise<(Refused | null)[]> {
  const { world, uri } = job;
  const { trust } = await heldIn(world);
  const { now } = world;
  const answers: object[] = [];
  for (const message of job.trust) {
    answers.push(await verifyTrustList(bytesOfHex(message), { root: rootOf(world.root), now }));
  }
  for (const message of job.statuses) {
    answers.push(await verifyStatusList(bytesOfHex(message), { uri, trust, now }));
  }
  return answers.map((each) => ("code" in each ? (each as Refused) : null));
}

/** Microseconds of one verification and of one signature, and of the bare ones beside them. */
async function measure(job: Extract<Job, { do: "measure" }>): Promise<Record<string, number>> {
  const held = await heldIn(job.world);
  const key = await signingKey(job.key);
  const signing = { name: "ECDSA", hash: "SHA-256" };
  const data = new Uint8Array(189);
  const signature = await crypto.subtle.sign(signing, key, data);
  const [issuer] = held.trust.keys.values();
  if (issuer === undefined) throw new Error("the trust list has no key");
  const verified = await verifyOne(held, job.world, job.shown);
  if (!verified.ok) throw new Error(`refused: ${JSON.stringify(verified)}`);
  return {
    verify: await perCall(job.times, () => verifyOne(held, job.world, job.shown)),
    sign: await perCall(job.times, () => presentOne(key, job.said)),
    bare_verify: await perCall(job.times, () =>
      crypto.subtle.verify(signing, issuer.key, signature, data),
    ),
    bare_sign: await perCall(job.times, () => crypto.subtle.sign(signing, key, data)),
  };
}

async function perCall(times: number, call: () => Promise<unknown>): Promise<number> {
  for (let done = 0; done < times / 10; done += 1) await call();
  const began = performance.now();
  for (let done = 0; done < times; done += 1) await call();
  return Math.round(((performance.now() - began) * 1000) / times);
}
