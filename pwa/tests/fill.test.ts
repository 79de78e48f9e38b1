import assert from "node:assert/strict";
import { test } from "node:test";
import { fill } from "../shared/fill";

test("holes are filled by name, and a value is text, never a pattern", () => {
  assert.equal(fill("%(b)s of %(a)s, %(b)s", { a: 1, b: "$& %(a)s" }), "$& %(a)s of 1, $& %(a)s");
});

test("a hole without a value stays to be seen", () => {
  assert.equal(fill("余 %(count)s 次", {}), "余 %(count)s 次");
});
