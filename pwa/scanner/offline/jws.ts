/** Compact JWS (RFC 7515) with ES256: how a lease comes and how this till's records go. */
import { base64url, bytesOfBase64url, utf8 } from "../../shared/uc1/bytes";

const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const ALG = "ES256";
const HEADER = base64url(utf8(JSON.stringify({ alg: ALG })));

export async function writeJws(key: CryptoKey, payload: object): Promise<string> {
  const signed = `${HEADER}.${base64url(utf8(JSON.stringify(payload)))}`;
  const signature = await crypto.subtle.sign(SIGNING, key, utf8(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

/** What `jwk` signed, and null for anything else: another key, another algorithm, no JWS. */
export async function readJws(text: string, jwk: JsonWebKey): Promise<object | null> {
  const [header = "", payload = "", signature = "", ...more] = text.split(".");
  const signed = bytesOfBase64url(signature);
  const stated = json(header) as { alg?: unknown } | null;
  if (more.length > 0 || signed === null || stated?.alg !== ALG) return null;
  const key = await keyOf(jwk);
  if (key === null) return null;
  const isGood = await crypto.subtle.verify(SIGNING, key, signed, utf8(`${header}.${payload}`));
  return isGood ? json(payload) : null;
}

/** What the next record says of this one: the hash of all of it, its signature too. */
export async function linkOf(jws: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(jws))));
}

async function keyOf({ kty = "", crv = "", x = "", y = "" }: JsonWebKey): Promise<CryptoKey | null> {
  return crypto.subtle
    .importKey("jwk", { kty, crv, x, y }, CURVE, false, ["verify"])
    .catch(() => null);
}

function json(part: string): object | null {
  const bytes = bytesOfBase64url(part);
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
