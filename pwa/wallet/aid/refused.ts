import type { Problem } from "../../shared/api";

/** What was refused, by the name of its input: `lines.0.invoice_no`. */
export type Faults = Record<string, string>;

/** The refusals of a 422 by input; lists of sentences become one. */
export function faultsIn({ errors }: Problem): Faults {
  const found: Faults = {};
  collect(errors, "", found);
  return found;
}

function collect(part: unknown, path: string, found: Faults): void {
  if (Array.isArray(part)) found[path] = part.join(" ");
  else if (typeof part === "string") found[path] = part;
  else if (typeof part === "object" && part !== null) {
    for (const [name, inner] of Object.entries(part)) {
      collect(inner, path === "" ? name : `${path}.${name}`, found);
    }
  }
}

const LINE_FIELDS: Record<string, string> = {
  aid_invoice_used: "invoice_no",
  aid_admission_used: "admission_no",
};

/** All that is wrong with single inputs: what was malformed, and papers that were claimed before. */
export function faultsOf(problem: Problem | null): Faults {
  if (problem === null) return {};
  const field = LINE_FIELDS[problem.code];
  const line = problem.facts?.["line"];
  if (field !== undefined && typeof line === "number") {
    return { [`lines.${line - 1}.${field}`]: problem.title };
  }
  return faultsIn(problem);
}
