/**
 * What only the server puts into its log never comes from a client's transaction: steps of
 * membership, the lock of the schema, the life of tenants, keys, the audit. Each face refuses
 * them, in whatever spelling they are sent, and the log does not move.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { create, type JsonObject } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { ConnectError } from "@connectrpc/connect";
import { CreateNodeSchema, OperationSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { GRAPH_SCHEMA, USER } from "../harness/graph-schema.ts";
import { createNode } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { RestApp } from "../harness/rest-app.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";
import { PROTOCOLS, rpcClient } from "../harness/wire.ts";

const CONTEXT = { tenantId: "acme", actor: "user:alice" };
const CREATE = create(CreateNodeSchema, { typeId: USER });

/** Spelled as somebody would who has read the code of the log. */
const FOREIGN: readonly (readonly [op: string, members: JsonObject])[] = [
  ["membership", { step: { action: "put_group", group: "g" } }],
  ["set_member", { principal: "user:alice", roles: ["admin"] }],
  ["put_role", { role: "r", rights: ["data"] }],
  ["add_to_group", { group: "g", member: "user:alice" }],
  ["schema_lock", { locked: true }],
  ["tenant_created", { tenant_id: "other" }],
  ["tenant_state_changed", { tenant_id: "acme", state: "suspended" }],
  ["tenant_deleted", { tenant_id: "acme" }],
  ["tenant_limits_set", { tenant_id: "acme", requests_per_second: 0 }],
  ["api_key_created", { tenant_id: "acme", actor: "user:alice" }],
  ["api_key_revoked", { key_id: "x" }],
  ["audit_event", { action: "x" }],
];

/** Operations have less numbers than these, in messages and in the log. */
const NUMBERS = Array.from({ length: 40 }, (_, i) => i + 1).filter(
  (no) => !OperationSchema.fields.some(({ number }) => number === no),
);

let partition: TestPartition;
let face: TestFace;
let rest: RestApp;

beforeAll(async () => {
  partition = await TestPartition.open();
  await partition.tenant("acme").register(GRAPH_SCHEMA);
  face = await startFace({ behind: partition.engine });
  rest = new RestApp({ behind: partition.engine });
});
afterAll(async () => {
  await face[Symbol.asyncDispose]();
  await partition[Symbol.asyncDispose]();
});

/** The log stands where it stood, whatever is tried. */
async function unmoved(attempt: () => Promise<void>): Promise<void> {
  const { end } = partition.partition.wal;
  await attempt();
  expect(partition.partition.wal.end).toBe(end);
}

/** An operation that holds a field of this number, which no message knows; `of` it in the log's encoding. */
function unknownField(no: number, data: Uint8Array) {
  const operation = create(OperationSchema);
  const prefixed = Uint8Array.of(data.length, ...data);
  operation.$unknown = [{ no, wireType: WireType.LengthDelimited, data: prefixed }];
  return operation;
}

test("the messages have no operation for them", () => {
  const names = OperationSchema.fields.map(({ name }) => name);
  expect(names).toContain("grant");
  expect(names.filter((name) => /member|role|group|lock|tenant|key|audit/.test(name))).toEqual([]);
});

// JSON has names instead of numbers.
const BINARY = PROTOCOLS.filter((protocol) => protocol !== "connect-json");

describe.each(BINARY)("over %s", (protocol) => {
  test("fields of every other number are no operation", async () => {
    const client = rpcClient(protocol, face.url);
    // {1: "g"}: what puts a group, and what would lock, were the number theirs.
    const text = Uint8Array.of(0x0a, 1, 0x67);
    const truth = Uint8Array.of(0x08, 1);
    await unmoved(async () => {
      const sent = NUMBERS.flatMap((no) => [text, truth].map((data) => unknownField(no, data)));
      const answers = await Promise.all(
        sent.map((operation) =>
          client
            .executeAtomic({ context: CONTEXT, operations: [operation] })
            .then(() => undefined, ConnectError.from),
        ),
      );
      for (const [i, error] of answers.entries()) {
        const [info] = error?.findDetails(ErrorInfoSchema) ?? [];
        expect([sent[i]?.$unknown?.[0]?.no, info?.reason, error?.rawMessage]).toEqual([
          NUMBERS[Math.floor(i / 2)],
          "INVALID_REQUEST",
          "operations[0]: an operation is needed, such as createNode.",
        ]);
      }
    });
  }, 60_000);
});

describe("in JSON", () => {
  const post = async (operation: JsonObject) => {
    const response = await fetch(`${face.url}/entdb.v1.EntDBService/ExecuteAtomic`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ context: CONTEXT, operations: [operation] }),
    });
    return { status: response.status, text: await response.text() };
  };

  test.each(FOREIGN)("Connect does not know %s", async (op, members) => {
    const camel = op.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    await unmoved(async () => {
      for (const name of [op, camel]) {
        for (const beside of [{}, { createNode: { typeId: USER } }]) {
          const { status, text } = await post({ ...beside, [name]: members });
          expect([status, text.includes(name)]).toEqual([400, true]);
        }
      }
    });
  });

  test.each(FOREIGN)("REST does not know %s", async (op, members) => {
    await unmoved(async () => {
      const { status, json, reason } = await rest.atomic({ op, ...members });
      expect([status, reason]).toEqual([400, "INVALID_REQUEST"]);
      expect(json["error"]).toMatchObject({ details: { field: "operations[0].op" } });
      const beside = await rest.atomic({ op: "create_node", type_id: USER, [op]: members });
      expect([beside.status, beside.reason]).toEqual([400, "INVALID_REQUEST"]);
    });
  });
});

test("nor is the server's own log a tenant that takes transactions", async () => {
  await unmoved(async () => {
    const system = partition.tenant("_system", "user:alice", ["admin"]);
    expect((await refused(system.one(createNode(USER)))).reason).toBe("INVALID_TENANT_ID");
    expect((await refused(system.register(GRAPH_SCHEMA))).reason).toBe("INVALID_TENANT_ID");
    expect((await refused(system.schema())).reason).toBe("TENANT_NOT_FOUND");
    const request = { tenant_id: "_system", operations: [{ op: "create_node", type_id: USER }] };
    const answer = await rest.post("/v1/atomic", request, { "x-tenant-id": "" });
    expect([answer.status, answer.reason]).toEqual([400, "INVALID_TENANT_ID"]);
    const error = await rpcClient("grpc", face.url)
      .executeAtomic({
        context: { ...CONTEXT, tenantId: "_system" },
        operations: [{ operation: { case: "createNode", value: CREATE } }],
      })
      .then(() => undefined, ConnectError.from);
    expect(error?.findDetails(ErrorInfoSchema)[0]?.reason).toBe("INVALID_TENANT_ID");
  });
});
