/**
 * One small store that outlives the page: tokens and keys.
 *
 * IndexedDB rather than localStorage, because it alone holds a CryptoKey that no script can read
 * out, and a token is worth nothing without its key: a browser that clears one clears both.
 */

const NAME = "union-card";
const STORE = "kept";

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked by another tab"));
  });
}

async function work<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await opened();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      // Not at the request's success: what a later step relies on must be on disk by then.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** What is kept under `key`, or null. Rejects where the browser refuses storage. */
export async function kept<T>(key: string): Promise<T | null> {
  const value: unknown = await work("readonly", (store) => store.get(key));
  return value === undefined ? null : (value as T);
}

export async function keep(key: string, value: unknown): Promise<void> {
  await work("readwrite", (store) => store.put(value, key));
}

export async function forget(key: string): Promise<void> {
  await work("readwrite", (store) => store.delete(key));
}
