import type { CancelSignal } from "./cancel-signal.ts";

/** How a promise that waits is ended: once; what comes later is ignored. */
export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * A promise that rejects with the signal's reason if that comes first. `begin` starts
 * waiting and returns what ends it; that runs once, whichever way the promise settles. It
 * settles nothing itself before it returns.
 */
export function abortable<T>(
  signal: CancelSignal,
  begin: (settle: Settle<T>) => () => void,
): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const letGo = () => {
      signal.removeEventListener("abort", onAbort);
      end();
    };
    const settle: Settle<T> = {
      resolve: (value) => {
        letGo();
        resolve(value);
      },
      reject: (error) => {
        letGo();
        reject(error);
      },
    };
    const onAbort = () => settle.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const end = begin(settle);
  });
}

/** What the work came to, or the signal's reason when that comes first; the work itself goes on. */
export function beforeAbort<T>(work: Promise<T>, signal: CancelSignal): Promise<T> {
  return abortable(signal, (settle) => {
    work.then(settle.resolve, settle.reject);
    return () => undefined;
  });
}
