import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "../shared/ids";

test("an id is a UUIDv7 of its moment", () => {
  const id = newId(Date.UTC(2026, 10, 23, 12, 0, 0, 345));
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const milliseconds = Number.parseInt(id.replace("-", "").slice(0, 12), 16);
  assert.equal(milliseconds, Date.UTC(2026, 10, 23, 12, 0, 0, 345));
});

test("ids of one moment differ, and later ones sort later", () => {
  const now = Date.UTC(2026, 10, 23);
  assert.equal(new Set(Array.from({ length: 1_000 }, () => newId(now))).size, 1_000);
  assert.ok(newId(now) < newId(now + 1));
});
