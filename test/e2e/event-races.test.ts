/**
 * Proposers of one nonce on the executable that users get, up to 64 of them over every wire at
 * once: exactly one wins each round, and what stands is the winner's. `SEED` replays.
 */
import { expect, test } from "bun:test";
import {
  type EventStoreFace,
  FaceRefusal,
  faceAppend,
  faceEvent,
  wholeAggregate,
} from "../contract/event-store-face.ts";
import { startServerProcess } from "../harness/binary.ts";
import { NativeEventFace, V1EventFace } from "../harness/event-faces.ts";
import { RestEventFace } from "../harness/rest-event-face.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { transportOf } from "../harness/wire.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const ROUNDS = 150;
const WRITERS = [2, 3, 8, 16, 64];

/** The id of the event when it won, undefined when it lost to the head it is told. */
async function propose(
  store: EventStoreFace,
  head: number,
  eventId: string,
): Promise<string | undefined> {
  const events = [faceEvent("A-1", head + 1, { eventId })];
  const heads = { aggregateNonce: BigInt(head + 1), globalNonce: BigInt(head + 1) };
  try {
    expect(await store.append(faceAppend("A-1", head, 0, { events, key: eventId }))).toEqual(heads);
    return eventId;
  } catch (error) {
    if (!(error instanceof FaceRefusal)) throw error;
    expect([error.code, error.actual]).toEqual(["aborted", heads]);
    return undefined;
  }
}

test(`of the proposers of a nonce one wins, over every wire at once (seed ${SEED})`, async () => {
  using directory = temporaryDirectory();
  await using server = await startServerProcess({ cwd: directory.path });
  const random = new SeededRandom(SEED);
  const stores = [
    new V1EventFace(transportOf("grpc", server.grpcUrl, "2"), "acme"),
    new V1EventFace(transportOf("grpc-web", server.httpUrl, "1.1"), "acme"),
    new NativeEventFace(transportOf("grpc", server.grpcUrl, "2"), "acme"),
    new NativeEventFace(transportOf("connect", server.grpcUrl, "2"), "acme"),
    new RestEventFace(server.httpUrl, "acme"),
  ];
  const winners: (string | undefined)[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const writers = WRITERS[random.below(WRITERS.length)] as number;
    const proposals = Array.from({ length: writers }, (_, writer) => {
      const store = stores[random.below(stores.length)] as EventStoreFace;
      return propose(store, round, `${round} ${writer}`);
    });
    const won = (await Promise.all(proposals)).filter((id) => id !== undefined);
    expect(won).toHaveLength(1);
    winners.push(won[0]);
  }
  const found = await wholeAggregate(stores[0] as EventStoreFace, "A-1");
  expect(found.map(({ eventId }) => eventId)).toEqual(winners as string[]);
});
