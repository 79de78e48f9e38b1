// Two entries, one output folder: hashed ES modules, and a manifest that names them for the shells.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const output = path.join(here, "..", "app", "static", "apps");
// What the pages load besides their scripts, below the static folder.
const PLAIN = ["tokens.css", "phone.css", "icon.svg"];
// The pages that are kept on the phone, each by a worker of its own (worker/store.ts names them).
const KEPT = [
  { app: "wallet", worker: "card-worker", style: "wallet.css", page: "/card/", store: "card-" },
  { app: "scanner", worker: "scan-worker", style: "scanner.css", page: "/scan/", store: "scan-" },
];

const built = await build({
  absWorkingDir: here,
  entryPoints: { wallet: "wallet/main.tsx", scanner: "scanner/main.tsx" },
  outdir: output,
  entryNames: "[name]-[hash]",
  chunkNames: "shared-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".wasm": "file" },
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: "linked",
  metafile: true,
  logLevel: "warning",
});

const relative = (file) => path.relative(output, path.resolve(here, file));
const outputs = Object.entries(built.metafile.outputs).map(([file, facts]) => [
  relative(file),
  facts,
]);
const scripts = outputs.filter(([file]) => file.endsWith(".js"));

/** Everything `file` loads before it runs, itself first. */
function needed(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const facts = scripts.find(([name]) => name === file)?.[1];
  for (const each of facts?.imports ?? []) {
    if (each.kind === "import-statement") needed(relative(each.path), found);
  }
  return found;
}

const apps = {};
for (const [file, facts] of scripts) {
  // What is imported when it is first needed counts as an entry too.
  if (facts.entryPoint?.endsWith("/main.tsx")) {
    const name = path.basename(path.dirname(facts.entryPoint));
    apps[name] = [...needed(file)];
  }
}

/** Everything `file` may ever load, whether at once or when a screen is first opened. */
function reached(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const each of scripts.find(([name]) => name === file)?.[1].imports ?? []) {
    if (!each.external) reached(relative(each.path), found);
  }
  return found;
}

const manifest = { apps };

/** The worker of one page: it names what it stores, so it is built when that is known. */
async function buildWorker({ app, worker, style, page, store }) {
  const plain = [...PLAIN, style];
  const reachable = [...reached(apps[app][0])].sort();
  const digest = createHash("sha256");
  for (const file of reachable) digest.update(await readFile(path.join(output, file)));
  for (const file of plain) digest.update(await readFile(path.join(output, "..", file)));
  const files = [...plain, ...reachable.map((file) => `apps/${file}`)];
  const built = {
    kept: { page, store },
    version: digest.digest("hex").slice(0, 12),
    files: files.map((file) => `/static/${file}`),
  };
  await build({
    absWorkingDir: here,
    entryPoints: { [worker]: "worker/worker.ts" },
    outdir: output,
    bundle: true,
    format: "iife",
    target: "es2022",
    minify: true,
    define: { BUILT: JSON.stringify(built) },
    logLevel: "warning",
  });
}
for (const kept of KEPT) await buildWorker(kept);

// The manifest changes last and at once, so that a shell served meanwhile names files that exist.
await mkdir(output, { recursive: true });
const unfinished = path.join(output, "manifest.json.new");
await writeFile(unfinished, `${JSON.stringify(manifest, null, 2)}\n`);
await rename(unfinished, path.join(output, "manifest.json"));

const workers = KEPT.map(({ worker }) => `${worker}.js`);
const current = new Set(["manifest.json", ...workers, ...outputs.map(([file]) => file)]);
for (const file of await readdir(output)) {
  if (!current.has(file)) await rm(path.join(output, file));
}
