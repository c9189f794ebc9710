/**
 * Runs the cases that every event store is held to, `sdk/conformance/cases/event-store.json`,
 * over a face of this repository: each step's call, and whether it comes out as the case says.
 * The SDKs run the same cases over their own stores.
 */
import { expect } from "bun:test";
import family from "../../sdk/conformance/cases/event-store.json";
import reasonsFile from "../../sdk/conformance/reasons.json";
import {
  type Json,
  type JsonObject,
  writtenOut,
} from "../../sdk/typescript/test/conformance/json.ts";
import { difference, onlyMember } from "../../sdk/typescript/test/conformance/match.ts";
import { turn } from "../../src/base/turn.ts";
import {
  type EventStoreFace,
  FaceRefusal,
  type NativeEventStoreFace,
  type StoredFaceEvent,
} from "./event-store-face.ts";
import {
  appendOf,
  caseAppended,
  caseDetails,
  caseEvent,
  caseHead,
  filterOf,
  nonceOf,
} from "./event-store-words.ts";

const KEEP_ALIVE_MS = 200;

/** The codes that go with each reason. */
const REASONS: Readonly<Record<string, { readonly codes: readonly string[] }>> =
  reasonsFile.reasons;

export interface EventStoreCase {
  readonly name: string;
  /** What not every event store has. */
  readonly needs: readonly string[];
  readonly steps: readonly JsonObject[];
}

/** The cases, in their order. */
export function eventStoreCases(): EventStoreCase[] {
  return family.cases.map((one) => {
    const { name, needs, steps } = writtenOut(one as unknown as Json) as JsonObject;
    return {
      name: name as string,
      needs: (needs ?? []) as readonly string[],
      steps: steps as readonly JsonObject[],
    };
  });
}

/** The store that a case runs on, which is a tenant's that does not exist yet. */
export interface CaseStore {
  readonly face: EventStoreFace;
  /** Appends and asks in EntDB's own words, not in those of the shared wire. */
  readonly isNative: boolean;
  /** Lets time pass, where the test owns it; else waits. */
  readonly pass: (ms: number) => Promise<void>;
}

/** Throws where a step comes out otherwise. */
export async function runEventStoreCase(
  steps: readonly JsonObject[],
  store: CaseStore,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    await runStep(step, `step ${index + 1} (${step["call"]})`, store);
  }
}

async function runStep(step: JsonObject, place: string, store: CaseStore): Promise<void> {
  const times = (step["times"] ?? 1) as number;
  const attempts = Array.from({ length: times }, () => called(step, place, store));
  const outcomes = await Promise.allSettled(attempts);
  const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  const succeeded = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const { error, expect: expected } = step;
  const toSucceed = step["succeed"] ?? (error === undefined ? times : 0);
  if (error === undefined && refused.length > 0) {
    throw new Error(`${place}: ${String(refused[0])}`, { cause: refused[0] });
  }
  expect([place, succeeded.length]).toEqual([place, toSucceed as number]);
  for (const thrown of refused) checkRefusal(error as JsonObject, thrown, place);
  for (const result of succeeded) {
    const seen = onlyMember(result, step["only"]);
    const found = expected === undefined ? undefined : difference(expected, seen);
    if (found !== undefined) throw new Error(`${place}: ${found}`);
  }
}

function checkRefusal({ reason, details }: JsonObject, thrown: unknown, place: string): void {
  if (!(thrown instanceof FaceRefusal)) {
    throw new Error(`${place}: ${String(thrown)}`, { cause: thrown });
  }
  expect([place, thrown.reason as string]).toEqual([place, reason as string]);
  expect(REASONS[thrown.reason]?.codes).toContain(thrown.code);
  const found = difference(details ?? {}, caseDetails(thrown.actual), "details");
  if (found !== undefined) throw new Error(`${place}: ${found}`);
}

/** What a step's call comes to, as cases see it. */
async function called(step: JsonObject, place: string, store: CaseStore): Promise<Json> {
  const text = (name: string) => (step[name] ?? "") as string;
  const native = () => nativeOf(store.face);
  switch (step["call"]) {
    case "events.append":
      return await append(step, store);
    case "events.read_aggregate": {
      const aggregateId = text("aggregate");
      return await read(step, (page) => store.face.read({ aggregateId, ...page }));
    }
    case "events.read": {
      const filter = filterOf(step["events"]);
      return await read(step, (page) => native().readAll({ filter, ...page }));
    }
    case "events.head":
      return await head(native(), text("aggregate"));
    case "events.aggregates": {
      const size = (step["page_size"] ?? 0) as number;
      const type = text("aggregate_type");
      return (await native().aggregates(type, text("aggregate_prefix"), size)).map(caseHead);
    }
    case "events.checkpoint":
      return Number(await native().checkpoint(text("consumer")));
    case "events.store_checkpoint": {
      const { expected } = step;
      const stands = expected === undefined ? undefined : nonceOf(expected);
      await native().storeCheckpoint(text("consumer"), nonceOf(step["global_nonce"]), stands);
      return null;
    }
    case "events.subscribe":
      return await subscribe(step, place, store);
    default:
      throw new Error(`${place}: there is no such call`);
  }
}

function nativeOf({ native }: EventStoreFace): NativeEventStoreFace {
  if (native === undefined) throw new Error("the case does not say that it needs native words");
  return native;
}

async function append(step: JsonObject, { face, isNative }: CaseStore): Promise<Json> {
  const appends = (step["appends"] as readonly JsonObject[]).map(appendOf);
  const key = (step["key"] ?? "") as string;
  if (isNative) return (await nativeOf(face).append(appends, key)).map(caseAppended);
  const [one] = appends;
  if (one === undefined || appends.length > 1 || typeof one.expected === "string") {
    throw new Error("the case does not say that it needs native words");
  }
  const { condition: _, expected, events, ...aggregate } = one;
  const untagged = events.map(({ tags: __, ...event }) => event);
  const last = await face.append({ ...aggregate, expected, events: untagged, key });
  const before = BigInt(events.length - 1);
  const first = {
    aggregateNonce: last.aggregateNonce - before,
    globalNonce: last.globalNonce - before,
  };
  return [caseAppended({ aggregateId: aggregate.aggregateId, first, last })];
}

type ReadPage = Omit<Parameters<EventStoreFace["read"]>[0], "aggregateId">;

/** One page, or all events page by page. */
async function read(
  step: JsonObject,
  page: (request: ReadPage) => ReturnType<EventStoreFace["read"]>,
): Promise<Json> {
  const maxCount = (step["page_size"] ?? 0) as number;
  const forward = step["backwards"] !== true;
  const events: JsonObject[] = [];
  for (let from = nonceOf(step["from_nonce"]); ; ) {
    const found = await page({ from, maxCount, forward });
    events.push(...found.events.map(caseEvent));
    from = found.next;
    if (step["page"] === true) return { events, end: found.isEnd, next: Number(from) };
    if (found.isEnd) return events;
  }
}

async function head(native: NativeEventStoreFace, aggregateId: string): Promise<Json> {
  try {
    return caseHead(await native.head(aggregateId));
  } catch (error) {
    if (error instanceof FaceRefusal && error.reason === "AGGREGATE_NOT_FOUND") return null;
    throw error;
  }
}

async function subscribe(step: JsonObject, place: string, store: CaseStore): Promise<Json> {
  const filter = filterOf(step["events"]);
  const { prefix } = filter;
  const request = { prefix, from: nonceOf(step["from_nonce"]), filter };
  await using follower = new Follower(store, request, step["slow"] === true);
  for (const [i, inner] of ((step["during"] ?? []) as readonly JsonObject[]).entries()) {
    await follower.quiet((step["keep_alives"] ?? 0) as number);
    await runStep(inner, `${place}.${i + 1} (${inner["call"]})`, store);
  }
  follower.go();
  return (await follower.seen(step["take"] as number)).map(caseEvent);
}

/** One who follows in the background and keeps what came. */
class Follower implements AsyncDisposable {
  readonly #store: CaseStore;
  readonly #events: StoredFaceEvent[] = [];
  readonly #abort = new AbortController();
  readonly #run: Promise<void>;
  readonly #gate = Promise.withResolvers<void>();
  #error: unknown;
  #keepAlives = 0;

  /** Who is slow takes one event, and no other before it is told to {@link go} on. */
  constructor(
    store: CaseStore,
    request: Parameters<EventStoreFace["subscribe"]>[0],
    isSlow: boolean,
  ) {
    this.#store = store;
    if (!isSlow) this.go();
    const stream = store.face.subscribe(request, this.#abort.signal);
    this.#run = this.#follow(stream).catch((error: unknown) => {
      this.#error = error;
    });
  }

  go(): void {
    this.#gate.resolve();
  }

  /** The events, once there are so many; also those too many that came with them. */
  async seen(count: number): Promise<readonly StoredFaceEvent[]> {
    while (this.#events.length < count) await this.#turn();
    return this.#events;
  }

  /** Lets time pass until there were so many more keep-alives. */
  async quiet(count: number): Promise<void> {
    const wanted = this.#keepAlives + count;
    while (this.#keepAlives < wanted) {
      await this.#store.pass(KEEP_ALIVE_MS);
      await this.#turn();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.go();
    this.#abort.abort();
    await this.#run;
    if (this.#error !== undefined) throw this.#error;
  }

  async #follow(stream: AsyncIterable<StoredFaceEvent | undefined>): Promise<void> {
    for await (const event of stream) {
      if (event === undefined) this.#keepAlives += 1;
      else this.#events.push(event);
      await this.#gate.promise;
    }
  }

  async #turn(): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    await turn();
  }
}
