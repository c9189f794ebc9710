/**
 * `eventstore.v1` as it stands on the wire. Goal: a client in any language that was written
 * against the contract meets the fields, statuses and details that it names, by their numbers.
 * Method: protobuf written by hand over gRPC, and the same over Connect; a whole server.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { ConcurrencyErrorDetailSchema, EventStore } from "../../gen/eventstore/v1/eventstore_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { limits } from "../../src/base/limits.ts";
import { turn } from "../../src/base/turn.ts";
import {
  message,
  number,
  type RawAnswer,
  type RawField,
  RawGrpc,
  type RawMessage,
  text,
} from "../harness/raw-grpc.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";
import { transportOf } from "../harness/wire.ts";

const APPEND = "/eventstore.v1.EventStore/Append";
const READ = "/eventstore.v1.EventStore/ReadStream";
const SUBSCRIBE = "/eventstore.v1.EventStore/Subscribe";
/** gRPC's numbers. */
const OK = 0;
const INVALID_ARGUMENT = 3;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const ABORTED = 10;
const UNAUTHENTICATED = 16;

let server: TestServer;
let grpc: RawGrpc;
let tenants = 0;

beforeAll(async () => {
  server = await startTestServer();
  grpc = new RawGrpc(server.grpcUrl);
});
afterAll(async () => {
  grpc[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

/** A tenant of its own for each test, by the whole of the grammar. */
function newTenant(): string {
  tenants += 1;
  return `T.e_n-${tenants}`;
}

interface Meta {
  readonly id?: string;
  readonly aggregate?: string;
  readonly type?: string;
  readonly nonce?: number | bigint;
  readonly tenant?: string;
  readonly more?: readonly RawField[];
  readonly payload?: Uint8Array;
}

/** An EventData; what is not given is not sent. */
function event({ id, aggregate, type, nonce, tenant, more = [], payload }: Meta): RawField {
  const meta = message(
    id === undefined ? undefined : text(1, id),
    aggregate === undefined ? undefined : text(2, aggregate),
    type === undefined ? undefined : text(3, type),
    nonce === undefined ? undefined : number(4, nonce),
    text(5, "account.opened"),
    tenant === undefined ? undefined : text(12, tenant),
    ...more,
  );
  return [6, message([1, meta], payload === undefined ? undefined : [2, payload])];
}

interface Append {
  readonly tenant: string;
  readonly aggregate?: string;
  readonly type?: string;
  readonly expected?: number | bigint;
  readonly key?: string;
  readonly events: readonly RawField[];
}

function append(request: Append, headers?: Record<string, string>): Promise<RawAnswer> {
  const { tenant, aggregate = "A-1", type = "Account", expected = 0, key = "", events } = request;
  const bytes = message(
    text(1, tenant),
    text(2, aggregate),
    text(3, type),
    number(4, expected),
    text(5, key),
    ...events,
  );
  return grpc.unary(APPEND, bytes, headers);
}

function read(
  tenant: string,
  aggregate: string,
  from: number | bigint = 0,
  forward = true,
  maxCount = 0,
): Promise<RawAnswer> {
  const way = number(5, forward ? 1 : 0);
  return grpc.unary(
    READ,
    message(text(1, tenant), text(2, aggregate), number(3, from), number(4, maxCount), way),
  );
}

/** Type URLs and messages of the details of a status. */
function detailsOf({ details }: RawAnswer): ReadonlyMap<string, RawMessage> {
  const all = details?.messages(3) ?? [];
  return new Map(all.map((any) => [any.text(1), any.message(2)]));
}

function reasonOf(answer: RawAnswer): string {
  return detailsOf(answer).get("type.googleapis.com/google.rpc.ErrorInfo")?.text(1) ?? "";
}

/** Status and reason; and that the status of the details is the same. */
function refusal(answer: RawAnswer): [number, string] {
  expect(answer.details?.number(1)).toBe(BigInt(answer.status));
  expect(answer.sentence).not.toBe("");
  return [answer.status, reasonOf(answer)];
}

describe("a refusal", () => {
  const good = event({ id: "e1", nonce: 1 });
  const cases: readonly (readonly [string, Partial<Append>, number, string])[] = [
    ["no tenant", { tenant: "", events: [good] }, UNAUTHENTICATED, "UNAUTHENTICATED"],
    ["no tenant and nothing else", { tenant: "", events: [] }, UNAUTHENTICATED, "UNAUTHENTICATED"],
    ["no tenant's name", { tenant: "a/b", events: [good] }, INVALID_ARGUMENT, "INVALID_TENANT_ID"],
    [
      "an event of another tenant",
      { events: [event({ id: "e1", nonce: 1, tenant: "other" })] },
      PERMISSION_DENIED,
      "TENANT_MISMATCH",
    ],
    ["no aggregate id", { aggregate: "", events: [good] }, INVALID_ARGUMENT, "INVALID_REQUEST"],
    ["no aggregate type", { type: "", events: [good] }, INVALID_ARGUMENT, "INVALID_REQUEST"],
    ["no events", { events: [] }, INVALID_ARGUMENT, "INVALID_REQUEST"],
    [
      "no meta",
      { events: [[6, message([2, Uint8Array.of(1)])]] },
      INVALID_ARGUMENT,
      "INVALID_REQUEST",
    ],
    ["nonce 0", { events: [event({ id: "e1", nonce: 0 })] }, INVALID_ARGUMENT, "INVALID_REQUEST"],
    ["no nonce", { events: [event({ id: "e1" })] }, INVALID_ARGUMENT, "INVALID_REQUEST"],
    [
      "an empty event id",
      { events: [event({ id: "", nonce: 1 })] },
      INVALID_ARGUMENT,
      "INVALID_REQUEST",
    ],
    ["no event id", { events: [event({ nonce: 1 })] }, INVALID_ARGUMENT, "INVALID_REQUEST"],
    [
      "an event of another aggregate",
      { events: [event({ id: "e1", nonce: 1, aggregate: "A-2" })] },
      INVALID_ARGUMENT,
      "INVALID_REQUEST",
    ],
    [
      "an event of another aggregate type",
      { events: [event({ id: "e1", nonce: 1, type: "Order" })] },
      INVALID_ARGUMENT,
      "INVALID_REQUEST",
    ],
    [
      "nonces with a gap",
      { events: [event({ id: "e1", nonce: 1 }), event({ id: "e2", nonce: 3 })] },
      INVALID_ARGUMENT,
      "NONCE_NOT_CONSECUTIVE",
    ],
    [
      "a nonce of 2^53",
      { events: [event({ id: "e1", nonce: 2n ** 53n })] },
      INVALID_ARGUMENT,
      "NONCE_NOT_CONSECUTIVE",
    ],
    [
      "a nonce of 2^63 - 1",
      { events: [event({ id: "e1", nonce: 2n ** 63n - 1n })] },
      INVALID_ARGUMENT,
      "NONCE_NOT_CONSECUTIVE",
    ],
    [
      "a nonce of 2^63",
      { events: [event({ id: "e1", nonce: 2n ** 63n })] },
      INVALID_ARGUMENT,
      "INVALID_REQUEST",
    ],
    [
      "a nonce of 2^64 - 1",
      { events: [event({ id: "e1", nonce: 2n ** 64n - 1n })] },
      INVALID_ARGUMENT,
      "INVALID_REQUEST",
    ],
    [
      "an expected nonce of 5",
      { expected: 5, events: [event({ id: "e1", nonce: 6 })] },
      ABORTED,
      "CONCURRENCY_CONFLICT",
    ],
    [
      "an expected nonce of 2^53",
      { expected: 2n ** 53n, events: [good] },
      ABORTED,
      "CONCURRENCY_CONFLICT",
    ],
    [
      "an expected nonce of 2^63",
      { expected: 2n ** 63n, events: [good] },
      ABORTED,
      "CONCURRENCY_CONFLICT",
    ],
    [
      "an expected nonce of 2^64 - 1",
      { expected: 2n ** 64n - 1n, events: [good] },
      ABORTED,
      "CONCURRENCY_CONFLICT",
    ],
    [
      "two events of one id",
      { events: [good, event({ id: "e1", nonce: 2 })] },
      ALREADY_EXISTS,
      "EVENT_ALREADY_EXISTS",
    ],
  ];

  test.each(cases)("%s", async (_what, change, status, reason) => {
    const tenant = newTenant();
    expect(refusal(await append({ tenant, events: [], ...change }))).toEqual([status, reason]);
    const left = await read(tenant, "A-1");
    expect([left.status, left.messages[0]?.messages(1).length]).toEqual([OK, 0]);
  });

  test.each<[Partial<Append>, string]>([
    [{ tenant: "", events: [good] }, "tenant_id"],
    [{ aggregate: "", events: [good] }, "aggregate_id"],
    [{ type: "", events: [good] }, "aggregate_type"],
    [{ events: [] }, "events"],
    [{ events: [[6, message([2, Uint8Array.of(1)])]] }, "events[0].meta"],
    [{ events: [good, event({ id: "", nonce: 2 })] }, "events[1].meta.event_id"],
    [{ events: [good, event({ id: "e2" })] }, "events[1].meta.aggregate_nonce"],
    [{ events: [event({ id: "e", nonce: 2n ** 63n })] }, "events[0].meta.aggregate_nonce"],
    [{ events: [event({ id: "e1", nonce: 1, aggregate: "B" })] }, "events[0].meta.aggregate_id"],
    [{ events: [event({ id: "e1", nonce: 1, type: "B" })] }, "events[0].meta.aggregate_type"],
    [{ events: [event({ id: "e1", nonce: 1, tenant: "b" })] }, "events[0].meta.tenant_id"],
  ])("%# names the field as the contract does", async (change, field) => {
    const answer = await append({ tenant: newTenant(), events: [], ...change });
    const violations = detailsOf(answer).get("type.googleapis.com/google.rpc.BadRequest");
    expect(violations?.messages(1).map((violation) => violation.text(1))).toEqual([field]);
    expect(answer.sentence).toContain(field === "tenant_id" ? "tenant" : field);
  });

  test("of a request that is no message at all", async () => {
    const answer = await grpc.unary(APPEND, Uint8Array.of(0x0a, 0x7f, 1));
    expect(answer.status).toBe(INVALID_ARGUMENT);
    expect((await grpc.unary(READ, Uint8Array.of(0xff))).status).toBe(INVALID_ARGUMENT);
    const notText = message([1, Uint8Array.of(0xff, 0xfe)]);
    expect((await grpc.unary(APPEND, notText)).status).toBe(INVALID_ARGUMENT);
  });

  test("of reads: no tenant, no aggregate", async () => {
    expect(refusal(await read("", "A-1"))).toEqual([UNAUTHENTICATED, "UNAUTHENTICATED"]);
    expect(refusal(await read("acme", ""))).toEqual([INVALID_ARGUMENT, "INVALID_REQUEST"]);
    const subscribed = await grpc.open(SUBSCRIBE, message(text(1, ""))).ended;
    expect(refusal(subscribed)).toEqual([UNAUTHENTICATED, "UNAUTHENTICATED"]);
  });

  test("of a header that names another tenant than the request", async () => {
    const other = { "x-tenant-id": "other" };
    const answer = await append({ tenant: newTenant(), events: [good] }, other);
    expect(refusal(answer)).toEqual([PERMISSION_DENIED, "TENANT_MISMATCH"]);
  });

  test("of a batch of more than 10,000 events, and of one event more than a message holds", async () => {
    const tenant = newTenant();
    const many = Array.from({ length: limits.eventsPerTransaction + 1 }, (_, i) =>
      event({ id: `e${i}`, nonce: i + 1 }),
    );
    expect(refusal(await append({ tenant, events: many }))).toEqual([
      INVALID_ARGUMENT,
      "LIMIT_EXCEEDED",
    ]);
    const large = event({ id: "e1", nonce: 1, payload: new Uint8Array(limits.messageBytes) });
    const answer = await append({ tenant, events: [large] });
    expect([answer.status, reasonOf(answer)]).toEqual([RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE"]);
  });
});

describe("a conflict", () => {
  test("has the actual heads in a google.rpc.Status, and our reason beside them", async () => {
    const tenant = newTenant();
    await append({ tenant, aggregate: "B-1", events: [event({ id: "b", nonce: 1 })] });
    const first = [event({ id: "e1", nonce: 1 }), event({ id: "e2", nonce: 2 })];
    expect((await append({ tenant, events: first })).status).toBe(OK);
    const lost = await append({ tenant, expected: 1, events: [event({ id: "e3", nonce: 2 })] });
    expect(refusal(lost)).toEqual([ABORTED, "CONCURRENCY_CONFLICT"]);
    expect(lost.details?.text(2)).toBe(lost.sentence);
    const heads = detailsOf(lost).get("type.googleapis.com/eventstore.v1.ConcurrencyErrorDetail");
    expect([heads?.text(1), heads?.text(2)]).toEqual([tenant, "A-1"]);
    expect([heads?.number(3), heads?.number(4)]).toEqual([2n, 3n]);
  });

  test("even when the nonces fit the real head", async () => {
    const tenant = newTenant();
    await append({ tenant, events: [event({ id: "e1", nonce: 1 })] });
    const answer = await append({ tenant, expected: 0, events: [event({ id: "e2", nonce: 2 })] });
    expect(refusal(answer)).toEqual([ABORTED, "CONCURRENCY_CONFLICT"]);
  });

  test.each([
    ["connect", "2"],
    ["connect-json", "1.1"],
    ["grpc-web", "1.1"],
  ] as const)("has both details over %s/%s too", async (protocol, version) => {
    const client = clientOf(protocol, version);
    const tenantId = newTenant();
    const request = { tenantId, aggregateId: "A-1", aggregateType: "Account" };
    const error = await client
      .append({ ...request, expectedAggregateNonce: 7n, events: [one("e1", 8n)] })
      .catch(ConnectError.from);
    if (!(error instanceof ConnectError)) throw new Error("it was accepted");
    expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe("CONCURRENCY_CONFLICT");
    expect(error.findDetails(ConcurrencyErrorDetailSchema)[0]).toMatchObject({
      tenantId,
      aggregateId: "A-1",
      actualLastAggregateNonce: 0n,
      actualLastGlobalNonce: 0n,
    });
  });

  test("about the longest id still fits the headers that clients take", async () => {
    const aggregate = "ä".repeat(2_048);
    const answer = await append({
      tenant: newTenant(),
      aggregate,
      expected: 1,
      events: [event({ id: "e1", nonce: 2 })],
    });
    expect(refusal(answer)).toEqual([ABORTED, "CONCURRENCY_CONFLICT"]);
    expect(JSON.stringify(answer.headers).length).toBeLessThan(8 * 1_024);
  });
});

describe("idempotency", () => {
  test("same key and content: the first answer; other content: ALREADY_EXISTS", async () => {
    const tenant = newTenant();
    const request = { tenant, key: "k", events: [event({ id: "e1", nonce: 1 })] };
    await append(request);
    await append({ tenant, expected: 1, events: [event({ id: "e2", nonce: 2 })] });
    expect(headsOf(await append(request))).toEqual([1n, 1n]);
    const other = { ...request, events: [event({ id: "e9", nonce: 1 })] };
    expect(refusal(await append(other))).toEqual([ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED"]);
  });

  test("what the store sets is no content; inherited fields spelled out are the same", async () => {
    const tenant = newTenant();
    await append({ tenant, events: [event({ id: "e1", nonce: 1 })] });
    const again = event({
      ...{ id: "e1", nonce: 1, tenant, aggregate: "A-1", type: "Account" },
      more: [number(14, 77), number(17, 2n ** 64n - 1n)],
    });
    expect(headsOf(await append({ tenant, events: [again] }))).toEqual([1n, 1n]);
  });

  test("an event id that stands elsewhere in the tenant", async () => {
    const tenant = newTenant();
    await append({ tenant, events: [event({ id: "e1", nonce: 1 })] });
    const answer = await append({
      tenant,
      aggregate: "A-2",
      events: [event({ id: "e1", nonce: 1 })],
    });
    expect(refusal(answer)).toEqual([ALREADY_EXISTS, "EVENT_ALREADY_EXISTS"]);
  });

  test("an aggregate keeps its type", async () => {
    const tenant = newTenant();
    await append({ tenant, events: [event({ id: "e1", nonce: 1 })] });
    const answer = await append({
      ...{ tenant, type: "Order", expected: 1 },
      events: [event({ id: "e2", nonce: 2 })],
    });
    expect(refusal(answer)).toEqual([INVALID_ARGUMENT, "AGGREGATE_TYPE_MISMATCH"]);
  });
});

describe("what is read", () => {
  test("is what was sent, field by field, beyond 2^53; what the store sets is overwritten", async () => {
    const tenant = newTenant();
    const id = "Ereignis 🎉\n%_ 'x'";
    const header = (key: string, value: string): RawField => [
      16,
      message(text(1, key), text(2, value)),
    ];
    const sent = event({
      id,
      nonce: 1,
      more: [
        number(6, 2n ** 32n - 1n),
        text(7, "application/x"),
        text(8, "schema"),
        text(9, "corr"),
        text(10, "cause"),
        text(11, "nobody in particular"),
        number(13, 2n ** 64n - 1n),
        number(14, 5),
        [15, Uint8Array.of(0, 255)],
        header("b", "2"),
        header("a", ""),
        number(17, 2n ** 53n + 1n),
      ],
      payload: Uint8Array.of(0, 1, 255),
    });
    expect((await append({ tenant, events: [sent] })).status).toBe(OK);
    const [page] = (await read(tenant, "A-1")).messages;
    const [data] = page?.messages(1) ?? [];
    const meta = data?.message(1);
    expect(data?.bytes(2)).toEqual(Uint8Array.of(0, 1, 255));
    expect([1, 2, 3, 5, 7, 8, 9, 10, 11, 12].map((field) => meta?.text(field))).toEqual([
      ...[id, "A-1", "Account", "account.opened", "application/x", "schema"],
      ...["corr", "cause", "nobody in particular", tenant],
    ]);
    expect([4, 6, 13, 17].map((field) => meta?.number(field))).toEqual([
      1n,
      2n ** 32n - 1n,
      2n ** 64n - 1n,
      1n,
    ]);
    expect(meta?.number(14)).toBeGreaterThan(1_600_000_000_000n);
    expect(meta?.bytes(15)).toEqual(Uint8Array.of(0, 255));
    const headers = meta?.messages(16).map((entry) => [entry.text(1), entry.text(2)]);
    expect(new Map(headers as [string, string][])).toEqual(
      new Map([
        ["a", ""],
        ["b", "2"],
      ]),
    );
  });

  test("pages: is_end, next_from, both ways, and from nonces of 64 bits", async () => {
    const tenant = newTenant();
    const events = [1, 2, 3].map((nonce) => event({ id: `e${nonce}`, nonce }));
    await append({ tenant, events });
    const page = async (from: number | bigint, forward: boolean, count = 0) => {
      const [answer] = (await read(tenant, "A-1", from, forward, count)).messages;
      const nonces = answer?.messages(1).map((data) => data.message(1).number(4));
      return [nonces, answer?.number(2), answer?.number(3)];
    };
    expect(await page(0, true, 2)).toEqual([[1n, 2n], 0n, 3n]);
    expect(await page(3, true, 2)).toEqual([[3n], 1n, 4n]);
    expect(await page(0, false, 2)).toEqual([[3n, 2n], 0n, 1n]);
    expect(await page(1, false)).toEqual([[1n], 1n, 0n]);
    for (const from of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(await page(from, true)).toEqual([[], 1n, 4n]);
      expect(await page(from, false, 1)).toEqual([[3n], 0n, 2n]);
    }
    expect(await page(0, true, 2 ** 32 - 1)).toEqual([[1n, 2n, 3n], 1n, 4n]);
  });

  test("what does not exist reads as empty and at its end", async () => {
    for (const tenant of [newTenant(), "acme"]) {
      const { status, messages } = await read(tenant, "nothing");
      expect([status, messages[0]?.messages(1).length, messages[0]?.number(2)]).toEqual([
        OK,
        0,
        1n,
      ]);
    }
  });
});

describe("large things", () => {
  test("a payload up to the message's limit comes back whole", async () => {
    const tenant = newTenant();
    const payload = crypto.getRandomValues(new Uint8Array(64 * 1_024));
    const whole = Buffer.concat(Array.from({ length: 63 }, () => payload));
    const sent = event({ id: "e1", nonce: 1, payload: whole });
    expect((await append({ tenant, events: [sent] })).status).toBe(OK);
    const [page] = (await read(tenant, "A-1")).messages;
    const stored = page?.messages(1)[0]?.bytes(2) ?? new Uint8Array(0);
    expect(Buffer.compare(stored, whole)).toBe(0);
  });

  test("a batch of 10,000 events, read page by page and subscribed to", async () => {
    const tenant = newTenant();
    const count = limits.eventsPerTransaction;
    const events = Array.from({ length: count }, (_, i) => event({ id: `e${i}`, nonce: i + 1 }));
    expect(headsOf(await append({ tenant, events }))).toEqual([BigInt(count), BigInt(count)]);
    let from = 0n;
    let seen = 0;
    for (let isEnd = false; !isEnd; ) {
      const [page] = (await read(tenant, "A-1", from)).messages;
      for (const data of page?.messages(1) ?? []) {
        seen += 1;
        expect(data.message(1).number(4)).toBe(BigInt(seen));
      }
      isEnd = page?.number(2) === 1n;
      from = page?.number(3) ?? 0n;
    }
    expect([seen, from]).toEqual([count, BigInt(count + 1)]);
    const stream = grpc.open(SUBSCRIBE, message(text(1, tenant)));
    while (stream.messages.length < count) await turn();
    const nonces = stream.messages.slice(0, count).map((each) => each.message(1).message(1));
    expect(nonces.map((meta) => Number(meta.number(17)))).toEqual(
      Array.from({ length: count }, (_, i) => i + 1),
    );
    stream.leave();
  });
});

test("prefixes are literal", async () => {
  const tenant = newTenant();
  const ids = ["a%b", "a_b", "axb", "a", "", "a%", "A%b", "ä%"].filter((id) => id !== "");
  for (const [i, aggregate] of ids.entries()) {
    await append({ tenant, aggregate, events: [event({ id: `e${i}`, nonce: 1 })] });
  }
  for (const prefix of ["", "a%", "a_", "a", "ä", "A", "b", "%"]) {
    const stream = grpc.open(SUBSCRIBE, message(text(1, tenant), text(2, prefix)));
    const isIdle = () => stream.messages.at(-1)?.fields.length === 0;
    while (!isIdle()) await turn();
    stream.leave();
    const seen = stream.messages.filter(({ fields }) => fields.length > 0);
    expect(seen.map((each) => each.message(1).message(1).text(2))).toEqual(
      ids.filter((id) => id.startsWith(prefix)),
    );
  }
});

describe("who acts in trusted mode", () => {
  test("clients that know no actors need none; a header may name one", async () => {
    const tenant = newTenant();
    expect((await append({ tenant, events: [event({ id: "e1", nonce: 1 })] })).status).toBe(OK);
    const named = { "x-actor": "user:bob" };
    const next = { tenant, expected: 1, events: [event({ id: "e2", nonce: 2 })] };
    expect((await append(next, named)).status).toBe(OK);
    const wrong = { "x-actor": "system:root" };
    const more = { tenant, expected: 2, events: [event({ id: "e3", nonce: 3 })] };
    expect((await append(more, wrong)).status).toBe(PERMISSION_DENIED);
  });
});

test("Connect and gRPC-Web are served on the REST port as well", async () => {
  for (const protocol of ["connect", "connect-json", "grpc-web"] as const) {
    const client = createClient(EventStore, transportOf(protocol, server.httpUrl, "1.1"));
    const tenantId = newTenant();
    const request = { tenantId, aggregateId: "A-1", aggregateType: "Account" };
    await client.append({ ...request, events: [one("e1", 1n)] });
    const { events } = await client.readStream({ tenantId, aggregateId: "A-1", forward: true });
    expect(events.map(({ meta }) => meta?.globalNonce)).toEqual([1n]);
    for await (const { event: data } of client.subscribe({ tenantId })) {
      expect(data?.meta?.eventId).toBe("e1");
      break;
    }
  }
});

function one(eventId: string, aggregateNonce: bigint) {
  return { meta: { eventId, aggregateNonce, eventType: "account.opened" } };
}

function clientOf(
  protocol: "connect" | "connect-json" | "grpc-web",
  version: "1.1" | "2",
): Client<typeof EventStore> {
  return createClient(EventStore, transportOf(protocol, server.grpcUrl, version));
}

function headsOf(answer: RawAnswer): (bigint | undefined)[] {
  expect(answer.status).toBe(OK);
  return [answer.messages[0]?.number(1), answer.messages[0]?.number(2)];
}
