/** The names under which the member's page is stored: shared by the page and its worker. */

export const PAGE = "/card/";
export const NOTES = "card-notes";
// A cache holds nothing but answers to addresses, so the note has one.
const LANGUAGE_NOTE = "/card/language-of-the-stored-page";
const STORE = "card-";

export function storeName(version: string, sentences: string): string {
  return `${STORE}${version}-${sentences}`;
}

/** The address of the page in one language, as it is stored. */
export function pageFor(language: string): string {
  return `${PAGE}?language=${language}`;
}

/** The language that an address of the page names, if it is one of `languages`. */
export function languageAsked(url: URL, languages: readonly string[]): string | null {
  const asked = url.searchParams.get("language");
  return asked !== null && languages.includes(asked) ? asked : null;
}

/** Of all caches of this origin, those that held an earlier build of the page. */
export function outdated(names: readonly string[], current: string): string[] {
  return names.filter((name) => name.startsWith(STORE) && name !== current && name !== NOTES);
}

/** Remember in which language the page is read: without a network nobody else can tell. */
export async function noteLanguage(language: string): Promise<void> {
  await (await caches.open(NOTES)).put(LANGUAGE_NOTE, new Response(language));
}

export async function notedLanguage(): Promise<string | null> {
  const noted = await (await caches.open(NOTES)).match(LANGUAGE_NOTE);
  return noted === undefined ? null : noted.text();
}
