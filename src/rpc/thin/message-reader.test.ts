import { describe, expect, test } from "bun:test";
import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  type MessageInitShape,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  EntDBService,
  ExecuteAtomicRequestSchema,
  GetNodeRequestSchema,
  QueryNodesRequestSchema,
} from "../../../gen/entdb/v1/entdb_service_pb.ts";
import { EventStoreService } from "../../../gen/entdb/v1/events_pb.ts";
import type { FilterSchema } from "../../../gen/entdb/v1/filter_pb.ts";
import { ValueSchema } from "../../../gen/entdb/v1/model_pb.ts";
import { OperationsService } from "../../../gen/entdb/v1/operations_service_pb.ts";
import { TenantService } from "../../../gen/entdb/v1/tenant_service_pb.ts";
import { EventStore } from "../../../gen/eventstore/v1/eventstore_pb.ts";
import { messageReader } from "./message-reader.ts";

/** Every message that somebody sends us. */
const REQUESTS = [EntDBService, EventStoreService, EventStore, OperationsService, TenantService]
  .flatMap((service) => service.methods)
  .map((method) => method.input);

describe("the reader of messages", () => {
  test("comes to what the library comes to, for random messages of every request", () => {
    const read = new Map(REQUESTS.map((desc) => [desc, messageReader(desc)]));
    let ours = 0;
    fc.assert(
      fc.property(requests(), ({ desc, bytes }) => {
        const message = read.get(desc)?.(bytes);
        if (message === undefined) return;
        ours += 1;
        expect(message).toStrictEqual(fromBinary(desc, bytes));
      }),
      { numRuns: 3_000 },
    );
    expect(ours).toBeGreaterThan(2_000);
  });

  test("leaves to the library what it would make something else of, however bytes were changed", () => {
    const read = new Map(REQUESTS.map((desc) => [desc, messageReader(desc)]));
    fc.assert(
      fc.property(
        requests(),
        fc.array(change(), { minLength: 1, maxLength: 3 }),
        (sent, changes) => {
          const bytes = changes.reduce<Uint8Array>((old, each) => each(old), sent.bytes);
          const message = read.get(sent.desc)?.(bytes);
          if (message !== undefined) expect(message).toStrictEqual(fromBinary(sent.desc, bytes));
        },
      ),
      { numRuns: 10_000 },
    );
  });

  test.each([
    ["a field that nobody knows", [0xf8, 0x07, 1]],
    ["a submessage twice, which is one message", [0x0a, 2, 0x0a, 0, 0x0a, 2, 0x12, 0]],
    ["a text that is not UTF-8", [0x12, 1, 0xff]],
    ["a length beyond the end", [0x12, 5, 0x61]],
    ["another wire type than the field's", [0x10, 1]],
    ["the beginning of a group", [0x13]],
  ])("does not read %s", (_name, bytes) => {
    expect(messageReader(GetNodeRequestSchema)(Uint8Array.from(bytes))).toBeUndefined();
  });

  test("reads what clients send: a write with fields of every kind", () => {
    const kinds = [
      { case: "strValue", value: "naïve \u{1f980}" },
      { case: "intValue", value: -(2n ** 63n) },
      { case: "intValue", value: 2n ** 53n + 1n },
      { case: "floatValue", value: Number.NEGATIVE_INFINITY },
      { case: "boolValue", value: true },
      { case: "listIntValue", value: { values: [1n, -1n, 2n ** 62n] } },
      { case: "bytesValue", value: Uint8Array.of(0, 255) },
    ] satisfies MessageInitShape<typeof ValueSchema>["kind"][];
    const fields = Object.fromEntries(
      kinds.map((kind, i) => [i + 1, create(ValueSchema, { kind })]),
    );
    const message = create(ExecuteAtomicRequestSchema, {
      context: { tenantId: "t", actor: "user:a" },
      operations: [{ operation: { case: "createNode", value: { typeId: 1, fields } } }],
    });
    const bytes = toBinary(ExecuteAtomicRequestSchema, message);
    expect(messageReader(ExecuteAtomicRequestSchema)(bytes)).toStrictEqual(message);
  });

  test("reads messages in one another as deep as filters go, and leaves deeper ones to the library", () => {
    const nested = (depth: number): Uint8Array => {
      let filter: MessageInitShape<typeof FilterSchema> = {};
      for (let i = 0; i < depth; i++) {
        filter = { node: { case: "and", value: { filters: [filter] } } };
      }
      return toBinary(QueryNodesRequestSchema, create(QueryNodesRequestSchema, { filter }));
    };
    const read = messageReader(QueryNodesRequestSchema);
    expect(read(nested(20))).toStrictEqual(fromBinary(QueryNodesRequestSchema, nested(20)));
    expect(read(nested(40))).toBeUndefined();
  });
});

function requests() {
  return fc
    .constantFrom(...REQUESTS)
    .chain((desc) =>
      messageOf(desc, 0).map((message) => ({ desc, bytes: toBinary(desc, message) })),
    );
}

type Change = (bytes: Uint8Array) => Uint8Array;

/** Random bytes, cut off, put twice, or with one of them another. */
function change(): fc.Arbitrary<Change> {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  return fc.oneof(
    fc.tuple(place, fc.nat(255)).map(([at, byte]) => (bytes: Uint8Array) => {
      const changed = Uint8Array.from(bytes);
      if (changed.length > 0) changed[Math.floor(at * changed.length)] = byte;
      return changed;
    }),
    place.map((at) => (bytes: Uint8Array) => bytes.subarray(0, Math.floor(at * bytes.length))),
    place.map((at) => (bytes: Uint8Array) => {
      return Buffer.concat([bytes, bytes.subarray(Math.floor(at * bytes.length))]);
    }),
    fc.uint8Array({ maxLength: 12 }).map((more) => (bytes: Uint8Array) => {
      return Buffer.concat([bytes, more]);
    }),
  );
}

function messageOf(desc: DescMessage, depth: number): fc.Arbitrary<Message> {
  const members = Object.fromEntries(
    desc.members
      .filter((member) => depth < 4 || (member.kind === "field" && member.message === undefined))
      .map((member) => {
        if (member.kind === "field")
          return [member.localName, fc.option(valueIn(member, depth), { nil: undefined })];
        const cases = member.fields
          .filter((field) => depth < 4 || field.message === undefined)
          .map((field) => valueIn(field, depth).map((value) => ({ case: field.localName, value })));
        return [member.localName, fc.oneof(fc.constant({ case: undefined }), ...cases)];
      }),
  );
  return fc.record(members).map((init) => create(desc, init as never) as Message);
}

function valueIn(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const one = (): fc.Arbitrary<unknown> => {
    if (field.message !== undefined) return messageOf(field.message, depth + 1);
    if (field.enum !== undefined)
      return fc.constantFrom(...field.enum.values.map((each) => each.number));
    return scalarOf(field.scalar ?? ScalarType.STRING);
  };
  if (field.fieldKind === "list") return fc.array(one(), { maxLength: 3 });
  if (field.fieldKind !== "map") return one();
  const entries = fc.array(fc.tuple(scalarOf(field.mapKey), one()), { maxLength: 3 });
  return entries.map((pairs) =>
    Object.fromEntries(pairs.map(([key, value]) => [String(key), value])),
  );
}

function scalarOf(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.string({ unit: "grapheme" });
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 8 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.DOUBLE:
      return fc.double();
    case ScalarType.INT32:
      return fc.integer();
    case ScalarType.UINT32:
      return fc.nat().map((value) => value * 2);
    case ScalarType.UINT64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    default:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  }
}
