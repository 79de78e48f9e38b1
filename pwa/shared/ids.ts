const VERSION_7 = 0x70;
const VARIANT = 0x80;

/**
 * A UUIDv7 for what this device does: in time order, so that the service's indexes stay compact.
 * `crypto.randomUUID` would do, but does not exist where the page came over plain HTTP.
 */
export function newId(nowMs: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(nowMs / 2 ** 32));
  view.setUint32(2, nowMs >>> 0);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | VERSION_7);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | VARIANT);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
