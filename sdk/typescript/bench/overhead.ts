/**
 * What the SDK costs over the bare stub: the same calls by the generated stub and by the client.
 *
 * Measured is processor time of this process, in microseconds a call, of the best of several rounds
 * that take turns. First with a transport that has the server's own answer at hand and gives it at
 * once, encoded and decoded as on the wire: what is left between the two is the SDK's, and nothing
 * of the machine's network or of another process. Then over gRPC to the real server, as users have
 * it. Last, memory after rounds of a thousand calls at once on one client.
 *
 * `bun bench/overhead.ts` with the package built; arguments choose among
 * `once`, `server` and `memory`. Ends with 1 when a goal is missed.
 */
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { createClient as createStub, type Transport } from "@connectrpc/connect";
import { type Client, createClient, defineNode, field, type NodeId } from "@entdb/client";
import { grpcTransport } from "@entdb/client/node";
import { EntDBService } from "../src/gen/entdb/v1/entdb_service_pb.ts";
import { TestServer } from "../test/fixtures/server.ts";

const ROUNDS = 7;
const IN_FLIGHT = 32;
const CALLS = { "at once": 2_000, server: 200 } as const;
const AT_ONCE = 1_000;
const MEMORY_ROUNDS = 12;
const GOAL_US = 100;
/** What a thousand calls at once may leave behind, on average over the later rounds. */
const GOAL_KB_PER_ROUND = 100;

const User = defineNode({
  typeId: 1,
  name: "User",
  fields: {
    email: field.str(1, { required: true }),
    name: field.str(2),
    age: field.int(3),
    score: field.float(4),
    active: field.bool(5),
  },
});
const FIELDS = { email: "a@example.com", name: "A", age: 30, score: 0.5, active: true };
const VALUES = {
  1: { kind: { case: "strValue", value: "a@example.com" } },
  2: { kind: { case: "strValue", value: "A" } },
  3: { kind: { case: "intValue", value: 30n } },
  4: { kind: { case: "floatValue", value: 0.5 } },
  5: { kind: { case: "boolValue", value: true } },
} as const;

const context = { tenantId: "bench", actor: "user:bench" };
let keys = 0;

/** The same calls, both ways, through one transport. */
function callsOf(transport: Transport, client: Client, id: NodeId) {
  const stub = createStub(EntDBService, transport);
  return {
    read: [() => stub.getNode({ context, id }), () => client.get(User, id)],
    write: [
      () =>
        stub.executeAtomic({
          context,
          idempotencyKey: `bench-${keys++}`,
          schemaFingerprint: client.schema.fingerprint,
          operations: [{ operation: { case: "createNode", value: { typeId: 1, fields: VALUES } } }],
        }),
      () => client.atomic((plan) => plan.create(User, FIELDS)),
    ],
  } as const;
}

/** Processor time of this process for one call, in microseconds. */
async function cpuPerCall(call: () => Promise<unknown>, calls: number): Promise<number> {
  const before = process.cpuUsage();
  let left = calls;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

const report: Record<string, number> = {};
const missed: string[] = [];

async function compare(
  where: keyof typeof CALLS,
  calls: ReturnType<typeof callsOf>,
  goalUs: number,
): Promise<void> {
  for (const [name, [bare, sdk]] of Object.entries(calls)) {
    let [bareUs, sdkUs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < ROUNDS; round++) {
      bareUs = Math.min(bareUs, await cpuPerCall(bare, CALLS[where]));
      sdkUs = Math.min(sdkUs, await cpuPerCall(sdk, CALLS[where]));
    }
    report[`${where}: ${name}, stub, µs`] = bareUs;
    report[`${where}: ${name}, SDK, µs`] = sdkUs;
    report[`${where}: ${name}, overhead, µs`] = sdkUs - bareUs;
    if (sdkUs - bareUs > goalUs) missed.push(`${where}: ${name}`);
  }
}

/** A transport that answers each RPC with what the server answered it with before. */
function answeringAtOnce(answers: ReadonlyMap<string, Uint8Array>): Transport {
  const unary: Transport["unary"] = async (method, _signal, _timeout, header, input) => {
    const request = create(method.input, input as MessageInitShape<typeof method.input>);
    toBinary(method.input, request);
    const answer = answers.get(method.name) ?? new Uint8Array(0);
    return {
      stream: false,
      service: method.parent,
      method,
      header: new Headers(header),
      trailer: new Headers(),
      message: fromBinary(method.output, answer),
    };
  };
  return { unary, stream: () => Promise.reject(new Error("no streams here")) };
}

const server = await TestServer.start();
const transport = grpcTransport();
const options = { ...context, endpoint: server.grpcUrl, schema: [User] };
const client = createClient({ ...options, transport });
const { results } = await client.atomic((plan) => plan.create(User, FIELDS));
const { connect } = transport({ endpoint: server.grpcUrl });

// What the server answers, kept to be answered again.
const kept = new Map<string, Uint8Array>();
const keeping: Transport = {
  ...connect,
  unary: async (method, ...rest) => {
    const response = await connect.unary(method, ...rest);
    kept.set(method.name, toBinary(method.output, response.message));
    return response;
  },
};
for (const [bare] of Object.values(callsOf(keeping, client, results.id))) await bare();
const atOnce = answeringAtOnce(kept);
const close = () => undefined;
const local = createClient({ ...options, transport: () => ({ connect: atOnce, close }) });
const wanted = (part: string) => process.argv.length < 3 || process.argv.includes(part);
if (wanted("once")) await compare("at once", callsOf(atOnce, local, results.id), GOAL_US);
if (wanted("server")) {
  await compare("server", callsOf(connect, client, results.id), Number.POSITIVE_INFINITY);
}

/** Bytes in use after everything that can go has gone. */
function heapAfterCollection(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

async function measureMemory(): Promise<void> {
  const heaps: number[] = [];
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => client.get(User, results.id)));
    heaps.push(heapAfterCollection());
  }
  const half = heaps.slice(MEMORY_ROUNDS / 2);
  const growth = ((half.at(-1) ?? 0) - (half[0] ?? 0)) / 1_024 / (half.length - 1);
  report["1,000 calls at once: heap, KB"] = (heaps.at(-1) ?? 0) / 1_024;
  report["1,000 calls at once: growth a round, KB"] = growth;
  if (growth > GOAL_KB_PER_ROUND) missed.push("memory");
}

if (wanted("memory")) await measureMemory();
client.close();
local.close();
await server.stop();
const rounded = Object.entries(report).map(([name, value]) => [name, Math.round(value * 10) / 10]);
console.log(JSON.stringify(Object.fromEntries(rounded), undefined, 2));
if (missed.length > 0) console.error(`goals missed: ${missed.join("; ")}`);
process.exit(missed.length > 0 ? 1 : 0);
