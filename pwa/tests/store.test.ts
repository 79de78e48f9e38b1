import assert from "node:assert/strict";
import { test } from "node:test";
import {
  belongsElsewhere,
  CARD,
  languageAsked,
  outdated,
  pageFor,
  storeName,
  TILL,
} from "../worker/store";

test("an address names a language only if there is one", () => {
  const languages = ["zh_Hans_CN", "en"];
  const asked = (address: string) =>
    languageAsked(new URL(address, "https://card.example"), languages);
  assert.equal(asked(pageFor(CARD, "en")), "en");
  assert.equal(asked("/card/"), null);
  assert.equal(asked("/card/?language=../evil"), null);
});

test("earlier builds are dropped, and neither this one nor what is not ours", () => {
  const current = storeName(CARD, "b", "2");
  const older = [storeName(CARD, "a", "2"), storeName(CARD, "b", "1")];
  const others = ["card-notes", storeName(TILL, "a", "1"), "scan-notes", "others"];
  assert.deepEqual(outdated(CARD, [current, ...older, ...others], current), older);
});

test("what the managers' pages load is none of the till's", () => {
  const from = (path: string) => belongsElsewhere(TILL, `https://card.example${path}`);
  assert.equal(from("/scan/manager/sites"), true);
  assert.equal(from("/scan/"), false);
  assert.equal(from("/scan/?language=en"), false);
  assert.equal(from("/static/apps/scanner.js"), false);
  assert.equal(belongsElsewhere(TILL, ""), false);
});
