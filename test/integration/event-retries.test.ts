/**
 * Appends whose answers never arrive. Goal: whoever proposes the same again is told what the
 * first attempt came to, and it is there once. Method: a network that loses requests, loses answers,
 * cuts them in two, and delivers twice, under both wires of the event store and REST; what a client does not
 * know it proposes again until there is an answer. `SEED` replays.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  type EventStoreFace,
  type FaceAppend,
  FaceRefusal,
  faceAppend,
  faceEvent,
  wholeAggregate,
} from "../contract/event-store-face.ts";
import { NativeEventFace, V1EventFace } from "../harness/event-faces.ts";
import { RestEventFace } from "../harness/rest-event-face.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";
import { transportOf } from "../harness/wire.ts";
import { type Fault, type FaultyProxy, startFaultyProxy } from "../services/faulty-proxy.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const APPENDS = 60;
const FAULTS: readonly (Fault | undefined)[] = [
  { kind: "torn" },
  { kind: "twice" },
  { kind: "dropped" },
  { kind: "closed" },
  undefined,
];

let server: TestServer;
let grpc: FaultyProxy;
let http: FaultyProxy;

beforeAll(async () => {
  server = await startTestServer();
  grpc = await startFaultyProxy(server.grpcUrl);
  http = await startFaultyProxy(server.httpUrl);
});
afterAll(async () => {
  await http[Symbol.asyncDispose]();
  await grpc[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Each through the network, by HTTP/1.1: the tenant's store, and what it is reached by. */
const WIRES: readonly (readonly [string, () => EventStoreFace, () => FaultyProxy])[] = [
  [
    "eventstore.v1",
    () => new V1EventFace(transportOf("connect", grpc.url, "1.1"), "v1"),
    () => grpc,
  ],
  [
    "eventstore.v1 by gRPC-Web",
    () => new V1EventFace(transportOf("grpc-web", http.url, "1.1"), "v1-web"),
    () => http,
  ],
  [
    "EventStoreService",
    () => new NativeEventFace(transportOf("connect", grpc.url, "1.1"), "native"),
    () => grpc,
  ],
  ["REST", () => new RestEventFace(http.url, "rest"), () => http],
];

/** The answer as a text, so that two can be compared; undefined: nobody knows. */
async function attempt(store: EventStoreFace, request: FaceAppend): Promise<string | undefined> {
  try {
    const { aggregateNonce, globalNonce } = await store.append(request);
    return `done: ${aggregateNonce} ${globalNonce}`;
  } catch (error) {
    return error instanceof FaceRefusal ? `refused: ${error.code}` : undefined;
  }
}

test.each(WIRES)(
  `%s: what is proposed again gives the first answer (seed ${SEED})`,
  async (wire, open, proxyOf) => {
    const random = new SeededRandom(SEED);
    const store = open();
    const proxy = proxyOf();
    const head = async () => (await wholeAggregate(store, "A-1")).length;
    const own = async (id: string) =>
      (await wholeAggregate(store, "A-1")).findLast(({ eventId }) => eventId === id);
    let unknown = 0;
    let wasThere = 0;
    for (let i = 0; i < APPENDS; i++) {
      const at = await head();
      const ids = Array.from({ length: 1 + random.below(3) }, (_, k) => `${i} ${k}`);
      const events = ids.map((eventId, k) => faceEvent("A-1", at + 1 + k, { eventId }));
      const isKeyed = wire === "EventStoreService" || wire === "REST" || random.below(2) === 0;
      const request = faceAppend("A-1", at, 0, { events, key: isKeyed ? `key ${i}` : "" });
      let answer: string | undefined;
      while (answer === undefined) {
        const fault = FAULTS[random.below(FAULTS.length)];
        proxy.fault = () => fault;
        answer = await attempt(store, request);
        proxy.fault = () => undefined;
        if (answer !== undefined) break;
        unknown += 1;
        if ((await own(`${i} 0`)) !== undefined) wasThere += 1;
        // Somebody else goes on from wherever it stands by now.
        if (random.below(2) === 0) {
          const now = await head();
          const other = faceEvent("A-1", now + 1, { eventId: `other ${i} ${now}` });
          await store.append(
            faceAppend("A-1", now, 0, { events: [other], key: `other ${i} ${now}` }),
          );
        }
      }
      const last = await own(ids.at(-1) as string);
      const first = last && `done: ${last.aggregateNonce} ${last.globalNonce}`;
      expect(answer).toBe(first ?? "refused: aborted");
      expect(await attempt(store, request)).toBe(answer);
    }
    expect(unknown).toBeGreaterThan(0);
    expect(wasThere).toBeGreaterThan(0);
    const stands = (await wholeAggregate(store, "A-1")).map(({ eventId }) => eventId);
    expect(new Set(stands).size).toBe(stands.length);
  },
  60_000,
);
