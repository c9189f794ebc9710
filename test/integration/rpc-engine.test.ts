/**
 * Every RPC over real sockets on the real engine, thin and stock, protobuf and JSON: what
 * is sent arrives in the engine, and what the engine knows arrives at the client.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import {
  Direction,
  EntDBService,
  OnConflict,
  type OperationSchema,
  ReceiptState,
  WaitMode,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import {
  type ComparisonSchema,
  FilterOperator,
  NodeAttribute,
} from "../../gen/entdb/v1/filter_pb.ts";
import { Consistency, FieldKind, type ValueSchema } from "../../gen/entdb/v1/model_pb.ts";
import { OperationsService } from "../../gen/entdb/v1/operations_service_pb.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { encodeSchema } from "../../src/rpc/encode-schema.ts";
import { decodeSchema } from "../../src/schema/schema-json.ts";
import { GRAPH_SCHEMA } from "../harness/graph-schema.ts";
import { TestPartition } from "../harness/partition.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";

type Value = MessageInitShape<typeof ValueSchema>;
type Operation = NonNullable<
  Exclude<MessageInitShape<typeof OperationSchema>, { $typeName: string }>["operation"]
>;

const str = (value: string): Value => ({ kind: { case: "strValue", value } });
const int = (value: bigint): Value => ({ kind: { case: "intValue", value } });
const operations = (...list: Operation[]) => list.map((operation) => ({ operation }));

async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => ConnectError.from(error),
  );
  return outcome?.findDetails(ErrorInfoSchema)[0]?.reason;
}

const DOORS: Record<string, (baseUrl: string) => Transport> = {
  "gRPC, thin": (baseUrl) => createGrpcTransport({ baseUrl }),
  "Connect, JSON, stock": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
};

describe.each(Object.keys(DOORS))("%s", (door) => {
  let partition: TestPartition;
  let face: TestFace;
  const context = { tenantId: "acme", actor: "user:alice" };
  const connect = () => {
    const transport = DOORS[door]?.(face.url);
    if (transport === undefined) throw new Error(door);
    return {
      db: createClient(EntDBService, transport),
      ops: createClient(OperationsService, transport),
    };
  };
  const ids: Record<string, string> = {};
  let token = new Uint8Array(0);

  beforeAll(async () => {
    partition = await TestPartition.open();
    face = await startFace({ behind: partition.engine, thin: door.endsWith("thin") });
  });
  afterAll(async () => {
    await face[Symbol.asyncDispose]();
    await partition[Symbol.asyncDispose]();
  });

  test("registers a schema, once, and gives it back", async () => {
    const { db } = connect();
    const schema = encodeSchema(decodeSchema(GRAPH_SCHEMA));
    const first = await db.registerSchema({ context, idempotencyKey: "schema", schema });
    expect(first.changed).toBe(true);
    expect(first.fingerprint).toStartWith("sha256:");
    const again = await db.registerSchema({ context, schema });
    expect([again.changed, again.fingerprint]).toEqual([false, first.fingerprint]);
    const got = await db.getSchema({ context, read: { atLeast: first.positionToken } });
    expect(got.fingerprint).toBe(first.fingerprint);
    expect(got.schema?.nodeTypes.map(({ name }) => name)).toEqual(["User", "Task", "Thing"]);
    const status = got.schema?.nodeTypes[1]?.fields[1];
    expect(status).toMatchObject({ kind: FieldKind.ENUM, enumValues: ["todo", "doing", "done"] });
    expect(status?.defaultValue?.kind).toEqual({ case: "enumValue", value: 1 });
  });

  test("writes nodes of every kind of value, edges, and aliases", async () => {
    const { db } = connect();
    const receipt = await db.executeAtomic({
      context,
      idempotencyKey: "graph",
      operations: operations(
        {
          case: "createNode",
          value: {
            typeId: 1,
            alias: "ada",
            fields: { 1: str("ada@x"), 2: str("Ada"), 3: int(36n), 4: str("uk"), 5: str("P1") },
          },
        },
        {
          case: "createNode",
          value: { typeId: 1, alias: "bob", fields: { 1: str("bob@x"), 3: int(-5n) } },
        },
        {
          case: "createNode",
          value: {
            typeId: 3,
            alias: "thing",
            fields: {
              1: str("ünï\u0001"),
              2: int(2n ** 63n - 1n),
              3: { kind: { case: "floatValue", value: -0.25 } },
              4: { kind: { case: "boolValue", value: false } },
              5: { kind: { case: "timestampValue", value: 1_700_000_000_000n } },
              6: { kind: { case: "enumValue", value: 2 } },
              7: { kind: { case: "listStrValue", value: { values: ["a", ""] } } },
              8: { kind: { case: "listIntValue", value: { values: [-1n, 2n ** 62n] } } },
              9: { kind: { case: "refValue", value: "$ada.id" } },
              10: { kind: { case: "jsonValue", value: '{"b": 1.0}' } },
              11: { kind: { case: "bytesValue", value: Uint8Array.of(0, 255) } },
            },
          },
        },
        {
          case: "createEdge",
          value: {
            edgeTypeId: 100,
            alias: "knows",
            fromId: "$ada.id",
            toId: "$bob.id",
            fields: { 1: int(1999n) },
          },
        },
      ),
    });
    expect(receipt.applied).toBe(true);
    expect(receipt.walPosition).toMatch(/^\d+:\d+$/);
    expect(receipt.results.map(({ alias, created }) => [alias, created])).toEqual([
      ["ada", true],
      ["bob", true],
      ["thing", true],
      ["knows", true],
    ]);
    for (const { alias, nodeId, edgeId } of receipt.results) ids[alias] = nodeId || edgeId;
    token = receipt.positionToken as Uint8Array<ArrayBuffer>;

    const thing = (await db.getNode({ context, id: ids["thing"] ?? "", read: { atLeast: token } }))
      .node;
    expect(thing?.ownerActor).toBe("user:alice");
    const kinds = Object.values(thing?.fields ?? {}).map((value) => value.kind);
    expect(kinds.map((kind) => kind.case)).toEqual([
      "strValue",
      "intValue",
      "floatValue",
      "boolValue",
      "timestampValue",
      "enumValue",
      "listStrValue",
      "listIntValue",
      "refValue",
      "jsonValue",
      "bytesValue",
    ]);
    expect(thing?.fields[2]?.kind.value).toBe(2n ** 63n - 1n);
    expect(thing?.fields[7]?.kind.value).toMatchObject({ values: ["a", ""] });
    expect(thing?.fields[9]?.kind.value).toBe(ids["ada"] ?? "");
    expect(thing?.fields[10]?.kind.value).toBe('{"b": 1.0}');
    expect(thing?.fields[11]?.kind.value).toEqual(Uint8Array.of(0, 255));
  });

  test("answers the same key with the same receipt, and another request with a refusal", async () => {
    const { db } = connect();
    const receipt = await db.getReceipt({ context, idempotencyKey: "graph" });
    expect(receipt.state).toBe(ReceiptState.APPLIED);
    expect(receipt.results[0]?.nodeId).toBe(ids["ada"] ?? "");
    expect((await db.getReceipt({ context, idempotencyKey: "no such" })).state).toBe(
      ReceiptState.UNKNOWN,
    );
    const other = operations({ case: "deleteNode", value: { id: ids["ada"] ?? "" } });
    const reused = db.executeAtomic({ context, idempotencyKey: "graph", operations: other });
    expect(await reasonOf(reused)).toBe("IDEMPOTENCY_KEY_REUSED");
  });

  test("reads many, by key, and by query", async () => {
    const { db } = connect();
    const read = { consistency: Consistency.STRONG };
    const { ada = "", bob = "" } = ids;
    const missing = "nd_00000000000000000000000000";
    const many = await db.getNodes({ context, ids: [bob, missing, ada], read });
    expect(many.nodes.map(({ id }) => id)).toEqual([bob, ada]);
    expect(many.missingIds).toEqual([missing]);
    const byField = { typeId: 1, key: { case: "fieldId", value: 1 } as const };
    const one = await db.getNodeByKey({ context, ...byField, values: [str("ada@x")] });
    expect(one.node?.id).toBe(ada);
    const byKey = { typeId: 1, key: { case: "keyId", value: 1 } as const };
    const two = await db.getNodeByKey({ context, ...byKey, values: [str("uk"), str("P1")] });
    expect(two.node?.id).toBe(ada);
    const order = [{ operand: { case: "fieldId", value: 3 } as const, descending: true }];
    const first = await db.queryNodes({
      context,
      typeId: 1,
      order,
      pageSize: 1,
      withTotalCount: true,
    });
    expect([first.nodes[0]?.id, first.hasMore, first.totalCount]).toEqual([ada, true, 2n]);
    const second = await db.queryNodes({
      context,
      typeId: 1,
      order,
      pageSize: 1,
      cursor: first.nextCursor,
    });
    expect([second.nodes[0]?.id, second.hasMore, second.totalCount]).toEqual([
      bob,
      false,
      undefined,
    ]);
    const compared = (comparison: MessageInitShape<typeof ComparisonSchema>) =>
      ({ node: { case: "comparison", value: comparison } }) as const;
    const filters = [
      compared({
        operand: { case: "fieldId", value: 3 },
        operator: FilterOperator.GTE,
        values: [int(-5n)],
      }),
      compared({
        operand: { case: "attribute", value: NodeAttribute.VERSION },
        operator: FilterOperator.EQ,
        values: [int(1n)],
      }),
    ];
    const filter = { node: { case: "and", value: { filters } } } as const;
    expect((await db.countNodes({ context, typeId: 1, filter, read })).count).toBe(2n);
  });

  test("lists edges with their other ends, and walks", async () => {
    const { db } = connect();
    const { ada = "", bob = "", knows = "" } = ids;
    const out = await db.listEdges({ context, nodeId: ada, withNodes: true });
    expect(out.edges).toMatchObject([{ id: knows, edgeTypeId: 100, fromId: ada, toId: bob }]);
    expect(out.edges[0]?.fields[1]?.kind.value).toBe(1999n);
    expect(out.nodes.map(({ id }) => id)).toEqual([bob]);
    const into = await db.listEdges({
      context,
      nodeId: bob,
      direction: Direction.IN,
      edgeTypeId: 100,
    });
    expect(into.edges.map(({ id }) => id)).toEqual([knows]);
    const walk = await db.listConnected({ context, nodeId: ada, edgeTypeId: 100, depth: 3 });
    expect(walk.nodes.map(({ node, distance }) => [node?.id, distance])).toEqual([[bob, 1]]);
  });

  test("updates, deletes, restores and purges, with versions and conditions", async () => {
    const { db } = connect();
    const { ada = "", bob = "", knows = "" } = ids;
    const run = (key: string, ...list: Operation[]) =>
      db.executeAtomic({ context, idempotencyKey: key, operations: operations(...list) });
    const patch = { 2: { kind: { case: "nullValue", value: 0 } } } as Record<number, Value>;
    const updated = await run("u1", {
      case: "updateNode",
      value: {
        id: ada,
        fields: patch,
        expectedVersion: 1n,
        preconditions: [{ fieldId: 2, value: str("Ada") }],
      },
    });
    expect(updated.results[0]?.version).toBe(2n);
    expect((await db.getNode({ context, id: ada })).node?.fields[2]).toBeUndefined();
    const stale: Operation = { case: "updateNode", value: { id: ada, expectedVersion: 1n } };
    expect(await reasonOf(run("u2", stale))).toBe("VERSION_CONFLICT");
    const rejected = await db.getReceipt({ context, idempotencyKey: "u2" });
    expect([rejected.state, rejected.rejection?.reason]).toEqual([
      ReceiptState.REJECTED,
      "VERSION_CONFLICT",
    ]);
    const key = { edgeTypeId: 100, fromId: ada, toId: bob };
    await run("e1", {
      case: "updateEdge",
      value: { target: { case: "key", value: key }, fields: { 1: int(2001n) } },
    });
    await run("e2", { case: "deleteEdge", value: { target: { case: "id", value: knows } } });
    expect((await db.listEdges({ context, nodeId: ada })).edges).toEqual([]);
    await run("d1", { case: "deleteNode", value: { id: bob } });
    expect(await reasonOf(db.getNode({ context, id: bob }))).toBe("NODE_NOT_FOUND");
    expect((await db.getNode({ context, id: bob, includeDeleted: true })).node?.deleted).toBe(true);
    await run("r1", { case: "restoreNode", value: { id: bob } });
    await run("p1", { case: "purgeNode", value: { id: bob } });
    const gone = db.getNode({ context, id: bob, includeDeleted: true });
    expect(await reasonOf(gone)).toBe("NODE_NOT_FOUND");
  });

  test("finds what is there instead of making it, and says when a value is taken", async () => {
    const { db } = connect();
    const create = (onConflict: OnConflict): Operation => ({
      case: "createNode",
      value: { typeId: 1, fields: { 1: str("ada@x") }, onConflict },
    });
    const found = await db.executeAtomic({
      context,
      operations: operations(create(OnConflict.RETURN_EXISTING)),
    });
    expect(found.results[0]).toMatchObject({ nodeId: ids["ada"] ?? "", created: false });
    expect(found.idempotencyKey).not.toBe("");
    const taken = db.executeAtomic({ context, operations: operations(create(OnConflict.FAIL)) });
    expect(await reasonOf(taken)).toBe("UNIQUE_CONFLICT");
  });

  test("answers a durable write without its outcome", async () => {
    const { db } = connect();
    const durable = await db.executeAtomic({
      context,
      idempotencyKey: "durable",
      wait: WaitMode.DURABLE,
      operations: operations({ case: "createNode", value: { typeId: 1, fields: {} } }),
    });
    expect([durable.applied, durable.results[0]?.version]).toEqual([false, 0n]);
    const read = { atLeast: durable.positionToken };
    const receipt = await db.getReceipt({ context, idempotencyKey: "durable", read });
    expect(receipt.state).toBe(ReceiptState.APPLIED);
  });

  test("says that a schema is unknown, and takes the types along", async () => {
    const { db } = connect();
    const sent = {
      context: { ...context, tenantId: "other" },
      schemaFingerprint: `sha256:${"0".repeat(64)}`,
      operations: operations({ case: "createNode", value: { typeId: 9, fields: {} } }),
    };
    expect(await reasonOf(db.executeAtomic(sent))).toBe("SCHEMA_UNKNOWN");
    const schema = { nodeTypes: [{ typeId: 9, name: "Note" }] };
    const { results } = await db.executeAtomic({ ...sent, schemaFingerprint: "", schema });
    expect(results[0]?.created).toBe(true);
  });

  test("names the place of what the engine refuses", async () => {
    const { db } = connect();
    const fields = { 1: str("\u0000") };
    const call = db.executeAtomic({
      context,
      operations: operations({ case: "createNode", value: { typeId: 1, fields } }),
    });
    const error = ConnectError.from(await call.catch((thrown: unknown) => thrown));
    expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe("INVALID_VALUE");
    const place = error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field;
    expect(place).toBe("operations[0].create_node.fields[1]");
  });

  test("tells operators where the log stands, and rebuilds a tenant to the same content", async () => {
    const { db, ops } = connect();
    const state = await ops.getLogPosition({});
    expect(state.endOffset).toBeGreaterThan(0n);
    expect(state.tenantsBehind).toEqual([]);
    const report = await ops.rebuildTenant({ tenantId: "acme" });
    expect(report.records).toBeGreaterThan(5n);
    expect(report.contentHashAfter).toBe(report.contentHashBefore);
    expect(report.outcomeDigestAfter).toBe(report.outcomeDigestBefore);
    expect((await db.getNode({ context, id: ids["ada"] ?? "" })).node?.version).toBe(2n);
    expect(await reasonOf(ops.rebuildTenant({ tenantId: "nobody" }))).toBe("TENANT_NOT_FOUND");
    expect(await reasonOf(ops.rebuildTenant({ tenantId: "../x" }))).toBe("INVALID_TENANT_ID");
    expect((await db.health({})).status).toBe("healthy");
  });

  test("never let a fault of ours happen", () => {
    expect(face.seen.faults).toEqual([]);
    expect(face.seen.started).toBe(face.seen.calls.length);
  });
});
