/**
 * The codec is written out by hand; the proto is what it must agree with. Random records are
 * encoded by one and decoded by the other, both ways, against the generated code.
 */

import { describe, expect, test } from "bun:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  CreateEdgeSchema,
  CreateNodeSchema,
  EdgeTargetSchema,
  NodeStepSchema,
  type Operation as OperationMessage,
  OperationSchema,
  type Record as RecordMessage,
  RecordSchema,
  SchemaSchema,
  TenantCreatedSchema,
  TransactionSchema,
  UpdateEdgeSchema,
  UpdateNodeSchema,
} from "../../gen/entdb/wal/v1/record_pb.ts";
import { EVERY_KIND, EVERY_VALUE, thingWith } from "../../test/harness/schemas.ts";
import { encodeSchemaText } from "../schema/schema-json.ts";
import type { Fields } from "../schema/value.ts";
import { decodeRecord, encodeRecord } from "./codec.ts";
import {
  type EdgeTarget,
  type Operation,
  RULES_VERSION,
  type TransactionRecord,
} from "./transaction.ts";
import { encodeFields } from "./value-codec.ts";

const SCHEMA = thingWith(...EVERY_KIND);
const SCHEMA_TEXT = encodeSchemaText(SCHEMA);

/** Lengths on both sides of where a length takes another byte. */
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.nat(300).map((length) => "a".repeat(length)),
  fc.constant("é".repeat(9_000)),
);
const id = fc.nat().map((n) => `nd_${String(n).padStart(26, "0")}`);
const typeId = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const version = fc.maxSafeNat();
const fields: fc.Arbitrary<Fields> = fc
  .subarray([...EVERY_VALUE])
  .map((entries) => new Map(entries));
const target: fc.Arbitrary<EdgeTarget> = fc.oneof(
  fc.record({ by: fc.constant("id" as const), id }),
  fc.record({ by: fc.constant("ends" as const), edgeTypeId: typeId, fromId: id, toId: id }),
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    op: fc.constant("create_node" as const),
    typeId,
    id,
    fields,
    returnExisting: fc.boolean(),
  }),
  fc.record({
    op: fc.constant("update_node" as const),
    id,
    fields,
    expectedVersion: version,
    preconditions: fields,
  }),
  fc.record({
    op: fc.constantFrom("delete_node" as const, "restore_node" as const, "purge_node" as const),
    id,
    expectedVersion: version,
  }),
  fc.record({
    op: fc.constant("create_edge" as const),
    edgeTypeId: typeId,
    id,
    fromId: id,
    toId: id,
    fields,
    returnExisting: fc.boolean(),
  }),
  fc.record({ op: fc.constant("update_edge" as const), target, fields }),
  fc.record({ op: fc.constant("delete_edge" as const), target }),
  fc.constant({ op: "register_schema" as const, schema: SCHEMA }),
);
const record: fc.Arbitrary<TransactionRecord> = fc.record({
  rulesVersion: fc.constant(RULES_VERSION),
  tenantId: text,
  incarnation: version,
  actor: text,
  roles: fc.array(text),
  idempotencyKey: text,
  serverMadeKey: fc.boolean(),
  requestHash: fc.uint8Array({ maxLength: 40 }),
  credential: text,
  body: fc.oneof(
    fc.record({
      kind: fc.constant("transaction" as const),
      operations: fc.array(operation),
      attachedSchema: fc.constantFrom(undefined, SCHEMA),
    }),
    fc.record({
      kind: fc.constant("tenant_created" as const),
      tenantId: text,
      incarnation: version,
      partition: fc.nat(),
      directory: text,
    }),
  ),
});

/** The same record as the generated code holds it. */
function messageOf(wanted: TransactionRecord): RecordMessage {
  const { body, roles, incarnation, ...envelope } = wanted;
  if (body.kind !== "transaction" && body.kind !== "tenant_created") {
    throw new Error(`no message for ${body.kind}`);
  }
  return create(RecordSchema, {
    ...envelope,
    roles: [...roles],
    incarnation: BigInt(incarnation),
    body:
      body.kind === "transaction"
        ? {
            case: "transaction",
            value: create(TransactionSchema, {
              operations: body.operations.map(operationMessage),
              ...(body.attachedSchema && {
                attachedSchema: create(SchemaSchema, { json: SCHEMA_TEXT }),
              }),
            }),
          }
        : {
            case: "tenantCreated",
            value: create(TenantCreatedSchema, {
              tenantId: body.tenantId,
              incarnation: BigInt(body.incarnation),
              partition: body.partition,
              directory: body.directory,
            }),
          },
  });
}

function operationMessage(wanted: Operation): OperationMessage {
  const message = create(OperationSchema);
  message.operation = operationCase(wanted);
  return message;
}

const STEPS = {
  delete_node: "deleteNode",
  restore_node: "restoreNode",
  purge_node: "purgeNode",
} as const;

function operationCase(wanted: Operation): OperationMessage["operation"] {
  switch (wanted.op) {
    case "create_node": {
      const { op: _, sharing: __, ...plain } = wanted;
      const value = create(CreateNodeSchema, { ...plain, fields: encodeFields(wanted.fields) });
      return { case: "createNode", value };
    }
    case "update_node": {
      const value = create(UpdateNodeSchema, {
        id: wanted.id,
        fields: encodeFields(wanted.fields),
        expectedVersion: BigInt(wanted.expectedVersion),
        preconditions: encodeFields(wanted.preconditions),
      });
      return { case: "updateNode", value };
    }
    case "delete_node":
    case "restore_node":
    case "purge_node": {
      const expectedVersion = BigInt(wanted.expectedVersion);
      const value = create(NodeStepSchema, { id: wanted.id, expectedVersion });
      return { case: STEPS[wanted.op], value };
    }
    case "create_edge": {
      const { op: _, ...plain } = wanted;
      const value = create(CreateEdgeSchema, { ...plain, fields: encodeFields(wanted.fields) });
      return { case: "createEdge", value };
    }
    case "update_edge": {
      const value = create(UpdateEdgeSchema, {
        target: targetMessage(wanted.target),
        fields: encodeFields(wanted.fields),
      });
      return { case: "updateEdge", value };
    }
    case "delete_edge":
      return { case: "deleteEdge", value: targetMessage(wanted.target) };
    case "register_schema":
      return { case: "registerSchema", value: create(SchemaSchema, { json: SCHEMA_TEXT }) };
    default:
      throw new Error(`no message for ${wanted.op}`);
  }
}

function targetMessage(wanted: EdgeTarget) {
  const { by: _, ...plain } = wanted;
  return create(EdgeTargetSchema, plain);
}

describe("a record's bytes", () => {
  test("are those of the generated code, byte by byte", () => {
    fc.assert(
      fc.property(record, (wanted) => {
        expect(Buffer.from(encodeRecord(wanted))).toEqual(
          Buffer.from(toBinary(RecordSchema, messageOf(wanted))),
        );
      }),
    );
  });

  test("read back as the record", () => {
    fc.assert(
      fc.property(record, ({ body, ...envelope }) => {
        const { decodeBody, ...found } = decodeRecord(encodeRecord({ ...envelope, body }));
        expect(found).toEqual(envelope);
        expect(decodeBody()).toEqual(body);
      }),
    );
  });

  test("cut short anywhere are never another record", () => {
    fc.assert(
      fc.property(record, fc.double({ min: 0, max: 1, noNaN: true }), (wanted, place) => {
        const whole = encodeRecord(wanted);
        const cut = whole.slice(0, Math.floor((whole.length - 1) * place));
        let bytes: Uint8Array | undefined;
        try {
          const { decodeBody, ...envelope } = decodeRecord(cut);
          bytes = encodeRecord({ ...envelope, body: decodeBody() });
        } catch {
          return;
        }
        // Between two fields a cut shows only in what is missing.
        expect(fromBinary(RecordSchema, bytes)).toEqual(fromBinary(RecordSchema, cut));
      }),
    );
  });
});

describe("fields of a later version", () => {
  test("are passed over wherever they stand, of every wire type", () => {
    const later = new Uint8Array([
      ...[0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], // 15: 2^64 - 1
      ...[0x79, 1, 2, 3, 4, 5, 6, 7, 8], // 15: fixed64
      ...[0x7a, 0x02, 9, 9], // 15: bytes
      ...[0x7d, 1, 2, 3, 4], // 15: fixed32
      ...[0x82, 0x01, 0x00], // 16: bytes
    ]);
    fc.assert(
      fc.property(record, ({ body, ...envelope }) => {
        const bytes = encodeRecord({ ...envelope, body });
        for (const mixed of [
          [...later, ...bytes],
          [...bytes, ...later],
        ]) {
          const { decodeBody, ...found } = decodeRecord(new Uint8Array(mixed));
          expect(found).toEqual(envelope);
          expect(decodeBody()).toEqual(body);
        }
      }),
    );
  });

  test("of a wire type that protobuf has given up are damage", () => {
    expect(() => decodeRecord(new Uint8Array([0x7b]))).toThrow("a field with tag 123");
  });
});
