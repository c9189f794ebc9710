/**
 * The event store is a list. Goal: whatever is appended, repeated, changed, raced for or crashed
 * in between, every answer and every read is that of a plain list (`event-model.ts`). Method:
 * random appends over few aggregates, ids, keys and nonces, so that they meet; fast-check prints
 * the seed of a failure.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type FaceAppend,
  type FaceEvent,
  FaceRefusal,
  faceAppend,
  faceEvent,
  wholeAggregate,
} from "../contract/event-store-face.ts";
import { EngineEventFace } from "../harness/event-face.ts";
import { EventModel, type ModelAnswer } from "../harness/event-model.ts";
import { TestPartition } from "../harness/partition.ts";

const RUNS = 40;
const AGGREGATES = ["A-1", "A-2"];
const ROUNDS = 20;

/** What is proposed, measured from where the aggregate stands. */
interface Proposal {
  readonly aggregateId: string;
  readonly expectedFrom: number;
  readonly nonceFrom: number;
  readonly count: number;
  readonly ids: string;
  readonly id: number;
  readonly key: string;
  readonly payload: number;
  readonly aggregateType: string;
}
const proposal: fc.Arbitrary<Proposal> = fc.record({
  aggregateId: fc.constantFrom(...AGGREGATES),
  expectedFrom: fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 1, -2),
  nonceFrom: fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 1),
  count: fc.integer({ min: 1, max: 3 }),
  ids: fc.constantFrom("fresh", "fresh", "few"),
  id: fc.nat(4),
  key: fc.constantFrom("", "", "k", "l"),
  payload: fc.nat(1),
  aggregateType: fc.constantFrom("Account", "Account", "Account", "Account", "Order"),
});
/** What is otherwise when a batch is proposed again. */
const CHANGES = {
  nothing: (request) => request,
  payload: ofLast({ payload: new Uint8Array([9]) }),
  headers: ofLast({ headers: { a: "b" } }),
  type: ofLast({ eventType: "account.debited" }),
  id: ofLast({ eventId: "another" }),
  key: (request) => ({ ...request, key: request.key === "k" ? "l" : "k" }),
  first: (request) => ({ ...request, events: request.events.slice(0, 1) }),
  expected: (request) => ({ ...request, expected: request.expected + 1n }),
} satisfies Record<string, (request: FaceAppend) => FaceAppend>;

type Step =
  | { readonly do: "append"; readonly proposal: Proposal }
  | { readonly do: "repeat"; readonly back: number; readonly change: keyof typeof CHANGES }
  | { readonly do: "restart" | "crash" };
const repeat = fc.record({
  do: fc.constant("repeat" as const),
  back: fc.nat(5),
  change: fc.constantFrom(...(Object.keys(CHANGES) as (keyof typeof CHANGES)[])),
});
const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  { weight: 10, arbitrary: fc.record({ do: fc.constant("append"), proposal }) },
  { weight: 8, arbitrary: repeat },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("restart", "crash") }) },
);

/** The proposal as a request, where the model stands now. */
function requestOf(model: EventModel, wanted: Proposal, serial: number): FaceAppend {
  const { aggregateId, aggregateType, key, payload } = wanted;
  const head = model.of(aggregateId).length;
  const first = Math.max(1, head + 1 + wanted.nonceFrom);
  const events = Array.from({ length: wanted.count }, (_, i) =>
    faceEvent(aggregateId, first + i, {
      eventId: wanted.ids === "few" ? `id ${wanted.id + i}` : `fresh ${serial} ${i}`,
      aggregateType,
      payload: new Uint8Array([payload]),
    }),
  );
  const expected = BigInt(Math.max(0, head + wanted.expectedFrom));
  return { aggregateId, aggregateType, expected, key, events };
}

/** Changes the last event of a batch. */
function ofLast(change: Partial<FaceEvent>): (request: FaceAppend) => FaceAppend {
  return (request) => ({
    ...request,
    events: request.events.map((event, i) =>
      i === request.events.length - 1 ? { ...event, ...change } : event,
    ),
  });
}

/** What the step sends, if anything is sent. */
function sentBy(
  step: Step,
  model: EventModel,
  sent: readonly FaceAppend[],
  serial: number,
): FaceAppend | undefined {
  if (step.do === "append") return requestOf(model, step.proposal, serial);
  if (step.do !== "repeat") return undefined;
  const earlier = sent.at(-1 - step.back);
  return earlier && CHANGES[step.change](earlier);
}

async function answerOf(face: EngineEventFace, request: FaceAppend): Promise<ModelAnswer> {
  try {
    return await face.append(request);
  } catch (error) {
    if (!(error instanceof FaceRefusal)) throw error;
    const { code, actual } = error;
    return code === "aborted" && actual !== undefined ? { code, actual } : { code };
  }
}

test("every answer is that of a plain list, through restarts and crashes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      await using partition = await TestPartition.open({ wal: "file" });
      const caller = { tenantId: "acme", actor: "user:alice", roles: [], credential: "" };
      const face = new EngineEventFace(() => partition.engine, caller);
      const model = new EventModel();
      const sent: FaceAppend[] = [];
      for (const [serial, taken] of steps.entries()) {
        if (taken.do === "restart") await partition.restart();
        if (taken.do === "crash") await partition.crash();
        const request = sentBy(taken, model, sent, serial);
        if (request === undefined) continue;
        sent.push(request);
        expect(await answerOf(face, request)).toEqual(model.append(request));
      }
      for (const aggregateId of AGGREGATES) {
        const found = await wholeAggregate(face, aggregateId);
        const plain = found.map(({ globalNonce: _, recordedTimeUnixMs: __, tags, ...event }) => {
          expect(tags).toEqual([]);
          return event;
        });
        expect(plain).toEqual(model.of(aggregateId));
      }
    }),
    { numRuns: RUNS },
  );
}, 120_000);

test.each([2, 64])(
  "of %d proposers of each nonce one wins, whoever came first",
  async (writers) => {
    await using partition = await TestPartition.open({ wal: "file" });
    const caller = { tenantId: "acme", actor: "user:alice", roles: [], credential: "" };
    const face = new EngineEventFace(() => partition.engine, caller);
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.all(
        Array.from({ length: writers }, (_, writer) => {
          const events = [faceEvent("A-1", round + 1, { eventId: `${round} ${writer}` })];
          return answerOf(face, faceAppend("A-1", round, 0, { events }));
        }),
      );
      const heads = { aggregateNonce: BigInt(round + 1), globalNonce: BigInt(round + 1) };
      const won = answers.filter((answer) => !("code" in answer));
      expect(won).toEqual([heads]);
      const lost = answers.filter((answer) => "code" in answer);
      expect(lost).toEqual(Array(writers - 1).fill({ code: "aborted", actual: heads }));
    }
    expect(await wholeAggregate(face, "A-1")).toHaveLength(ROUNDS);
  },
);
