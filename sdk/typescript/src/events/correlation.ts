/**
 * Correlation without handing it through every function: what runs inside of `correlated`, also
 * behind its awaits, has its ids, and the events that it appends carry them.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { EventDefaults } from "./event.ts";

const current = new AsyncLocalStorage<EventDefaults>();

/** Runs the function with these ids; what it leaves out is as it was around it. */
export function correlated<R>(ids: EventDefaults, run: () => R): R {
  return current.run({ ...current.getStore(), ...ids }, run);
}

/** The ids in force: hand it to `client.events.withDefaults`. */
export function currentCorrelation(): EventDefaults {
  return current.getStore() ?? {};
}
