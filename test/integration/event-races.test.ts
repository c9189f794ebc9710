/**
 * Proposers of one nonce. Goal: of any number of them, over 10,000 rounds, exactly one wins, each
 * other one is told the heads as they are, and what stands is the winner's. Method: rounds of
 * 2 to 64 proposers on several aggregates at once, in an order and at moments that the seed
 * chooses, half of them known by their content and half by a key of their transaction.
 * `SEED` replays.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { EntError } from "../../src/base/errors.ts";
import { turn } from "../../src/base/turn.ts";
import {
  FaceRefusal,
  faceAppend,
  faceEvent,
  wholeAggregate,
} from "../contract/event-store-face.ts";
import { EngineEventFace } from "../harness/event-face.ts";
import { appending, event } from "../harness/event-operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { SeededRandom } from "../harness/seeded-random.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const ROUNDS = 10_000;
const AGGREGATES = 8;
/** Few of the large ones: they take as long as all others together. */
const WRITERS = [2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 8, 8, 16, 33, 64];
const LATE_TURNS = 3;

const random = new SeededRandom(SEED);
let partition: TestPartition;

beforeAll(async () => {
  partition = await TestPartition.open({ wal: "memory" });
});
afterAll(() => partition[Symbol.asyncDispose]());

/** What a proposer was told: the nonce that is now its own, or the head of another. */
interface Told {
  readonly eventId: string;
  readonly won: number | undefined;
  readonly head: number | undefined;
}

function face(): EngineEventFace {
  const caller = { tenantId: "acme", actor: "user:alice", roles: [], credential: "" };
  return new EngineEventFace(() => partition.engine, caller);
}

async function byContent(aggregateId: string, head: number, eventId: string): Promise<Told> {
  const events = [faceEvent(aggregateId, head + 1, { eventId })];
  try {
    const heads = await face().append(faceAppend(aggregateId, head, 0, { events }));
    return { eventId, won: Number(heads.aggregateNonce), head: undefined };
  } catch (error) {
    if (!(error instanceof FaceRefusal) || error.code !== "aborted") throw error;
    return { eventId, won: undefined, head: Number(error.actual?.aggregateNonce) };
  }
}

async function byKey(aggregateId: string, head: number, eventId: string): Promise<Told> {
  const expected = { kind: "exact", nonce: head } as const;
  const proposed = { expected, firstNonce: head + 1, events: [event({ eventId })] };
  try {
    const { append } = await partition.tenant("acme").one(appending(aggregateId, proposed));
    return { eventId, won: append?.lastAggregateNonce, head: undefined };
  } catch (error) {
    const { reason, details } = error as EntError;
    if (reason !== "CONCURRENCY_CONFLICT") throw error;
    return { eventId, won: undefined, head: Number(details["actual_last_aggregate_nonce"]) };
  }
}

/** One round on an aggregate; the id of the event that won. */
async function race(aggregateId: string, head: number): Promise<string> {
  const writers = WRITERS[random.below(WRITERS.length)] as number;
  const proposals = Array.from({ length: writers }, async (_, writer) => {
    const propose = random.below(2) === 0 ? byContent : byKey;
    for (let left = random.below(LATE_TURNS); left > 0; left--) await turn();
    return await propose(aggregateId, head, `${aggregateId} ${head + 1} ${writer}`);
  });
  const told = await Promise.all(proposals);
  const winners = told.filter(({ won }) => won !== undefined);
  expect(winners.map(({ won }) => won)).toEqual([head + 1]);
  expect(told.filter(({ head: seen }) => seen === head + 1)).toHaveLength(writers - 1);
  return winners[0]?.eventId ?? "";
}

test(`of the proposers of a nonce one wins, in each of ${ROUNDS} rounds (seed ${SEED})`, async () => {
  const rounds = ROUNDS / AGGREGATES;
  const races = Array.from({ length: AGGREGATES }, async (_, i) => {
    const won: string[] = [];
    while (won.length < rounds) won.push(await race(`A-${i}`, won.length));
    return won;
  });
  const won = await Promise.all(races);
  for (const [i, ids] of won.entries()) {
    const found = await wholeAggregate(face(), `A-${i}`);
    expect(found.map(({ eventId }) => eventId)).toEqual(ids);
  }
}, 240_000);
