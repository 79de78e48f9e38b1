import { forget, keep, kept } from "../shared/idb";

const KEY = "till-key";
const CURVE: EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" };

/** The till's key pair, or null where it has none that signs. */
export async function keptTillKey(): Promise<CryptoKeyPair | null> {
  const pair = await kept<Partial<CryptoKeyPair>>(KEY);
  // Some browsers have given back an empty object in a key's place.
  const isWhole = pair?.privateKey instanceof CryptoKey && pair.publicKey instanceof CryptoKey;
  return isWhole ? (pair as CryptoKeyPair) : null;
}

/** The till's key pair, made once; its private half can be used here and read out nowhere. */
export async function ownTillKey(): Promise<CryptoKeyPair> {
  const made = await keptTillKey();
  if (made !== null) return made;
  const fresh = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  await keep(KEY, fresh);
  return fresh;
}

export async function forgetTillKey(): Promise<void> {
  await forget(KEY);
}
