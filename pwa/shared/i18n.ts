import { fill, type Values } from "./fill";

/** A block of data that the shell put into the page. */
export function block<T>(id: string): T {
  return JSON.parse(document.getElementById(id)?.textContent ?? "{}") as T;
}

/** The page's sentences, which the shell took from the one catalogue of server and phone. */
const sentences = block<Record<string, string>>("messages");

/** The sentence for `key` in the page's language; `%(name)s` in it becomes `values.name`. */
export function t(key: string, values: Values = {}): string {
  return fill(sentences[key] ?? key, values);
}

/** What the service is asked to answer in: the language of the page, whatever the browser's is. */
export const language = document.documentElement.lang;
