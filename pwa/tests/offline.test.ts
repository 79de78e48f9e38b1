import assert from "node:assert/strict";
import { test } from "node:test";
import content from "../../tests/data/vectors.json";
import cases from "../../tests/data/splits.json";
import {
  type Granted,
  leftOf,
  offerReason,
  SCAN_SECONDS_MAX,
  saleReason,
  type Shown,
} from "../scanner/offline/allowance";
import { linkOf, readJws, writeJws } from "../scanner/offline/jws";
import { type Lease, type LeaseOffer, readLease } from "../scanner/offline/lease";
import { peek } from "../scanner/offline/peek";
import {
  BATCH_MAX,
  batchesOf,
  judged,
  type Kept,
  missing,
  type Verdict,
} from "../scanner/offline/queue";
import { billReason, splitOf, type Terms } from "../scanner/offline/split";
import type { Fen, Parts } from "../shared/money";
import { newDeviceKey, publicJwk } from "../shared/uc1/keys";

const NOW = 1_795_000_000;
const TILL = { terminal_id: "t1", code: "TILL0001" };

const OFFER: LeaseOffer = {
  offer_id: "o1",
  offer_version: "v1",
  title_zh: "满二十减五",
  title_en: "5 off from 20",
  kind: "full_reduction",
  member_rate_bp: null,
  threshold_fen: 2_000,
  reduction_fen: 500,
  list_fen: null,
  member_fen: null,
  union_share_bp: 10_000,
  union_max_fen: null,
  assurances: ["possession"],
  needs_challenge: false,
  valid_to: null,
};

const LEASE: Lease = {
  lease_id: "l1",
  terminal_id: TILL.terminal_id,
  aud: TILL.code,
  iat: NOW - 60,
  exp: NOW + 3_600,
  per_sale_fen: 500,
  per_day_fen: 1_200,
  per_day_sales: 3,
  offers: [OFFER],
  status_lists: [],
  next_seq: 1,
  last: null,
};

const SHOWN: Shown = { cti: "c1", assurance: "possession", day: "2026-11-18", now: NOW };

function granted(facts: Partial<Granted>): Granted {
  const usual = { offer_id: "o1", cti: "c9", day: SHOWN.day, union_fen: 500 };
  return { ...usual, isRefused: false, isOpen: true, ...facts };
}

function parts(gross: number, offer: LeaseOffer = OFFER): Parts {
  const split = splitOf(gross as Fen, offer);
  assert.ok(split !== null);
  return split;
}

function sale(gross: number, before: Granted[] = [], { lease = LEASE, now = NOW, offer = OFFER } = {}) {
  return saleReason(offer, parts(gross, offer), { shown: SHOWN, now, lease, granted: before });
}

function kept(seq: number, facts: Partial<Kept> = {}): Kept {
  return {
    terminal_id: TILL.terminal_id,
    seq,
    id: `id${seq}`,
    jws: `jws${seq}`,
    cti: "c1",
    offer_id: "o1",
    title_zh: "满二十减五",
    title_en: "5 off from 20",
    occurred_at: "2026-11-18T00:00:00.000Z",
    day: "2026-11-18",
    parts: parts(2_000),
    verdict: null,
    ...facts,
  };
}

function verdict(seq: number, facts: Partial<Verdict> = {}): Verdict {
  const nothing = { reason: null, reason_text: null, next_step: null, receipt_no: null };
  const shares = { member_pays_fen: null, merchant_bears_fen: null, union_pays_fen: null };
  return { id: `id${seq}`, seq, verdict: "captured", ...nothing, ...shares, borne_by: null, ...facts };
}

test("the till splits every bill as the server does", () => {
  assert.ok(cases.length > 300);
  for (const { terms, split, reason } of cases) {
    const gross = split.gross_fen as Fen;
    assert.deepEqual(splitOf(gross, terms), split, JSON.stringify(terms));
    assert.equal(billReason(gross, terms), reason, JSON.stringify({ terms, gross }));
  }
});

test("a kind that the till does not know is not split here", () => {
  const gift: Terms = { ...OFFER, kind: "gift" };
  assert.equal(splitOf(2_000 as Fen, gift), null);
});

test("a lease is taken only as signed, whole, and for this till", async () => {
  const { privateKey, publicKey } = await newDeviceKey();
  const stranger = await newDeviceKey();
  const key = await publicJwk(publicKey);
  const lease = await writeJws(privateKey, LEASE);
  const [head, payload, signature] = lease.split(".");
  assert.deepEqual(await readLease({ lease, key }, TILL), LEASE);

  const read = (text: string) => readLease({ lease: text, key }, TILL);
  assert.equal(await readLease({ lease, key }, { ...TILL, code: "TILL0002" }), null);
  assert.equal(await readLease({ lease, key }, { ...TILL, terminal_id: "t2" }), null);
  assert.equal(await readLease({ lease, key: await publicJwk(stranger.publicKey) }, TILL), null);
  assert.equal(await readLease({ lease, key: { kty: "EC" } }, TILL), null);
  assert.equal(await read(`${head}.${payload}x.${signature}`), null);
  assert.equal(await read(`${lease}.`), null);
  assert.equal(await read(""), null);
  const { exp: _, ...endless } = LEASE;
  assert.equal(await read(await writeJws(privateKey, endless)), null);
  assert.equal(await read(await writeJws(privateKey, { ...LEASE, per_day_fen: -1 })), null);
});

test("a record is signed under the one header, and its link is the hash of all of it", async () => {
  const { privateKey, publicKey } = await newDeviceKey();
  const jws = await writeJws(privateKey, { id: "é", seq: 1 });
  assert.ok(jws.startsWith("eyJhbGciOiJFUzI1NiJ9."));
  assert.deepEqual(await readJws(jws, await publicJwk(publicKey)), { id: "é", seq: 1 });
  // SHA-256 of "abc", as FIPS 180-4 has it.
  assert.equal(await linkOf("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  const unsigned = ["eyJhbGciOiJub25lIn0", ...jws.split(".").slice(1)].join(".");
  assert.equal(await readJws(unsigned, await publicJwk(publicKey)), null);
});

test("the lease bounds each sale, and the day's sum and count", () => {
  const count = { ...LEASE, per_day_fen: 100_000 };
  assert.equal(sale(2_000), null);
  assert.equal(sale(2_000, [granted({}), granted({})]), "day_sum");
  assert.equal(sale(2_000, [granted({ union_fen: 700 })]), null);
  assert.equal(sale(2_000, [granted({ union_fen: 701 })]), "day_sum");
  assert.equal(sale(2_000, [granted({}), granted({})], { lease: count }), null);
  const three = [granted({}), granted({}), granted({})];
  assert.equal(sale(2_000, three, { lease: count }), "day_count");
  assert.equal(sale(2_000, [], { lease: { ...LEASE, per_sale_fen: 499 } }), "sale_sum");
  assert.equal(sale(1_999), "below_threshold");
});

test("what was refused, or sold on another day, takes nothing of the day", () => {
  const others = [granted({ isRefused: true }), granted({ day: "2026-11-17" }), granted({})];
  assert.equal(leftOf(LEASE, others, SHOWN.day), 700);
  assert.equal(sale(2_000, others), null);
});

test("nothing is granted after the lease, nor for a scan of long ago", () => {
  assert.equal(sale(2_000, [], { lease: { ...LEASE, exp: NOW } }), "lease_over");
  assert.equal(sale(2_000, [], { lease: { ...LEASE, exp: NOW + 1 } }), null);
  assert.equal(sale(2_000, [], { now: NOW + SCAN_SECONDS_MAX }), null);
  assert.equal(sale(2_000, [], { now: NOW + SCAN_SECONDS_MAX + 1 }), "scan_over");
});

test("an offer is granted while it is in force, for codes that it accepts", () => {
  const reason = (facts: Partial<LeaseOffer>, before: Granted[] = []) =>
    offerReason({ ...OFFER, ...facts }, SHOWN, LEASE, before);
  assert.equal(reason({}), null);
  assert.equal(reason({ valid_to: NOW + 1 }), null);
  assert.equal(reason({ valid_to: NOW }), "offer_over");
  assert.equal(reason({ needs_challenge: true }), "needs_network");
  assert.equal(reason({ assurances: ["session"] }), "wrong_assurance");
});

test("one credential has an offer once, until the service has counted the first", () => {
  const reason = (before: Partial<Granted>) =>
    offerReason(OFFER, SHOWN, LEASE, [granted({ cti: SHOWN.cti, ...before })]);
  assert.equal(reason({}), "used_here");
  assert.equal(reason({ isOpen: false }), null);
  assert.equal(reason({ offer_id: "o2" }), null);
});

test("records without a final verdict are sent, in order, in bounded requests", () => {
  const many = Array.from({ length: 2 * BATCH_MAX + 1 }, (_, index) => kept(index + 1)).reverse();
  many.push(kept(900, { verdict: verdict(900) }), kept(901, { verdict: verdict(901, { verdict: "waiting" }) }));
  const seqs = batchesOf(many).map((batch) => batch.map(({ seq }) => seq));
  assert.deepEqual(
    seqs.map(({ length }) => length),
    [BATCH_MAX, BATCH_MAX, 2],
  );
  assert.deepEqual(seqs.flat(), [...Array.from({ length: 201 }, (_, index) => index + 1), 901]);
  assert.deepEqual(batchesOf([]), []);
});

test("a verdict is taken once: a second answer does not change it", () => {
  const first = judged(kept(1), [verdict(2), verdict(1, { receipt_no: "A" })]);
  assert.equal(first.verdict?.receipt_no, "A");
  assert.equal(judged(first, [verdict(1, { verdict: "refused" })]), first);
  const waits = judged(kept(1), [verdict(1, { verdict: "waiting" })]);
  assert.equal(judged(waits, [verdict(1)]).verdict?.verdict, "captured");
  const others = kept(1);
  assert.equal(judged(others, [verdict(1, { id: "another" })]), others);
});

test("of what the service misses, what is here goes again and the rest is lost", () => {
  const here = [kept(2), kept(3), kept(7)];
  const { again, lost } = missing([[1, 4], [6, 7], [9, 9]], here);
  assert.deepEqual(
    again.map(({ seq }) => seq),
    [2, 3, 7],
  );
  assert.deepEqual(lost, [[1, 1], [4, 4], [6, 6], [9, 9]]);
});

test("a code tells which credential it names, also one that proves nothing", () => {
  const accepted = content.vectors.filter(({ expect }) => expect.ok);
  for (const { text, expect } of accepted) assert.equal(peek(text)?.cti, expect.cti);
  assert.ok(accepted.length > 5);
  assert.equal(peek("https://pay.example/1"), null);
});
