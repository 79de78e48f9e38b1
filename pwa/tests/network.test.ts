import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { hurryWhile, loadedFrom } from "./browser";
import { Counter, FAULTS } from "./counter";
import { serverNow } from "../shared/clock";
import type { Fen } from "../shared/money";
import { outbox } from "../scanner/outbox";
import {
  amountProblem,
  askAgain,
  check,
  choose,
  enter,
  giveUp,
  late,
  nextCard,
  quoted,
  redeem,
  scan,
  setAside,
  step,
  typedYuan,
} from "../scanner/sale";
import type { Offer, Verification } from "../scanner/service";

const TOKEN = "uct_of_the_tests";
const OFFER = { offer_id: "o1", title: "5 off", usable: true } as Offer;
const SCANNED = { verification_id: "v1", accepted: true, offers: [OFFER] } as unknown as Verification;
const CHOSEN = { verification: SCANNED, offer: OFFER };

const counter = new Counter();

before(async () => {
  loadedFrom(await counter.open());
  hurryWhile(() => counter.faults.length > 0);
});
after(() => counter.close());
beforeEach(() => {
  counter.asked.length = 0;
  counter.faults = [];
  counter.sales.clear();
  counter.held.clear();
  late.value = [];
  nextCard();
});

async function until(holds: () => boolean): Promise<void> {
  const givesUp = Date.now() + 5_000;
  while (!holds()) {
    assert.ok(Date.now() < givesUp, `still not so: ${holds.toString()}`);
    await new Promise((done) => setTimeout(done, 2));
  }
}

/** Type an amount for a card that was found good, and wait for who pays what of it. */
async function typed(yuan: string): Promise<void> {
  choose(SCANNED, OFFER);
  enter(TOKEN, CHOSEN, yuan);
  await until(() => quoted.value !== null);
  counter.asked.length = 0;
}

function sales(): object[] {
  return counter.asked.filter(({ path }) => path === "/redemptions").map(({ body }) => body);
}

for (const fault of FAULTS) {
  test(`a sale that was ${fault} is asked for again, with the same id, and sold once`, async () => {
    await typed("30");
    counter.faults = [fault, fault];

    await redeem(TOKEN, CHOSEN);
    const { name, sent } = step.value as { name: string; sent: (typeof outbox.value)[number] };
    assert.equal(name, "unanswered");
    // On the device, so that a closed tab or a dead battery loses nothing.
    assert.deepEqual(JSON.parse(localStorage.getItem("union-card-till-outbox") ?? ""), [sent]);
    await askAgain(TOKEN, sent);
    assert.equal(step.value.name, "unanswered");
    assert.deepEqual(outbox.value, [sent]);
    await askAgain(TOKEN, sent);

    assert.equal(step.value.name, "receipt");
    assert.deepEqual(sales(), [sent.body, sent.body, sent.body]);
    assert.deepEqual([...counter.sales.keys()], [sent.id]);
    assert.deepEqual(outbox.value, []);
    assert.equal(localStorage.getItem("union-card-till-outbox"), "[]");
  });
}

test("taps while a sale is on its way, and after it, send nothing", async () => {
  await typed("30");

  await Promise.all([redeem(TOKEN, CHOSEN), redeem(TOKEN, CHOSEN), redeem(TOKEN, CHOSEN)]);
  await redeem(TOKEN, CHOSEN);

  assert.equal(sales().length, 1);
  assert.equal(step.value.name, "receipt");
});

test("many taps on asking again are one question at a time", async () => {
  await typed("30");
  counter.faults = ["done and reset"];
  await redeem(TOKEN, CHOSEN);
  const [sent] = outbox.value;
  assert.ok(sent !== undefined);

  await Promise.all([askAgain(TOKEN, sent), askAgain(TOKEN, sent)]);

  assert.equal(sales().length, 2);
  assert.equal(counter.sales.size, 1);
});

test("a sale that was set aside is told when its answer comes, and sold once", async () => {
  await typed("30");
  const sold = redeem(TOKEN, CHOSEN);
  setAside();
  assert.equal(step.value.name, "scan");
  await sold;

  assert.equal(step.value.name, "scan");
  assert.equal(late.value.length, 1);
  assert.equal(counter.sales.size, 1);
  assert.deepEqual(outbox.value, []);
});

test("an amount that was changed is not sold before its own split is known", async () => {
  await typed("30");
  let answer = () => {};
  counter.held.set(4_000, new Promise<void>((done) => (answer = done)));

  enter(TOKEN, CHOSEN, "40");
  await redeem(TOKEN, CHOSEN);
  await until(() => counter.asked.length === 1);
  await redeem(TOKEN, CHOSEN);
  assert.deepEqual(sales(), []);
  assert.equal(step.value.name, "amount");

  answer();
  await until(() => quoted.value !== null);
  await redeem(TOKEN, CHOSEN);
  assert.deepEqual(
    sales().map((body) => (body as { gross_fen: Fen }).gross_fen),
    [4_000],
  );
});

test("the split of an older amount, come late, does not stand beside a newer one", async () => {
  let answer = () => {};
  counter.held.set(3_000, new Promise<void>((done) => (answer = done)));
  choose(SCANNED, OFFER);
  enter(TOKEN, CHOSEN, "30");
  await until(() => counter.asked.length === 1);

  enter(TOKEN, CHOSEN, "45");
  await until(() => quoted.value !== null);
  answer();
  counter.held.clear();
  // Another exchange, so that the late answer has been heard when it is over.
  enter(TOKEN, CHOSEN, "45");
  await until(() => quoted.value !== null);

  assert.equal(typedYuan.value, "45");
  assert.equal(quoted.value?.gross_fen, 4_500);
});

test("a quote that nobody answers takes nothing, and the amount can be typed again", async () => {
  choose(SCANNED, OFFER);
  counter.faults = ["never answered"];
  enter(TOKEN, CHOSEN, "30");
  await until(() => amountProblem.value !== null);
  assert.equal(amountProblem.value?.status, 0);

  await redeem(TOKEN, CHOSEN);
  assert.deepEqual(sales(), []);
  enter(TOKEN, CHOSEN, "30");
  await until(() => quoted.value !== null);
  assert.equal(amountProblem.value, null);
});

test("a scan that nobody answers is given up in time and asked again as the same scan", async () => {
  counter.faults = ["never answered"];
  await scan(TOKEN, "UC1:ABC");
  const { name, retry } = step.value as { name: string; retry: { id: string; text: string } };
  assert.equal(name, "scan");
  assert.equal(retry.text, "UC1:ABC");

  await check(TOKEN, retry);
  assert.equal(step.value.name, "verdict");
  const [first, second] = counter.asked.map(({ body }) => body);
  assert.deepEqual(first, second);
});

test("an answer to a scan that was given up changes no screen", async () => {
  const asked = scan(TOKEN, "UC1:ABC");
  await until(() => step.value.name === "verifying");
  giveUp();
  await asked;

  assert.equal(step.value.name, "scan");
});

for (const hours of [-1, 1]) {
  test(`a till whose clock is ${hours} h from the service's goes by the service's`, async () => {
    counter.aheadMs = hours * 3_600_000;
    await typed("30");
    counter.faults = ["never answered"];
    await redeem(TOKEN, CHOSEN);
    const [sent] = outbox.value;
    assert.ok(sent !== undefined);

    const service = Date.now() + counter.aheadMs;
    assert.ok(Math.abs(serverNow() - service) < 5_000);
    assert.ok(Math.abs(sent.at - service) < 5_000);
    // The id's first twelve digits are its moment.
    assert.ok(Math.abs(Number.parseInt(sent.id.replaceAll("-", "").slice(0, 12), 16) - service) < 5_000);
    await askAgain(TOKEN, sent);
    assert.equal(step.value.name, "receipt");
    counter.aheadMs = 0;
  });
}
