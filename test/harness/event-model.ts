/**
 * The event store as a plain list: what the rules say, one after the other, with no thought of
 * speed. Held against the real one by `test/integration/event-model.test.ts`.
 */
import type { ErrorCode } from "../../src/base/errors.ts";
import type { FaceAppend, FaceEvent, FaceHeads } from "../contract/event-store-face.ts";

interface ModelAppend {
  readonly aggregateId: string;
  readonly key: string;
  readonly events: readonly FaceEvent[];
  readonly heads: FaceHeads;
}

export type ModelAnswer = FaceHeads | { readonly code: ErrorCode; readonly actual?: FaceHeads };

export class EventModel {
  /** In the order of global nonces. */
  readonly events: FaceEvent[] = [];
  readonly #appends: ModelAppend[] = [];

  of(aggregateId: string): FaceEvent[] {
    return this.events.filter((event) => event.aggregateId === aggregateId);
  }

  append(request: FaceAppend): ModelAnswer {
    const { aggregateId, key, events, expected } = request;
    const ids = events.map(({ eventId }) => eventId);
    if (new Set(ids).size < ids.length) return { code: "already_exists" };
    const mine = this.#appends.filter((append) => append.aggregateId === aggregateId);
    const bound = mine.find((append) => key !== "" && append.key === key);
    const same = mine.find((append) => alike(append.events, events));
    if (bound !== undefined && bound !== same) return { code: "already_exists" };
    if (same !== undefined) return same.heads;
    const there = this.of(aggregateId);
    if (expected !== BigInt(there.length)) {
      if (events.some((event) => this.#standsElsewhere(event))) return { code: "already_exists" };
      return { code: "aborted", actual: this.#heads(aggregateId) };
    }
    const type = there[0]?.aggregateType ?? request.aggregateType;
    const follow = events.every(
      ({ aggregateNonce }, i) => aggregateNonce === expected + BigInt(i + 1),
    );
    if (type !== request.aggregateType || !follow) return { code: "invalid_argument" };
    if (this.events.some(({ eventId }) => ids.includes(eventId))) return { code: "already_exists" };
    this.events.push(...events);
    const heads = this.#heads(aggregateId);
    this.#appends.push({ aggregateId, key, events, heads });
    return heads;
  }

  #heads(aggregateId: string): FaceHeads {
    return {
      aggregateNonce: BigInt(this.of(aggregateId).length),
      globalNonce: BigInt(this.events.length),
    };
  }

  #standsElsewhere({ eventId, aggregateId, aggregateNonce }: FaceEvent): boolean {
    const found = this.events.find((event) => event.eventId === eventId);
    if (found === undefined) return false;
    return found.aggregateId !== aggregateId || found.aggregateNonce !== aggregateNonce;
  }
}

function alike(a: readonly FaceEvent[], b: readonly FaceEvent[]): boolean {
  return Bun.deepEquals(a, b);
}
