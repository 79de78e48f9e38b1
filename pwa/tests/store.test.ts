import assert from "node:assert/strict";
import { test } from "node:test";
import { languageAsked, outdated, pageFor, storeName } from "../worker/store";

test("an address names a language only if there is one", () => {
  const languages = ["zh_Hans_CN", "en"];
  const asked = (address: string) =>
    languageAsked(new URL(address, "https://card.example"), languages);
  assert.equal(asked(pageFor("en")), "en");
  assert.equal(asked("/card/"), null);
  assert.equal(asked("/card/?language=../evil"), null);
});

test("earlier builds are dropped, and neither this one nor what is not ours", () => {
  const current = storeName("b", "2");
  const names = [current, storeName("a", "2"), storeName("b", "1"), "card-notes", "others"];
  assert.deepEqual(outdated(names, current), [storeName("a", "2"), storeName("b", "1")]);
});
