// Two entries, one output folder: hashed ES modules, and a manifest that names them for the shells.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const output = path.join(here, "..", "app", "static", "apps");

const built = await build({
  absWorkingDir: here,
  entryPoints: { wallet: "wallet/main.tsx", scanner: "scanner/main.tsx" },
  outdir: output,
  entryNames: "[name]-[hash]",
  chunkNames: "shared-[hash]",
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
  if (facts.entryPoint) {
    const name = path.basename(path.dirname(facts.entryPoint));
    apps[name] = [...needed(file)];
  }
}

const digest = createHash("sha256");
for (const [file] of scripts) digest.update(await readFile(path.join(output, file)));
const manifest = { version: digest.digest("hex").slice(0, 12), apps };

// The manifest changes last and at once, so that a shell served meanwhile names files that exist.
await mkdir(output, { recursive: true });
const unfinished = path.join(output, "manifest.json.new");
await writeFile(unfinished, `${JSON.stringify(manifest, null, 2)}\n`);
await rename(unfinished, path.join(output, "manifest.json"));

const current = new Set(["manifest.json", ...outputs.map(([file]) => file)]);
for (const file of await readdir(output)) {
  if (!current.has(file)) await rm(path.join(output, file));
}
