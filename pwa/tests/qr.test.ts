import assert from "node:assert/strict";
import test from "node:test";
import { dotsOf } from "../shared/qr";

const QUIET = 4;
const LONGEST = `UC1:${"A9$".repeat(121)}`.slice(0, 366);

test("the longest code of a phone is a QR of version 11, quiet zone included", () => {
  assert.equal(dotsOf(LONGEST).size, 61 + 2 * QUIET);
});

test("the path draws the finder patterns and leaves the quiet zone white", () => {
  const rows = [...dotsOf(LONGEST).path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)].map((found) =>
    found.slice(1).map(Number),
  );
  const first = rows.filter(([, y]) => y === QUIET);
  assert.deepEqual(first[0], [QUIET, QUIET, 7]);
  assert.deepEqual(first.at(-1), [QUIET + 61 - 7, QUIET, 7]);
  for (const [x = 0, y = 0, width = 0] of rows) {
    assert.ok(x >= QUIET && y >= QUIET && x + width <= QUIET + 61 && y < QUIET + 61);
  }
});
