/**
 * Run `work` while no other window of this browser runs its own under `name`. Browsers without
 * locks run it at once: then the service has to bear that it happens twice.
 */
export function oneWindow<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!("locks" in navigator)) return work();
  return navigator.locks.request(name, work) as Promise<T>;
}
