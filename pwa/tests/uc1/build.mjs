// Bundles the harness into the file named on the command line, for Node and for browsers alike.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [outfile] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));

await build({
  entryPoints: [path.join(here, "harness.ts")],
  outfile: path.resolve(outfile),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  logLevel: "warning",
});
