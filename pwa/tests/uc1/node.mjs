// Answers one job, JSON on standard input, with the bundle that the command line names.
import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { answer } = await import(pathToFileURL(process.argv[2]));
const said = Buffer.from(JSON.stringify(await answer(JSON.parse(readFileSync(0, "utf8")))));
for (let at = 0; at < said.length; at += writeSync(1, said, at));
