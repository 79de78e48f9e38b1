/** This phone's own key and credential: with them it shows the card without the service. */
import { signal } from "@preact/signals";
import { leavesOpen, type Problem, type Result } from "../shared/api";
import { serverNow } from "../shared/clock";
import { forget, keep, kept } from "../shared/idb";
import { oneWindow } from "../shared/locks";
import { type Bytes, bytesOfBase64url, joined } from "../shared/uc1/bytes";
import { readCredential } from "../shared/uc1/credential";
import { enrolmentProof } from "../shared/uc1/enrolment";
import { newDeviceKey, publicJwk } from "../shared/uc1/keys";
import { present, presentReference, type Said } from "../shared/uc1/presentation";
import {
  enrolPhone,
  freshCredentialOf,
  type Issued,
  questionFor,
  retirePhone,
} from "./device-service";
import { phoneName } from "./phone-name";
import type { CardDevice } from "./service";
import { atLeaving, atSignOut, isIn } from "./session";

/** One credential of this phone. Moments in milliseconds; `root` is the root key's point. */
interface Device {
  id: string;
  credential: Bytes;
  cti: string;
  kid: string;
  expiresAt: number;
  issuedAt: number;
  root: Bytes;
}

/**
 * Why this phone shows the service's codes instead of its own: it cannot keep a key; its key is
 * gone; the card was taken off it; the service said no (`problem`), or was not reached.
 */
export type Lack =
  | { why: "impossible" | "lost" | "removed" }
  | { why: "refused" | "unreached"; problem: Problem };

export type Holding =
  | { name: "opening" }
  | { name: "held"; device: Device; key: CryptoKey }
  | ({ name: "none" } & Lack);

export const holding = signal<Holding>({ name: "opening" });
export const enrolling = signal(false);

const DEVICE = "device";
const KEY = "device-key";
const LOCK = "union-card-device";
const DAY_MS = 86_400_000;
const REFRESH_AFTER_MS = DAY_MS;
const REFRESH_BEFORE_MS = 3 * DAY_MS;
const KEY_TAKEN = "device_key_taken";
const SECOND_MS = 1_000;
// A verifier takes codes from up to ten seconds ahead of its clock.
const AHEAD_SECONDS_MAX = 5;

atSignOut(async (token) => {
  const now = holding.value;
  // Else a phone that was signed out would count among those the card may be on.
  if (now.name === "held") await retirePhone(token, now.device.id);
});

atLeaving(async (why) => {
  holding.value = { name: "opening" };
  lastIat = 0;
  await forget(DEVICE).catch(() => undefined);
  // Whoever was signed out by the service and comes back is the same phone with the same key.
  if (why === null) await forget(KEY).catch(() => undefined);
});

/** Take up what this phone keeps, or put the card on it. Does nothing where that is decided. */
export async function hold(token: string): Promise<void> {
  const now = holding.value;
  if (enrolling.value || now.name === "held") return;
  if (now.name === "none" && now.why !== "unreached") return;
  await become(token, () => opened(token));
}

/** Put the card on this phone anew; what it had before ends. */
export async function holdAgain(token: string): Promise<void> {
  if (enrolling.value) return;
  await become(token, async () => {
    const before = await kept<Device>(DEVICE);
    if (before !== null) {
      await retirePhone(token, before.id);
      await forget(DEVICE);
    }
    return enrolled(token);
  });
}

async function become(token: string, work: () => Promise<Holding>): Promise<void> {
  enrolling.value = true;
  // Storage refuses in many ways: private windows, full disks, keys it cannot copy.
  const found = await work().catch((): Holding => ({ name: "none", why: "impossible" }));
  enrolling.value = false;
  if (isIn(token)) holding.value = found;
}

async function opened(token: string): Promise<Holding> {
  // WebCrypto is absent where the page came over plain HTTP from another machine.
  if (crypto.subtle === undefined) return { name: "none", why: "impossible" };
  const found = await keptHolding();
  if (found !== null) return found;
  return oneWindow(LOCK, async () => (await keptHolding()) ?? (await enrolled(token)));
}

async function keptHolding(): Promise<Holding | null> {
  const device = await kept<Device>(DEVICE);
  if (device === null) return null;
  const key = await keptKey();
  return key === null
    ? { name: "none", why: "lost" }
    : { name: "held", device, key: key.privateKey };
}

/** This phone's number among those of the card, null where it has none. */
export async function ownDeviceId(): Promise<string | null> {
  const device = await kept<Device>(DEVICE).catch(() => null);
  return device?.id ?? null;
}

export async function hasKey(): Promise<boolean> {
  return (await keptKey().catch(() => null)) !== null;
}

/** Answer a question of the service with this phone's key: what restores a lost card. */
export async function proveKey(token: string): Promise<Result<string>> {
  const pair = await keptKey();
  if (pair === null) throw new Error("asked only where there is a key");
  return proofFor(token, pair);
}

/** Forget key and credential: what comes next makes new ones. */
export async function beginAnew(): Promise<void> {
  await removed();
  holding.value = { name: "opening" };
}

async function keptKey(): Promise<CryptoKeyPair | null> {
  const pair = await kept<Partial<CryptoKeyPair>>(KEY);
  // Some browsers have given back an empty object in a key's place.
  const isWhole = pair?.privateKey instanceof CryptoKey && pair.publicKey instanceof CryptoKey;
  return isWhole ? (pair as CryptoKeyPair) : null;
}

/** Make a key, or use the one there is, and have the card put on it. Rejects without storage. */
async function enrolled(token: string): Promise<Holding> {
  const key = (await keptKey()) ?? (await freshKey());
  let result = await enrol(token, key);
  if (!result.ok && result.problem.code === KEY_TAKEN) {
    // Somebody else's card was on this phone before.
    result = await enrol(token, await freshKey());
  }
  if (!result.ok) {
    const why = leavesOpen(result.problem) ? "unreached" : "refused";
    return { name: "none", why, problem: result.problem };
  }
  const pair = await keptKey();
  if (pair === null) return { name: "none", why: "impossible" };
  const device = deviceOf(result.value);
  if (isIn(token)) await keep(DEVICE, device);
  return { name: "held", device, key: pair.privateKey };
}

/** A key that is already kept: one that cannot be would take up a place on the card for nothing. */
async function freshKey(): Promise<CryptoKeyPair> {
  await keep(KEY, await newDeviceKey());
  const pair = await keptKey();
  if (pair === null) throw new Error("the browser does not give keys back");
  return pair;
}

async function enrol(token: string, pair: CryptoKeyPair): Promise<Result<Issued>> {
  const proof = await proofFor(token, pair);
  if (!proof.ok) return proof;
  return enrolPhone(token, {
    name: phoneName(navigator.userAgent),
    public_key: await publicJwk(pair.publicKey),
    enrolment: proof.value,
  });
}

async function proofFor(token: string, pair: CryptoKeyPair): Promise<Result<string>> {
  const asked = await questionFor(token);
  if (!asked.ok) return asked;
  const nonce = bytesOfBase64url(asked.value.nonce);
  if (nonce === null) throw new Error("the service's question cannot be read");
  // That answer also brought the service's time, so a wrong clock does no harm here.
  const iat = Math.floor(serverNow() / SECOND_MS);
  return { ok: true, value: await enrolmentProof(pair.privateKey, { nonce, iat }) };
}

function deviceOf(issued: Issued): Device {
  const credential = bytesOf(issued.credential);
  const { cti, kid, exp } = readCredential(credential).facts;
  const { x = "", y = "" } = issued.root_key;
  return {
    id: issued.device_id,
    credential,
    cti,
    kid,
    expiresAt: exp * SECOND_MS,
    issuedAt: serverNow(),
    root: joined(Uint8Array.of(4), bytesOf(x), bytesOf(y)),
  };
}

function bytesOf(text: string): Bytes {
  const bytes = bytesOfBase64url(text);
  if (bytes === null) throw new Error("the service sent something that is not base64url");
  return bytes;
}

/**
 * See to it that the credential stays good, knowing the phones of the card as the service has just
 * listed them. Returns why a fresh one was refused, null if nothing was.
 */
export async function tend(token: string, phones: CardDevice[]): Promise<Problem | null> {
  const now = holding.value;
  if (now.name !== "held") return null;
  const own = phones.find((each) => each.device_id === now.device.id);
  if (own === undefined) {
    await removed();
    return null;
  }
  if (own.credential_expires_at !== null && !isOld(now.device)) {
    if (await isStillTrusted(now.device)) return null;
  }
  return oneWindow(LOCK, () => refresh(token, now.device));
}

/** True also where the script that finds out, which the first load leaves out, cannot be had. */
async function isStillTrusted({ kid, root }: Device): Promise<boolean> {
  const trust = await import("./trust").catch(() => null);
  return trust === null || trust.isTrusted(kid, root);
}

function isOld({ issuedAt, expiresAt }: Device): boolean {
  const now = serverNow();
  return now - issuedAt > REFRESH_AFTER_MS || expiresAt - now < REFRESH_BEFORE_MS;
}

async function refresh(token: string, before: Device): Promise<Problem | null> {
  // Another window may have done it while this one waited.
  const latest = await adopted();
  if (latest === null || latest.cti !== before.cti) return null;
  const result = await freshCredentialOf(token, before.id);
  const now = holding.value;
  if (!isIn(token) || now.name !== "held") return null;
  if (result.ok) {
    const device = deviceOf(result.value);
    await keep(DEVICE, device).catch(() => undefined);
    holding.value = { ...now, device };
    return null;
  }
  if (result.problem.code !== "device_not_found") return result.problem;
  await removed();
  return null;
}

/** Somebody took the card off this phone: it is not put back behind their back. */
async function removed(): Promise<void> {
  await forget(DEVICE).catch(() => undefined);
  await forget(KEY).catch(() => undefined);
  holding.value = { name: "none", why: "removed" };
}

/** The credential as the newest window left it: an older one is no longer valid. */
async function adopted(): Promise<Device | null> {
  const now = holding.value;
  if (now.name !== "held") return null;
  const latest = await kept<Device>(DEVICE).catch(() => null);
  if (latest === null || latest.cti === now.device.cti) return now.device;
  holding.value = { ...now, device: latest };
  return latest;
}

let lastIat = 0;

/** What to say at this moment; each of two codes made in one second is the newer one. */
function nextIat(): number {
  const now = Math.floor(serverNow() / SECOND_MS);
  lastIat = now <= lastIat && lastIat - now < AHEAD_SECONDS_MAX ? lastIat + 1 : now;
  return lastIat;
}

/** What a code is made for: `small` names the credential only; a question is answered in full. */
export interface Asked {
  small?: boolean;
  question?: Pick<Said, "audience" | "nonce">;
}

/** The text of a fresh code, or null where this phone holds no key that signs. */
export async function sign({ small = false, question = {} }: Asked = {}): Promise<string | null> {
  const device = await adopted();
  const now = holding.value;
  if (device === null || now.name !== "held") return null;
  const said = { iat: nextIat(), ...question };
  try {
    return small
      ? await presentReference(device.cti, now.key, said)
      : await present(device.credential, now.key, said);
  } catch {
    // A key that no longer signs, as some browsers leave it after an update, is as good as gone.
    holding.value = { name: "none", why: "lost" };
    return null;
  }
}
