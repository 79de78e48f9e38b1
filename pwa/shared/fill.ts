export type Values = Record<string, string | number>;

/** `sentence` with each `%(name)s` replaced by `values.name`; a hole without a value stays. */
export function fill(sentence: string, values: Values): string {
  return sentence.replace(/%\((\w+)\)s/g, (hole, name: string) => String(values[name] ?? hole));
}
