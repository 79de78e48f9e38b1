import { fill, type Values } from "./fill";

/** The page's sentences, which the shell took from the one catalogue of server and phone. */
const sentences = readSentences();

function readSentences(): Record<string, string> {
  const block = document.getElementById("messages");
  return JSON.parse(block?.textContent ?? "{}") as Record<string, string>;
}

/** The sentence for `key` in the page's language; `%(name)s` in it becomes `values.name`. */
export function t(key: string, values: Values = {}): string {
  return fill(sentences[key] ?? key, values);
}

/** What the service is asked to answer in: the language of the page, whatever the browser's is. */
export const language = document.documentElement.lang;
