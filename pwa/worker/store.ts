/** The names under which a page is stored: shared by the page and its worker. */

/** A page that is kept on the phone: its address, and what the names of its caches begin with. */
export interface KeptPage {
  page: string;
  store: string;
}

export const CARD: KeptPage = { page: "/card/", store: "card-" };
export const TILL: KeptPage = { page: "/scan/", store: "scan-" };

export function storeName({ store }: KeptPage, version: string, sentences: string): string {
  return `${store}${version}-${sentences}`;
}

/** The address of the page in one language, as it is stored. */
export function pageFor({ page }: KeptPage, language: string): string {
  return `${page}?language=${language}`;
}

/** The language that an address of the page names, if it is one of `languages`. */
export function languageAsked(url: URL, languages: readonly string[]): string | null {
  const asked = url.searchParams.get("language");
  return asked !== null && languages.includes(asked) ? asked : null;
}

function notes({ store }: KeptPage): string {
  return `${store}notes`;
}

/** Of all caches of this origin, those that held an earlier build of the page. */
export function outdated(kept: KeptPage, names: readonly string[], current: string): string[] {
  return names.filter(
    (name) => name.startsWith(kept.store) && name !== current && name !== notes(kept),
  );
}

/**
 * Whether what is asked for belongs to another page below this one's address: the managers' pages
 * below the till's are the service's own, and are never served from what is stored.
 */
export function belongsElsewhere({ page }: KeptPage, referrer: string): boolean {
  if (referrer === "") return false;
  const { pathname } = new URL(referrer);
  return pathname.startsWith(page) && pathname !== page;
}

// A cache holds nothing but answers to addresses, so the note has one.
function languageNote({ page }: KeptPage): string {
  return `${page}language-of-the-stored-page`;
}

/** Remember in which language the page is read: without a network nobody else can tell. */
export async function noteLanguage(kept: KeptPage, language: string): Promise<void> {
  await (await caches.open(notes(kept))).put(languageNote(kept), new Response(language));
}

export async function notedLanguage(kept: KeptPage): Promise<string | null> {
  const noted = await (await caches.open(notes(kept))).match(languageNote(kept));
  return noted === undefined ? null : noted.text();
}
