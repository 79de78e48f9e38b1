import assert from "node:assert/strict";
import { test } from "node:test";
import { payAppOf, seenIn } from "../scanner/foreign";
import { codeIn } from "../scanner/pairing-link";

test("a card is known by its first letters, whatever its version", () => {
  for (const text of ["UC1:ABC", "UR1:ABC", "US1:ABC", "UC2:ABC"]) {
    assert.equal(seenIn(text), "card");
  }
  assert.equal(seenIn("uc1:abc"), "other");
  assert.equal(seenIn(""), "other");
});

test("what payment apps show is none, and known by the app's name", () => {
  const codes = {
    "wxp://f2f0abcdef": "wechat",
    "https://qr.alipay.com/fkx12345": "alipay",
    "HTTPS://PAYAPP.WEIXIN.QQ.COM/qr/1": "wechat",
    "https://qr.95516.com/00010000/1": "unionpay",
    "134567890123456789": "wechat",
    "281234567890123456": "alipay",
    "6212345678901234567": "unionpay",
  };
  for (const [text, app] of Object.entries(codes)) {
    assert.equal(seenIn(text), "payment", text);
    assert.equal(payAppOf(text), app, text);
  }
  assert.equal(payAppOf("UC1:ABC"), null);
  assert.equal(seenIn("https://alipay.example/"), "other");
  assert.equal(seenIn("4006381333931"), "other");
});

test("questions and pairing links are told apart", () => {
  assert.equal(seenIn("UM1:ABC"), "question");
  assert.equal(seenIn("https://card.example/scan/#pair=ABCDE-FGHJK"), "pairing");
});

test("a pairing code comes bare or in a link to this very service", () => {
  const here = "https://card.example";
  assert.equal(codeIn("ABCDE-FGHJK", here), "ABCDE-FGHJK");
  assert.equal(codeIn("ABCDEFGHJK", here), "ABCDEFGHJK");
  assert.equal(codeIn(`${here}/scan/#pair=ABCDE-FGHJK`, here), "ABCDE-FGHJK");
  assert.equal(codeIn("#pair=ABCDE%2DFGHJK", here), "ABCDE-FGHJK");
  assert.equal(codeIn("https://evil.example/scan/#pair=ABCDE-FGHJK", here), null);
  assert.equal(codeIn(`${here}/scan/#pair=%E0%A4`, here), null);
  assert.equal(codeIn(`${here}/scan/#pair=`, here), null);
  assert.equal(codeIn(`#pair=${"A".repeat(41)}`, here), null);
  assert.equal(codeIn("134567890123456789", here), null);
});
