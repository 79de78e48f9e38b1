import assert from "node:assert/strict";
import { test } from "node:test";
import { folded } from "../scanner/presentation";

const BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

test("a code as it is stays as it is, blanks at its ends too", () => {
  assert.equal(folded(`US1:${BASE45} `), `US1:${BASE45} `);
});

test("case and full width are folded as a Chinese input method types them", () => {
  const wide = [...BASE45].map((each) =>
    each === " " ? "\u3000" : String.fromCharCode(each.charCodeAt(0) + 0xfee0),
  );
  assert.equal(folded(wide.join("")), BASE45);
  assert.equal(folded("uc1\uff1aab\uffe5c\u3002d"), "UC1:AB$C.D");
});

test("the line end of a keyboard scanner goes, and nothing else is mended", () => {
  assert.equal(folded("US1:A B\r\n"), "US1:A B");
  assert.equal(folded("会员é\u0131"), "会员é\u0131");
});
