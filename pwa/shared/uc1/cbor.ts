/**
 * A strict reader and a writer of the few CBOR types that UC1 uses (RFC 8949, core deterministic
 * encoding).
 *
 * What is scanned is hostile until two signatures hold, and it is read before either is checked. So
 * there is one spelling of each message: shortest heads, definite lengths, map keys in bytewise
 * order, nothing after the end; and no list longer than the bytes that could hold it.
 */

import { malformed } from "./answers";
import { type Bytes, joined, startsWith, utf8 } from "./bytes";

/** A whole number: a bigint only beyond what a number holds exactly, so that no two become one. */
export type Whole = number | bigint;
export type Key = Whole | string;
export type Value = Whole | boolean | Bytes | string | readonly Value[] | ValueMap;
export type ValueMap = ReadonlyMap<Key, Value>;

export const UINT32_MAX = 2 ** 32 - 1;
const DEPTH_MAX = 6; // the trust list needs five

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const SIMPLE = 7;

const INLINE_MAX = 23;
const FALSE = 20;
const TRUE = 21;
const WIDTHS = [1, 2, 4, 8]; // bytes of argument behind a head of 24, 25, 26 and 27
const SMALLEST = [24, 2 ** 8, 2 ** 16, 2 ** 32]; // less has a shorter head

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads one message from front to back. Every method throws Rejected, and nothing else. */
export class Reader {
  private at = 0;
  private readonly view: DataView;

  /** Not `ordered`: map keys come in any order, for the trust list, whose vectors do. */
  constructor(
    private readonly bytes: Bytes,
    private readonly ordered = true,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Step over bytes that must stand here exactly so. */
  literal(expected: Bytes, detail: string): void {
    if (!startsWith(this.bytes, expected, this.at)) throw malformed(detail);
    this.at += expected.length;
  }

  byteString(): Bytes {
    const [major, length] = this.head();
    if (major !== BYTES) throw malformed("bstr");
    return this.slice(length);
  }

  end(): void {
    if (this.at !== this.bytes.length) throw malformed("trailing");
  }

  value(depth = DEPTH_MAX): Value {
    if (depth === 0) throw malformed("depth");
    const [major, argument] = this.head();
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return exactly(-1n - BigInt(argument));
      case BYTES:
        return this.slice(argument);
      case TEXT:
        return this.text(argument);
      case ARRAY:
        return Array.from({ length: this.atMostLeft(argument) }, () => this.value(depth - 1));
      case MAP:
        return this.map(this.atMostLeft(argument), depth - 1);
      case SIMPLE:
        if (argument === FALSE || argument === TRUE) return argument === TRUE;
    }
    throw malformed("cbor-type");
  }

  private head(): [major: number, argument: Whole] {
    const first = this.bytes[this.at];
    if (first === undefined) throw malformed("truncated");
    this.at += 1;
    const info = first & 31;
    if (info <= INLINE_MAX) return [first >> 5, info];
    const width = WIDTHS[info - INLINE_MAX - 1];
    const smallest = SMALLEST[info - INLINE_MAX - 1];
    // Reserved, or of indefinite length.
    if (width === undefined || smallest === undefined) throw malformed("cbor-head");
    if (this.at + width > this.bytes.length) throw malformed("truncated");
    const argument = this.argument(width);
    this.at += width;
    if (argument < smallest) throw malformed("cbor-head");
    return [first >> 5, argument];
  }

  private argument(width: number): Whole {
    if (width === 1) return this.view.getUint8(this.at);
    if (width === 2) return this.view.getUint16(this.at);
    if (width === 4) return this.view.getUint32(this.at);
    return exactly(this.view.getBigUint64(this.at));
  }

  private slice(length: Whole): Bytes {
    if (length > this.bytes.length - this.at) throw malformed("bstr");
    const start = this.at;
    this.at += Number(length);
    return this.bytes.subarray(start, this.at);
  }

  private text(length: Whole): string {
    const spelled = this.slice(length);
    try {
      return STRICT_UTF8.decode(spelled);
    } catch {
      throw malformed("tstr");
    }
  }

  /** `count`. Each item needs a byte, so a small message cannot ask for a big list. */
  private atMostLeft(count: Whole): number {
    if (count > this.bytes.length - this.at) throw malformed("truncated");
    return Number(count);
  }

  private map(count: number, depth: number): ValueMap {
    const result = new Map<Key, Value>();
    let previous: Bytes = new Uint8Array();
    for (let done = 0; done < count; done += 1) {
      const start = this.at;
      const key = this.value(depth);
      if (typeof key === "boolean" || typeof key === "object") throw malformed("map-key");
      const spelled = this.bytes.subarray(start, this.at);
      if (result.has(key) || (this.ordered && isBefore(spelled, previous))) {
        throw malformed("map-order");
      }
      previous = spelled;
      result.set(key, this.value(depth));
    }
    return result;
  }
}

/** The one value that `bytes` spell. Throws Rejected. */
export function decode(bytes: Bytes, ordered = true): Value {
  const reader = new Reader(bytes, ordered);
  const value = reader.value();
  reader.end();
  return value;
}

/** `value` in the one way that `decode` reads, the keys of maps in their order. */
export function encode(value: Value): Bytes {
  if (typeof value === "boolean") return head(SIMPLE, value ? TRUE : FALSE);
  if (typeof value === "number" || typeof value === "bigint") {
    return value < 0 ? head(NEGATIVE, exactly(-1n - BigInt(value))) : head(UNSIGNED, value);
  }
  if (typeof value === "string") {
    const spelled = utf8(value);
    return joined(head(TEXT, spelled.length), spelled);
  }
  if (value instanceof Uint8Array) return joined(head(BYTES, value.length), value);
  if (isArray(value)) return joined(head(ARRAY, value.length), ...value.map(encode));
  const entries = [...value].map(([key, each]) => [encode(key), encode(each)] as const);
  entries.sort(([one], [other]) => (isBefore(one, other) ? -1 : 1));
  return joined(head(MAP, entries.length), ...entries.flat());
}

/** `value` if it is a whole number from 0 to `maximum`. Throws Rejected, as all below. */
export function uint(value: Value | undefined, maximum: number, detail: string): number {
  if (typeof value !== "number" || value < 0 || value > maximum) throw malformed(detail);
  return value;
}

/** The same for what may need eight bytes. */
export function uint64(value: Value | undefined, detail: string): Whole {
  if ((typeof value !== "number" && typeof value !== "bigint") || value < 0) {
    throw malformed(detail);
  }
  return value;
}

export function byteString(
  value: Value | undefined,
  minimum: number,
  maximum: number,
  detail: string,
): Bytes {
  if (!(value instanceof Uint8Array) || value.length < minimum || value.length > maximum) {
    throw malformed(detail);
  }
  return value;
}

/** `value` if it is text. The bounds count bytes of UTF-8, as CDDL's `.size` does. */
export function text(
  value: Value | undefined,
  minimum: number,
  maximum: number,
  detail: string,
): string {
  if (typeof value !== "string") throw malformed(detail);
  const length = utf8(value).length;
  if (length < minimum || length > maximum) throw malformed(detail);
  return value;
}

export function array(value: Value | undefined, length: number, detail: string): readonly Value[] {
  if (!isArray(value) || value.length !== length) throw malformed(detail);
  return value;
}

/** `value` if it is a map that has all the names of `needed`, and others only of `allowed`. */
export function mapOf(
  value: Value | undefined,
  detail: string,
  needed: readonly Key[],
  allowed: readonly Key[] = [],
): ValueMap {
  const map = anyMap(value, detail);
  if (needed.some((name) => !map.has(name))) throw malformed(detail);
  for (const name of map.keys()) {
    if (!needed.includes(name) && !allowed.includes(name)) throw malformed(detail);
  }
  return map;
}

export function anyMap(value: Value | undefined, detail: string): ValueMap {
  if (!(value instanceof Map)) throw malformed(detail);
  return value;
}

export function isArray(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

function exactly(value: bigint): Whole {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}

function head(major: number, argument: Whole): Bytes {
  if (argument <= INLINE_MAX) return Uint8Array.of((major << 5) | Number(argument));
  const size = SMALLEST.filter((smallest) => argument >= smallest).length;
  const width = WIDTHS[size - 1]!;
  const bytes = new Uint8Array(1 + width);
  bytes[0] = (major << 5) | (INLINE_MAX + size);
  let rest = BigInt(argument);
  for (let at = width; at > 0; at -= 1, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return bytes;
}

/** Whether `one` stands before `other` in bytewise order. */
function isBefore(one: Bytes, other: Bytes): boolean {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  if (at < 0) return one.length < other.length;
  const against = other[at];
  return against !== undefined && one[at]! < against;
}
