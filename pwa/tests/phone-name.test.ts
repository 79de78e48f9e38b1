import assert from "node:assert/strict";
import test from "node:test";
import { phoneName } from "../wallet/phone-name";

const AGENTS: [string, string][] = [
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60",
    "iPhone · WeChat",
  ],
  [
    "Mozilla/5.0 (Linux; Android 12; ABC-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
    "Android · Chrome",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
    "Windows · Edge",
  ],
  ["Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0", "Android · Firefox"],
  ["", "?"],
];

for (const [agent, name] of AGENTS) {
  test(`a phone is called ${name}`, () => assert.equal(phoneName(agent), name));
}
