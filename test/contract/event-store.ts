/**
 * What every way to the event store must do, by the rules of `eventstore.v1`, whatever carries
 * it: the engine itself, RPC, REST, the stores of the SDKs. Goal: nobody who is written against
 * one of them can tell it from the others. Method: each test has a tenant of its own and only
 * ever looks through {@link EventStoreFace}.
 */
import { describe } from "bun:test";
import { appendTests } from "./event-store-append.ts";
import type { EventStoreSubject } from "./event-store-face.ts";
import { idempotencyTests } from "./event-store-idempotency.ts";
import { readTests } from "./event-store-read.ts";
import { subscribeTests } from "./event-store-subscribe.ts";

/** Runs the whole contract over a subject. */
export function eventStoreContract(subject: EventStoreSubject): void {
  describe(`${subject.name}: append`, () => appendTests(subject));
  if (subject.native !== true) {
    describe(`${subject.name}: append once`, () => idempotencyTests(subject));
  }
  describe(`${subject.name}: read`, () => readTests(subject));
  describe(`${subject.name}: subscribe`, () => subscribeTests(subject));
}
