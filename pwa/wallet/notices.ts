/** What the member was told: read when the page opens and each minute while it is looked at. */
import { signal } from "@preact/signals";
import { call, type Problem, type Result } from "../shared/api";
import { serverNow } from "../shared/clock";
import { t } from "../shared/i18n";
import { forget, keep, kept } from "../shared/idb";
import type { Badge } from "../shared/tabs";
import { atLeaving, isIn, leave } from "./session";

export interface Notice {
  id: string;
  title: string;
  place: string | null;
  created_at: string;
  read_at: string | null;
}

interface Page {
  items: Notice[];
  next_cursor: string | null;
  unread: number;
}

/** What was heard last, when by the service's clock, and whether it is only remembered. */
export interface Inbox extends Page {
  heardAt: number;
  isRemembered: boolean;
}

const KEPT_AS = "notices";
const POLL_MS = 60_000;
const UNAUTHORIZED = 401;
/** The service counts no further. */
export const UNREAD_MAX = 100;

export const inbox = signal<Inbox | null>(null);
export const inboxProblem = signal<Problem | null>(null);
export const inboxBusy = signal(false);

atLeaving(() => {
  inbox.value = null;
  inboxProblem.value = null;
  forget(KEPT_AS).catch(() => undefined);
});

/** How the number of unread notices is written: "99+" where nobody counts further. */
export function unreadWritten(): string {
  const unread = inbox.value?.unread ?? 0;
  return unread >= UNREAD_MAX ? `${UNREAD_MAX - 1}+` : String(unread);
}

/** What the tab that leads to the notices shows beside its name; null: all is read. */
export function unreadBadge(): Badge | null {
  if ((inbox.value?.unread ?? 0) === 0) return null;
  const count = unreadWritten();
  return { count, label: t("notices_unread", { count }) };
}

/** Look now and each minute while the page is seen and online; calling what it returns stops it. */
export function watchNotices(token: string): () => void {
  const look = () => {
    const isSeen = document.visibilityState === "visible";
    if (isSeen && navigator.onLine && waiting === 0) void loadNotices(token, { isQuiet: true });
  };
  void remember(token).then(look);
  const polling = setInterval(look, POLL_MS);
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  return () => {
    clearInterval(polling);
    document.removeEventListener("visibilitychange", look);
    removeEventListener("online", look);
  };
}

/** Show what this phone kept until the service answers. */
async function remember(token: string): Promise<void> {
  const last = await kept<Inbox>(KEPT_AS).catch(() => null);
  if (last !== null && isIn(token) && inbox.value === null) {
    inbox.value = { ...last, isRemembered: true };
  }
}

export async function loadNotices(token: string, how: { isQuiet?: boolean } = {}): Promise<void> {
  const page = await asked(token, () => call<Page>("/members/me/notices", { token }), how);
  if (page === null) return;
  const last = page.items.at(-1);
  // Ids begin with their time, so what was shown below the first page still is.
  const older = (inbox.value?.items ?? []).filter(({ id }) => last !== undefined && id < last.id);
  const cursor = older.length === 0 ? page.next_cursor : (inbox.value?.next_cursor ?? null);
  hear({ ...page, items: [...page.items, ...older], next_cursor: cursor });
}

export async function loadOlderNotices(token: string): Promise<void> {
  const cursor = inbox.value?.next_cursor;
  if (cursor === undefined || cursor === null) return;
  const path = `/members/me/notices?cursor=${encodeURIComponent(cursor)}`;
  const page = await asked(token, () => call<Page>(path, { token }));
  if (page !== null) hear({ ...page, items: [...(inbox.value?.items ?? []), ...page.items] });
}

export function readNotice(token: string, notice: Notice): Promise<void> {
  return read(token, { ids: [notice.id] }, ({ id }) => id === notice.id);
}

/** Mark all that is shown, and all that is older; what came meanwhile stays unread. */
export async function readAllNotices(token: string): Promise<void> {
  const newest = inbox.value?.items[0];
  if (newest !== undefined) await read(token, { up_to: newest.id }, ({ id }) => id <= newest.id);
}

async function read(
  token: string,
  body: { ids: string[] } | { up_to: string },
  isMeant: (notice: Notice) => boolean,
): Promise<void> {
  const path = "/members/me/notices/read";
  const answer = await asked(token, () =>
    call<{ unread: number }>(path, { method: "POST", token, body }),
  );
  const now = inbox.value;
  if (answer === null || now === null) return;
  const readAt = new Date(serverNow()).toISOString();
  const items = now.items.map((each) =>
    isMeant(each) && each.read_at === null ? { ...each, read_at: readAt } : each,
  );
  hear({ ...now, items, unread: answer.unread });
}

function hear(page: Page): void {
  inbox.value = { ...page, heardAt: serverNow(), isRemembered: false };
  // A browser that keeps nothing shows them all the same.
  keep(KEPT_AS, inbox.value).catch(() => undefined);
}

let turn: Promise<unknown> = Promise.resolve();
let waiting = 0;

/**
 * Ask when those before have been answered, so that no older answer undoes a newer one. Null where
 * there is none to use: refused, or no longer wanted. A quiet question shows neither that it is
 * asked nor that it was not answered.
 */
async function asked<T>(
  token: string,
  ask: () => Promise<Result<T>>,
  { isQuiet = false }: { isQuiet?: boolean } = {},
): Promise<T | null> {
  const before = turn;
  waiting += 1;
  if (!isQuiet) inboxBusy.value = true;
  const mine = before.then(ask);
  turn = mine;
  const result = await mine;
  waiting -= 1;
  if (waiting === 0) inboxBusy.value = false;
  if (!isIn(token)) return null;
  if (result.ok) inboxProblem.value = null;
  else if (!isQuiet) inboxProblem.value = result.problem;
  if (result.ok) return result.value;
  if (result.problem.status === UNAUTHORIZED) await leave(result.problem);
  return null;
}
