/**
 * What every way to the event store must do, whatever carries it: the engine itself, RPC, REST.
 * Goal: nobody who is written against one of them can tell it from the others, or from the stores
 * of the SDKs. Method: one set of cases in data, `sdk/conformance/cases/event-store.json`, each in
 * a tenant of its own, which only ever look through {@link EventStoreFace}.
 */
import { describe, test } from "bun:test";
import { eventStoreCases, runEventStoreCase } from "./event-store-cases.ts";
import type { EventStoreFace } from "./event-store-face.ts";

const CASE_TIMEOUT_MS = 60_000;

export interface EventStoreSubject {
  readonly name: string;
  /** The rules of the shared wire, where the content of a batch counts, or EntDB's own words. */
  readonly words: "shared" | "native";
  /** The store of a tenant that does not exist yet. */
  open(): Promise<EventStoreFace>;
  /** Lets time pass, where the test owns it; else waits. */
  pass(ms: number): Promise<void>;
}

/** Runs over a subject all cases that are about what it has. */
export function eventStoreContract(subject: EventStoreSubject): void {
  const has = [subject.words, "wire", "pages", "keep_alives"];
  describe(subject.name, () => {
    for (const { name, needs, steps } of eventStoreCases()) {
      if (!needs.every((need) => has.includes(need))) continue;
      test(
        name,
        async () => {
          const { pass } = subject;
          const face = await subject.open();
          await runEventStoreCase(steps, { face, isNative: subject.words === "native", pass });
        },
        CASE_TIMEOUT_MS,
      );
    }
  });
}
