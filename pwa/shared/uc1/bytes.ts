/** Bytes that WebCrypto takes: never a view of memory that several threads share. */
export type Bytes = Uint8Array<ArrayBuffer>;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const BASE64URL = /^[A-Za-z0-9_-]*$/;
const UTF8 = new TextEncoder();

export function utf8(text: string): Bytes {
  return UTF8.encode(text);
}

export function joined(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function startsWith(bytes: Bytes, beginning: Bytes, at = 0): boolean {
  return (
    at + beginning.length <= bytes.length &&
    beginning.every((byte, index) => byte === bytes[at + index])
  );
}

export function isSame(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && startsWith(one, other);
}

export function hex(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** The bytes of what `hex` writes. Throws RangeError for anything else. */
export function bytesOfHex(text: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new RangeError("not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** `bytes` in base64url without padding (RFC 4648, 5). */
export function base64url(bytes: Bytes): string {
  const plain = btoa(String.fromCharCode(...bytes));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of what `base64url` writes, and null for any other text. */
export function bytesOfBase64url(text: string): Bytes | null {
  if (!BASE64URL.test(text) || text.length % 4 === 1) return null;
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(plain, (character) => character.charCodeAt(0));
  // Spare bits that are not zero would be a second spelling of the same bytes.
  return base64url(bytes) === text ? bytes : null;
}
