import assert from "node:assert/strict";
import { test } from "node:test";
import { BILL_FEN_MAX, type Fen, parseYuan, pressed, yuan } from "../shared/money";

test("an amount is read from its digits, not through a float", () => {
  // 19.99 * 100 is 1998.9999999999998.
  assert.equal(parseYuan("19.99"), 1999);
  assert.equal(parseYuan("0.07"), 7);
  assert.equal(parseYuan("12.5"), 1250);
  assert.equal(parseYuan("12."), 1200);
  assert.equal(parseYuan(" 100000 "), BILL_FEN_MAX);
});

test("what a till would not print is no amount", () => {
  const refused = ["", ".", ".5", "1.234", "-1", "+1", "1e3", "1,000", "12345678", "0x10", "１"];
  for (const text of refused) assert.equal(parseYuan(text), null, text);
});

test("every amount is read back from how it is written", () => {
  for (let fen = 0; fen <= 200_000; fen += 1) {
    assert.equal(parseYuan(yuan(fen as Fen).replaceAll(",", "")), fen);
  }
});

test("an amount is written with thousands, two decimals and its sign", () => {
  assert.equal(yuan(123_450 as Fen), "1,234.50");
  assert.equal(yuan(1_000_000_000 as Fen), "10,000,000.00");
  assert.equal(yuan(-3_001 as Fen), "-30.01");
  assert.equal(yuan(0 as Fen), "0.00");
});

test("the keypad takes only what can become an amount", () => {
  const typed = (keys: string[]) => keys.reduce(pressed, "");
  assert.equal(typed(["8", "6", ".", "0", "5", "9"]), "86.05");
  assert.equal(typed([".", "5"]), "0.5");
  assert.equal(typed(["0", "0", "7"]), "7");
  assert.equal(typed(["1", ".", "."]), "1.");
  assert.equal(typed(["1", "2", "back", "back", "back"]), "");
});
