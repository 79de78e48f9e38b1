import assert from "node:assert/strict";
import { test } from "node:test";
import content from "../../tests/data/vectors.json";
import { answered, Rejected, type Refused, type Verified } from "../shared/uc1/answers";
import { decode as bytesOf, encode as base45 } from "../shared/uc1/base45";
import { base64url, bytesOfBase64url, bytesOfHex, hex } from "../shared/uc1/bytes";
import { decode, encode, type Value } from "../shared/uc1/cbor";
import { challengeText, readChallenge } from "../shared/uc1/challenge";
import { readCredential } from "../shared/uc1/credential";
import { enrolmentProof } from "../shared/uc1/enrolment";
import { kidOf, newDeviceKey, publicJwk, uncompressed } from "../shared/uc1/keys";
import { present, presentReference } from "../shared/uc1/presentation";
import { isReplay, ReplayMemory } from "../shared/uc1/replay";
import { verifyTrustList } from "../shared/uc1/trust";
import { verifyText } from "../shared/uc1/verify";
import { compressedOf, insist } from "./uc1/vectors";

const NOW = 1_795_000_000;
const CREDENTIAL = bytesOfHex(content.worked.credential_hex);
const ROOT = bytesOfHex(content.keys.root.pub_uncompressed);

function codeOf(read: () => object): string {
  const answer = answered(read);
  return "code" in answer ? `${answer.code} (${(answer as Refused).detail})` : "read";
}

function refusal(spelled: string): string {
  return codeOf(() => Object(decode(bytesOfHex(spelled))));
}

test("Base45 is that of the RFC, and has one text for each sequence of bytes", () => {
  for (const { hex: bytes, text } of content.base45) {
    assert.equal(base45(bytesOfHex(bytes)), text);
    assert.equal(hex(bytesOf(text)), bytes);
  }
  assert.equal(base45(new Uint8Array()), "");
  for (const text of ["A", "GGW", ":::", "V5", "::", "a00", "00\n", "0000", "é00", "\u3000 00"]) {
    assert.equal(codeOf(() => bytesOf(text)), "malformed (base45)", text);
  }
});

test("CBOR is written in the one way in which it is read", () => {
  const values: [Value, string][] = [
    [0, "00"],
    [23, "17"],
    [24, "1818"],
    [256, "190100"],
    [65_536, "1a00010000"],
    [2 ** 32, "1b0000000100000000"],
    [2n ** 64n - 1n, "1bffffffffffffffff"],
    [-1, "20"],
    [-65_537, "3a00010000"],
    [-(2n ** 64n), "3bffffffffffffffff"],
    [true, "f5"],
    ["张*", "64e5bca02a"],
    ["\ufeff", "63efbbbf"],
    [Uint8Array.of(1, 2), "420102"],
    [[1, [false]], "820181f4"],
    [new Map<string | number, Value>([[-1, 0], ["a", 1], [10, 2]]), "a30a022000616101"],
  ];
  for (const [value, spelled] of values) {
    assert.equal(hex(encode(value)), spelled);
    assert.equal(hex(encode(decode(bytesOfHex(spelled)))), spelled);
  }
  assert.equal(decode(bytesOfHex("1b001fffffffffffff")), Number.MAX_SAFE_INTEGER);
  assert.equal(decode(bytesOfHex("1b0020000000000000")), 2n ** 53n);
});

test("CBOR in any other spelling is refused", () => {
  const refused = {
    "": "truncated",
    "18": "truncated",
    "1817": "cbor-head",
    "190018": "cbor-head",
    "1b00000000ffffffff": "cbor-head",
    "1c": "cbor-head",
    "9f01ff": "cbor-head",
    "c000": "cbor-type",
    "f6": "cbor-type",
    "f90000": "cbor-head",
    "fb3ff8000000000000": "cbor-type",
    "0000": "trailing",
    "4201": "bstr",
    "5bffffffffffffffff": "bstr",
    "61ff": "tstr",
    "63eda080": "tstr",
    "9affffffff00": "truncated",
    "bbffffffffffffffff": "truncated",
    "a10000a0": "trailing",
    "a2010102": "truncated",
    "a202000100": "map-order",
    "a201000100": "map-order",
    "a1f400": "map-key",
    "a1410000": "map-key",
    "81818181818100": "depth",
  };
  for (const [spelled, detail] of Object.entries(refused)) {
    assert.equal(refusal(spelled), `malformed (${detail})`, spelled);
  }
});

test("base64url has one text for each sequence of bytes", () => {
  for (const bytes of [[], [0], [251, 255], [1, 2, 3], [1, 2, 3, 4]]) {
    const text = base64url(Uint8Array.from(bytes));
    assert.deepEqual([...(bytesOfBase64url(text) ?? [])], bytes);
  }
  assert.equal(base64url(Uint8Array.of(251, 255)), "-_8");
  for (const text of ["A", "AB", "-_9", "AA==", "+/8", "AA A", "AAA\n", "é"]) {
    assert.equal(bytesOfBase64url(text), null, text);
  }
});

test("a compressed point is the point, and what no point has is none", async () => {
  for (const key of Object.values(content.keys)) {
    const point = uncompressed(compressedOf(key.pub_compressed));
    assert.equal(point && hex(point), key.pub_uncompressed);
    assert.equal(await kidOf(bytesOfHex(key.pub_uncompressed)), key.kid);
  }
  const none = [`${"00".repeat(31)}01`, "ff".repeat(32)];
  for (const x of none) assert.equal(uncompressed({ x: bytesOfHex(x), yIsOdd: false }), null);
});

test("a phone signs with a key that no script can read out", async () => {
  const { privateKey, publicKey } = await newDeviceKey();

  assert.equal(privateKey.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("jwk", privateKey));
  assert.deepEqual(Object.keys(await publicJwk(publicKey)), ["kty", "crv", "x", "y"]);
  const proof = await enrolmentProof(privateKey, { nonce: new Uint8Array(16), iat: NOW });
  assert.match(proof, /^0oRDoQEmo/);
});

test("a code has the bytes of the worked example, signature aside", async () => {
  const { privateKey } = await newDeviceKey();

  const text = await present(CREDENTIAL, privateKey, { iat: NOW - 4 });

  assert.equal(text.length, 366);
  const message = hex(bytesOf(text.slice(4)));
  assert.equal(message.length, content.worked.presentation_hex.length);
  assert.equal(message.slice(0, -128), content.worked.presentation_hex.slice(0, -128));
});

test("a phone never writes what no verifier reads", async () => {
  const { privateKey: key } = await newDeviceKey();
  const wrong = [
    { iat: -1 },
    { iat: 2 ** 32 },
    { iat: NOW + 0.5 },
    { iat: Number.NaN },
    { iat: NOW, audience: "" },
    { iat: NOW, audience: "商商商商商商" },
    { iat: NOW, nonce: new Uint8Array(7) },
    { iat: NOW, nonce: new Uint8Array(17) },
  ];
  for (const said of wrong) {
    await assert.rejects(async () => present(CREDENTIAL, key, said), RangeError);
  }
  await assert.rejects(presentReference("00", key, { iat: NOW }), RangeError);
  await assert.rejects(presentReference("x".repeat(16), key, { iat: NOW }), RangeError);
  assert.throws(() => challengeText({ audience: "", nonce: new Uint8Array(8) }), RangeError);
});

test("a challenge is read as it was written", () => {
  const challenge = { audience: "M8X2Q4ZT", nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  const text = challengeText(challenge);
  assert.equal(text.length, 37);
  assert.deepEqual(readChallenge(text), challenge);
  assert.deepEqual(readChallenge(`${text}0`), { ok: false, code: "malformed", detail: "base45" });
  const long = `UM1:${"0".repeat(597)}`;
  assert.deepEqual(readChallenge(long), { ok: false, code: "malformed", detail: "length" });
  assert.deepEqual(readChallenge("UC1:"), { ok: false, code: "malformed", detail: "prefix" });
});

test("an older trust list than one already seen is refused", async () => {
  const message = bytesOfHex(content.trust_list.hex);
  const { seq } = insist(await verifyTrustList(message, { root: ROOT, now: NOW }));
  insist(await verifyTrustList(message, { root: ROOT, now: NOW, newestSeq: seq }));
  const later = await verifyTrustList(message, { root: ROOT, now: NOW, newestSeq: 2n ** 53n });
  assert.equal("code" in later && later.code, "stale");
  const other = bytesOfHex(content.keys["holder-2"].pub_uncompressed);
  const foreign = await verifyTrustList(message, { root: other, now: NOW });
  assert.equal("code" in foreign && foreign.detail, "another root");
});

test("no text throws, and none takes long", async () => {
  const trust = insist(
    await verifyTrustList(bytesOfHex(content.trust_list.hex), { root: ROOT, now: NOW }),
  );
  const nested = base45(bytesOfHex(`d284${"43a10126"}a0${"590100"}${"81".repeat(256)}`));
  const texts = ["", "UC1:", "\ud800", "UC1:\udfff", `UC1:${"9".repeat(596)}`, `US1:${nested}`];
  texts.push("UC1:".repeat(1_000_000), "😀".repeat(599), `UC2:${"😀".repeat(596)}`);
  const began = performance.now();
  const answers: (Verified | Refused)[] = [];
  for (const text of texts) {
    answers.push(await verifyText(text, { now: NOW, trust, statuses: "caller" }));
  }
  assert.ok(performance.now() - began < 1_000);
  assert.deepEqual(
    answers.map((answer) => !answer.ok && answer.code),
    [...Array<string>(8).fill("malformed"), "unsupported"],
  );
});

test("of one credential only a newer code is accepted, or the same scan again", () => {
  const newest = { moment: 5, scanId: "t1" };
  assert.equal(isReplay(undefined, { moment: 5, scanId: "t1" }), false);
  assert.equal(isReplay(newest, { moment: 6, scanId: "t2" }), false);
  assert.equal(isReplay(newest, { moment: 5, scanId: "t1" }), false);
  assert.equal(isReplay(newest, { moment: 5, scanId: "t2" }), true);
  assert.equal(isReplay({ moment: 5, scanId: null }, { moment: 5, scanId: null }), true);
  assert.equal(isReplay(newest, { moment: 4, scanId: "t1" }), true);
});

test("what was accepted is remembered for its time; paper is not, slices are", () => {
  const { kid, cti, ...facts } = readCredential(CREDENTIAL).facts;
  const shown = { ...facts, kid, cti, ok: true, form: "UC1:", challenged: false } as const;
  const code: Verified = { ...shown, assurance: "possession", iat: NOW };
  const memory = new ReplayMemory();
  const admitted = (each: Verified, now: number) => memory.admit(each, { scanId: null, now }).ok;

  assert.equal(admitted(code, NOW), true);
  assert.equal(admitted(code, NOW + 129), false);
  assert.equal(admitted(code, NOW + 130), true);
  const other: Verified = { ...code, cti: "cc" };
  assert.equal(admitted(other, NOW + 131), true);
  assert.equal(admitted({ ...code, iat: NOW + 1 }, NOW + 200), true);
  assert.equal(admitted(other, NOW + 261), true, "what is over is forgotten, renewed or not");
  const paper: Verified = { ...code, profile: 2, iat: null, cti: "aa" };
  assert.deepEqual([admitted(paper, NOW), admitted(paper, NOW)], [true, true]);
  const slice: Verified = { ...code, profile: 3, iat: null, cti: "bb" };
  assert.deepEqual([admitted(slice, NOW), admitted(slice, NOW)], [true, false]);
});

test("a fault of ours is not an answer", () => {
  assert.throws(() => answered(() => assert.fail("a bug")), assert.AssertionError);
  const refuse = () => {
    throw new Rejected("stale", "too old");
  };
  assert.equal(codeOf(refuse), "stale (too old)");
});
