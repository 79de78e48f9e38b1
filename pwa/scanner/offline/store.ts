/**
 * What the till keeps for the time without a network, in a database of its own: the lists and the
 * lease, the records with the head of their chain, and the codes it has seen.
 *
 * A record and the head of its chain change in one transaction, on disk before anybody is told:
 * after a closed tab or a dead battery both are there, or neither is.
 */
import { isReplay } from "../../shared/uc1/replay";
import type { Kept } from "./queue";

const NAME = "union-card-till";
const RECORDS = "records";
const FACTS = "facts";
const SEEN = "seen";
// Longer than any code is fresh: the till's clock may be set back while nobody can tell.
const SEEN_SECONDS = 86_400;

/** Where a till's chain ends: the next record has `seq + 1` and names `link`. */
export interface Head {
  seq: number;
  link: string;
}

const START: Head = { seq: 0, link: "" };

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const database = request.result;
      database.createObjectStore(RECORDS, { keyPath: ["terminal_id", "seq"] });
      database.createObjectStore(FACTS);
      database.createObjectStore(SEEN, { keyPath: "cti" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked by another tab"));
  });
}

/** Run `ask` in one transaction; resolves when it is on disk. `ask` awaits its requests only. */
async function work<T>(
  names: string[],
  mode: IDBTransactionMode,
  ask: (transaction: IDBTransaction) => Promise<T>,
): Promise<T> {
  const database = await opened();
  try {
    const transaction = database.transaction(names, mode, { durability: "strict" });
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("given up"));
    });
    const [asked] = await Promise.all([
      ask(transaction).catch((error: unknown) => {
        stop(transaction);
        throw error;
      }),
      ended,
    ]);
    return asked;
  } finally {
    database.close();
  }
}

function stop(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // A request that failed has ended it already.
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** What is kept under `name`, or null. */
export async function fact<T>(name: string): Promise<T | null> {
  const value = await work([FACTS], "readonly", (transaction) =>
    answer<T | undefined>(transaction.objectStore(FACTS).get(name)),
  );
  return value ?? null;
}

export async function keepFact(name: string, value: unknown): Promise<void> {
  await work([FACTS], "readwrite", (transaction) =>
    answer(transaction.objectStore(FACTS).put(value, name)),
  );
}

export async function forgetFact(name: string): Promise<void> {
  await work([FACTS], "readwrite", (transaction) =>
    answer(transaction.objectStore(FACTS).delete(name)),
  );
}

/** All that is kept under names that begin with `prefix`. */
export async function facts<T>(prefix: string): Promise<Map<string, T>> {
  return work([FACTS], "readonly", async (transaction) => {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const store = transaction.objectStore(FACTS);
    const [keys, values] = await Promise.all([
      answer(store.getAllKeys(range)),
      answer<T[]>(store.getAll(range)),
    ]);
    return new Map(keys.map((key, index) => [String(key), values[index] as T]));
  });
}

function headName(terminalId: string): string {
  return `head ${terminalId}`;
}

export async function headOf(terminalId: string): Promise<Head> {
  return (await fact<Head>(headName(terminalId))) ?? START;
}

/** The records of a till, or of all that this device has been, oldest first. */
export async function recordsOf(terminalId: string | null): Promise<Kept[]> {
  const range =
    terminalId === null ? null : IDBKeyRange.bound([terminalId, 0], [terminalId, Infinity]);
  return work([RECORDS], "readonly", (transaction) =>
    answer<Kept[]>(transaction.objectStore(RECORDS).getAll(range)),
  );
}

/**
 * Keep `record` and move the head from `before` to it, both or neither. False where the head is
 * elsewhere by now: another window was faster, and the record must be made anew.
 */
export function append(record: Kept, before: Head, link: string): Promise<boolean> {
  return work([RECORDS, FACTS], "readwrite", async (transaction) => {
    const heads = transaction.objectStore(FACTS);
    const name = headName(record.terminal_id);
    const head = (await answer<Head | undefined>(heads.get(name))) ?? START;
    if (head.seq !== before.seq || head.link !== before.link) return false;
    await Promise.all([
      answer(transaction.objectStore(RECORDS).add(record)),
      answer(heads.put({ seq: record.seq, link } satisfies Head, name)),
    ]);
    return true;
  });
}

/**
 * Go on where the service says that this till's chain ends. Only for a device that keeps nothing
 * of it: one that was restored from a copy, say.
 */
export async function adoptHead(terminalId: string, head: Head): Promise<void> {
  await work([FACTS], "readwrite", async (transaction) => {
    const store = transaction.objectStore(FACTS);
    const name = headName(terminalId);
    const own = (await answer<Head | undefined>(store.get(name))) ?? START;
    if (own.seq < head.seq) await answer(store.put(head, name));
  });
}

/** Change the records of a till by `change`, which returns those to write and those to drop. */
export async function changeRecords(
  terminalId: string,
  change: (records: Kept[]) => { written: Kept[]; dropped: Kept[] },
): Promise<void> {
  const range = IDBKeyRange.bound([terminalId, 0], [terminalId, Infinity]);
  await work([RECORDS], "readwrite", async (transaction) => {
    const store = transaction.objectStore(RECORDS);
    const { written, dropped } = change(await answer<Kept[]>(store.getAll(range)));
    await Promise.all([
      ...written.map((record) => answer(store.put(record))),
      ...dropped.map(({ terminal_id, seq }) => answer(store.delete([terminal_id, seq]))),
    ]);
  });
}

interface Seen {
  cti: string;
  moment: number;
  scanId: string;
  until: number;
}

/**
 * Remember a code that passed every check, signed at `moment`. False where it, or a newer one of
 * its credential, was here before, in whichever window: it is a replay.
 */
export function admit(
  { cti, moment, scanId }: { cti: string; moment: number; scanId: string },
  now: number,
): Promise<boolean> {
  return work([SEEN], "readwrite", async (transaction) => {
    const store = transaction.objectStore(SEEN);
    const newest = await answer<Seen | undefined>(store.get(cti));
    if (newest !== undefined && newest.until <= now) {
      await answer(store.delete(cti));
    } else if (isReplay(newest, { moment, scanId })) {
      return false;
    }
    await answer(store.put({ cti, moment, scanId, until: now + SEEN_SECONDS } satisfies Seen));
    return true;
  });
}

/** Drop the codes that could not be shown again anyway. */
export async function forgetSeen(now: number): Promise<void> {
  await work([SEEN], "readwrite", async (transaction) => {
    const store = transaction.objectStore(SEEN);
    const all = await answer<Seen[]>(store.getAll());
    const over = all.filter(({ until }) => until <= now);
    await Promise.all(over.map(({ cti }) => answer(store.delete(cti))));
  });
}

/**
 * Forget what belongs to this pairing. The records of one that the service ended stay: they are
 * signed, and nobody else has them.
 */
export async function forgetAll({ records }: { records: boolean }): Promise<void> {
  await work([RECORDS, FACTS, SEEN], "readwrite", async (transaction) => {
    const names = records ? [RECORDS, FACTS, SEEN] : [FACTS, SEEN];
    await Promise.all(names.map((name) => answer(transaction.objectStore(name).clear())));
  });
}
