/** The trust list, the status lists and the lease: fetched while there is a network, kept, held. */
import { signal } from "@preact/signals";
import { call, callList, type Problem } from "../../shared/api";
import { lastReachedAt, serverNow } from "../../shared/clock";
import { type Bytes, bytesOfBase64url, joined } from "../../shared/uc1/bytes";
import type { Whole } from "../../shared/uc1/cbor";
import { COORDINATE_BYTES } from "../../shared/uc1/keys";
import { POLICY } from "../../shared/uc1/policy";
import { type StatusList, type StatusLists, verifyStatusList } from "../../shared/uc1/status";
import { type TrustList, verifyTrustList } from "../../shared/uc1/trust";
import type { Pairing } from "../service";
import { type Lease, type LeaseAnswer, readLease } from "./lease";
import { isUnreached, learn } from "./reach";
import { adoptHead, fact, facts, forgetFact, keepFact } from "./store";

/** What this till judges by while nobody answers. Null: it has none that is good. */
export interface Held {
  lease: Lease | null;
  trust: TrustList | null;
  statuses: StatusLists;
  /** When the service last confirmed the trust list, Unix seconds. */
  trustedAt: number;
}

const NOTHING: Held = { lease: null, trust: null, statuses: new Map(), trustedAt: 0 };

export const held = signal<Held>(NOTHING);

/** Why the service gives this till no lease, in its own words; null where it gave one. */
export const leaseProblem = signal<Problem | null>(null);

interface KeptList {
  message: Bytes;
  at: number;
}

const LEASE = "lease";
const TRUST = "trust";
const STATUS = "status ";
const TRUST_SEQ = "trust seq";
const NEWEST = "newest";
const API = "/api/v1";
const UNAUTHORIZED = 401;
const UNCOMPRESSED = 4;
// The clock may seem to run back by what an answer's header cannot tell.
const BACK_SECONDS_MAX = 60;

let loaded: Promise<void> = Promise.resolve();

/** Take up what this till kept, each part verified again. */
export function load(pairing: Pairing): Promise<void> {
  loaded = takeUp(pairing);
  return loaded;
}

/** A card that is shown as soon as the page opens waits until the till knows what it holds. */
export function whenLoaded(): Promise<void> {
  return loaded;
}

async function takeUp(pairing: Pairing): Promise<void> {
  const now = nowSeconds();
  const [answer, trustKept, statusesKept] = await Promise.all([
    fact<LeaseAnswer>(LEASE),
    fact<KeptList>(TRUST),
    facts<KeptList>(STATUS),
  ]);
  const lease = answer === null ? null : await readLease(answer, pairing);
  const trust = trustKept === null ? null : await trustOf(trustKept.message, pairing);
  const statuses = new Map<string, StatusList>();
  for (const [name, { message }] of statusesKept) {
    const uri = name.slice(STATUS.length);
    const list = trust && (await verifyStatusList(message, { uri, trust, now }));
    if (list !== null && "packed" in list) statuses.set(uri, list);
  }
  held.value = { lease, trust, statuses, trustedAt: trustKept?.at ?? 0 };
}

/** Fetch what may have changed. Returns the refusal that ends this till's pairing, else null. */
export async function refresh(pairing: Pairing): Promise<Problem | null> {
  const problem = await renewLease(pairing);
  if (problem !== null) return problem.status === UNAUTHORIZED ? problem : null;
  const { lease } = held.value;
  if (lease === null) return null;
  const trust = await renewTrust(pairing);
  if (trust === null) return null;
  const wanted = new Set(lease.status_lists);
  const statuses = new Map<string, StatusList>();
  for (const uri of wanted) {
    const list = (await renewStatus(uri, trust)) ?? held.value.statuses.get(uri);
    if (list !== undefined) statuses.set(uri, list);
  }
  for (const name of (await facts(STATUS)).keys()) {
    if (!wanted.has(name.slice(STATUS.length))) await forgetFact(name);
  }
  held.value = { ...held.value, statuses };
  return null;
}

/** Ask for a lease. What the service refuses is forgotten; what it does not answer stays. */
async function renewLease(pairing: Pairing): Promise<Problem | null> {
  const { token, terminal_id } = pairing;
  const result = learn(await call<LeaseAnswer>("/terminals/me/lease", { token }));
  if (!result.ok) {
    if (isUnreached(result.problem)) return result.problem;
    leaseProblem.value = result.problem;
    await forgetFact(LEASE);
    held.value = { ...held.value, lease: null };
    return result.problem;
  }
  const { lease: text, key } = result.value;
  const lease = await readLease({ lease: text, key }, pairing);
  if (lease === null) return null;
  leaseProblem.value = null;
  await keepFact(LEASE, { lease: text, key } satisfies LeaseAnswer);
  await adoptHead(terminal_id, { seq: lease.next_seq - 1, link: lease.last ?? "" });
  held.value = { ...held.value, lease };
  return null;
}

async function renewTrust(pairing: Pairing): Promise<TrustList | null> {
  const message = await callList("/trust-list");
  if (message === null) return held.value.trust;
  const trust = await trustOf(message, pairing);
  if (trust === null) return held.value.trust;
  const at = nowSeconds();
  await keepFact(TRUST_SEQ, trust.seq);
  await keepFact(TRUST, { message, at } satisfies KeptList);
  held.value = { ...held.value, trust, trustedAt: at };
  return trust;
}

/** The list, if the root signed it and it is no older than the newest this till has had. */
async function trustOf(message: Bytes, { root_key }: Pairing): Promise<TrustList | null> {
  const root = pointOf(root_key);
  if (root === null) return null;
  const newestSeq = (await fact<Whole>(TRUST_SEQ)) ?? 0;
  const trust = await verifyTrustList(message, { root, now: nowSeconds(), newestSeq });
  return "code" in trust ? null : trust;
}

async function renewStatus(uri: string, trust: TrustList): Promise<StatusList | null> {
  const path = pathOf(uri);
  const message = path === null ? null : await callList(path);
  if (message === null) return null;
  const list = await verifyStatusList(message, { uri, trust, now: nowSeconds() });
  if ("code" in list) return null;
  await keepFact(`${STATUS}${uri}`, { message, at: nowSeconds() } satisfies KeptList);
  return list;
}

/** Where this page gets what `uri` names: from the service that it came from, and nobody else. */
function pathOf(uri: string): string | null {
  try {
    const { pathname } = new URL(uri);
    return pathname.startsWith(`${API}/`) ? pathname.slice(API.length) : null;
  } catch {
    return null;
  }
}

function pointOf({ x = "", y = "" }: JsonWebKey): Bytes | null {
  const [first, second] = [bytesOfBase64url(x), bytesOfBase64url(y)];
  if (first?.length !== COORDINATE_BYTES || second?.length !== COORDINATE_BYTES) return null;
  return joined(Uint8Array.of(UNCOMPRESSED), first, second);
}

export function nowSeconds(): number {
  return Math.floor(serverNow() / 1000);
}

/** Whether this till could judge cards and grant sales if the network went now. */
export function isPrepared({ lease, trust, statuses, ...rest }: Held, now: number): boolean {
  if (lease === null || now >= lease.exp || trust === null) return false;
  const isWhole = lease.status_lists.every((uri) => statuses.has(uri));
  return isWhole && isTrustFresh({ lease, trust, statuses, ...rest }, now);
}

/** Whether the trust list was confirmed within the time after which a missing key means nothing. */
export function isTrustFresh({ trustedAt }: Held, now: number): boolean {
  return now - trustedAt <= POLICY.trustAgeSecondsMax;
}

/**
 * Whether the time can be believed: the service told it once, and it never ran back since. A clock
 * that was set ahead needs no check, for then no live code is fresh.
 */
export async function isTimeBelieved(): Promise<boolean> {
  const now = nowSeconds();
  const newest = (await fact<number>(NEWEST)) ?? 0;
  if (lastReachedAt.value === null || now < newest - BACK_SECONDS_MAX) return false;
  if (now > newest) await keepFact(NEWEST, now);
  return true;
}

export function letGo(): void {
  held.value = NOTHING;
  leaseProblem.value = null;
}
