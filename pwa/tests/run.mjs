// Bundles the tests, for Node 20 reads no TypeScript, and runs them: `npm test`.
import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const outdir = path.join(here, "..", "node_modules", ".tests");
const tests = (await readdir(here)).filter((name) => name.endsWith(".test.ts"));

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: tests.map((name) => path.join(here, name)),
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
});
const built = tests.map((name) => path.join(outdir, name.replace(/\.ts$/, ".mjs")));
const done = spawnSync(process.execPath, ["--test", ...built], { stdio: "inherit" });
process.exitCode = done.status ?? 1;
