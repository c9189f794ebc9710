import { expect, test } from "bun:test";
import { encodeRecord } from "../record/codec.ts";
import type { Operation, TransactionRecord } from "../record/transaction.ts";
import { RULES_VERSION } from "../record/transaction.ts";
import { EMPTY_FIELDS, type Fields, type Value } from "../schema/value.ts";
import { type LogRecord, RECORD_TYPE } from "../wal/wal.ts";
import { logLine } from "./log-line.ts";
import { logRows } from "./log-rows.ts";

function recordOf(body: TransactionRecord["body"], offset = 7, tenantId = "acme"): LogRecord {
  const record: TransactionRecord = {
    rulesVersion: RULES_VERSION,
    tenantId,
    incarnation: 1,
    actor: "user:ada",
    roles: [],
    credential: "",
    idempotencyKey: "k",
    serverMadeKey: false,
    requestHash: new Uint8Array(32).fill(1),
    body,
  };
  const type = RECORD_TYPE.record;
  return { offset, logTime: 1_700_000_000_000, type, body: encodeRecord(record) };
}

const transaction = (...operations: Operation[]): TransactionRecord["body"] => ({
  kind: "transaction",
  operations,
  attachedSchema: undefined,
});

const fields = (...values: Value[]): Fields => new Map(values.map((value, i) => [i + 1, value]));

function formOf(operation: Operation): unknown {
  const { operations } = logLine(recordOf(transaction(operation))) as { operations: unknown[] };
  return operations[0];
}

test("the envelope says where, when, who and under which key", () => {
  expect(logLine(recordOf(transaction()))).toEqual({
    offset: 7,
    log_time: 1_700_000_000_000,
    tenant_id: "acme",
    incarnation: 1,
    actor: "user:ada",
    roles: [],
    idempotency_key: "k",
    server_made_key: false,
    request_hash: "01".repeat(32),
    rules_version: RULES_VERSION,
    kind: "transaction",
    operations: [],
  });
});

test("every kind of value keeps its kind, and integers of 64 bits are not rounded", () => {
  const values: Value[] = [
    { kind: "str", value: "" },
    { kind: "int", value: 9223372036854775807n },
    { kind: "int", value: 0n },
    { kind: "float", value: 1.5 },
    { kind: "bool", value: false },
    { kind: "timestamp", value: 1_700_000_000_000n },
    { kind: "enum", value: 2 },
    { kind: "list_str", value: ["a"] },
    { kind: "list_int", value: [1n, -9223372036854775808n] },
    { kind: "ref", value: "nd_x" },
    { kind: "json", value: '{"a": 1}' },
    { kind: "bytes", value: new Uint8Array([255, 0]) },
  ];
  const id = "nd_x";
  expect(
    formOf({ op: "create_node", typeId: 1, id, fields: fields(...values), returnExisting: false }),
  ).toEqual({
    op: "create_node",
    type_id: 1,
    id,
    return_existing: false,
    fields: {
      1: { str: "" },
      2: { int: "9223372036854775807" },
      3: { int: 0 },
      4: { float: 1.5 },
      5: { bool: false },
      6: { timestamp: 1_700_000_000_000 },
      7: { enum: 2 },
      8: { list_str: ["a"] },
      9: { list_int: [1, "-9223372036854775808"] },
      10: { ref: "nd_x" },
      11: { json: '{"a": 1}' },
      12: { bytes: "/wA=" },
    },
  });
});

test("a cleared field is null", () => {
  const operation = formOf({
    op: "update_node",
    id: "nd_x",
    fields: fields({ kind: "null" }),
    expectedVersion: 3,
    preconditions: fields({ kind: "null" }),
  });
  expect(operation).toMatchObject({
    fields: { 1: null },
    preconditions: { 1: null },
    expected_version: 3,
  });
});

test("edges by id and by their ends", () => {
  const ends = { by: "ends", edgeTypeId: 9, fromId: "nd_a", toId: "nd_b" } as const;
  expect(formOf({ op: "delete_edge", target: ends })).toEqual({
    op: "delete_edge",
    edge_type_id: 9,
    from: "nd_a",
    to: "nd_b",
  });
  expect(
    formOf({ op: "update_edge", target: { by: "id", id: "ed_a" }, fields: EMPTY_FIELDS }),
  ).toEqual({
    op: "update_edge",
    id: "ed_a",
    fields: {},
  });
});

test("a tenant's creation", () => {
  const record = recordOf(
    { kind: "tenant_created", tenantId: "acme", incarnation: 1, partition: 0, directory: "d1" },
    0,
    "_system",
  );
  expect(logLine(record)).toMatchObject({
    tenant_id: "_system",
    kind: "tenant_created",
    created: { tenant_id: "acme", incarnation: 1, partition: 0, directory: "d1" },
  });
});

const UNREADABLE: LogRecord = {
  offset: 8,
  logTime: 1_700_000_000_000,
  type: RECORD_TYPE.record,
  body: new Uint8Array([255, 255]),
};

test("what cannot be decoded is shown raw, whatever tenant is asked for, and counted", () => {
  const rows = logRows("jsonl");
  const { text, undecodable } = rows.add([recordOf(transaction()), UNREADABLE], "another");
  expect(undecodable).toBe(1);
  expect(JSON.parse(text)).toEqual({
    offset: 8,
    log_time: 1_700_000_000_000,
    error: expect.any(String),
    body_base64: "//8=",
  });
});

test("json is one list, however the records come, and for none too", () => {
  const rows = logRows("json");
  const text =
    rows.add([recordOf(transaction(), 1)], undefined).text +
    rows.add([], undefined).text +
    rows.add([recordOf(transaction(), 2), recordOf(transaction(), 3)], undefined).text +
    rows.tail();
  expect(JSON.parse(text).map(({ offset }: { offset: number }) => offset)).toEqual([1, 2, 3]);
  expect(JSON.parse(logRows("json").tail())).toEqual([]);
});

test("a table counts the operations", () => {
  const node: Operation = {
    op: "create_node",
    typeId: 1,
    id: "nd_x",
    fields: EMPTY_FIELDS,
    returnExisting: false,
  };
  const step: Operation = { op: "delete_node", id: "nd_x", expectedVersion: 0 };
  const rows = logRows("table");
  const { text } = rows.add([recordOf(transaction(node, node, step))], "acme");
  const [head = "", line = ""] = text.split("\n");
  expect(head).toMatch(/^offset +log time +tenant +actor +what$/);
  expect(line).toMatch(
    /^7 +2023-11-14T22:13:20\.000Z +acme +user:ada +create_node ×2, delete_node$/,
  );
});
