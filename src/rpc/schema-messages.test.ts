import { describe, expect, test } from "bun:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { SchemaSchema, FieldKind as WireFieldKind } from "../../gen/entdb/v1/model_pb.ts";
import { refusal } from "../../test/harness/refusal.ts";
import type { Field, Schema } from "../schema/types.ts";
import { FIELD_KINDS } from "../schema/value.ts";
import { decodeSchema } from "./decode-schema.ts";
import { encodeSchema, encodeSchemaBuild } from "./encode-schema.ts";

const FIELDS: Field[] = FIELD_KINDS.map((kind, index) => ({
  fieldId: index + 1,
  name: `field_${kind}`,
  kind,
  required: index % 2 === 0,
  defaultValue: kind === "int" ? { kind: "int", value: 0n } : undefined,
  enumValues: kind === "enum" ? ["open", "done"] : [],
  deprecated: index % 3 === 0,
  unique: kind === "str",
  indexed: kind === "timestamp",
  searchable: kind === "str",
  description: "what it is",
  refTypeId: kind === "ref" ? 2 : 0,
}));

const SCHEMA: Schema = {
  nodeTypes: [
    {
      typeId: 1,
      name: "Task",
      description: "something to do",
      deprecated: true,
      fields: FIELDS,
      uniqueKeys: [{ keyId: 1, name: "by_name", fieldIds: [3, 1] }],
      defaultGrants: [{ principal: "tenant:*", permission: "write" }],
      reservedFieldIds: [7],
    },
    {
      typeId: 2,
      name: "User",
      description: "",
      deprecated: false,
      fields: [],
      uniqueKeys: [],
      defaultGrants: [],
      reservedFieldIds: [],
    },
  ],
  edgeTypes: [
    {
      edgeTypeId: 7,
      name: "AssignedTo",
      description: "who does it",
      deprecated: true,
      fromTypeId: 1,
      toTypeId: 2,
      fields: FIELDS.slice(0, 2),
      uniquePerFrom: true,
      reservedFieldIds: [8],
    },
  ],
  reservedTypeIds: [9],
  reservedEdgeTypeIds: [10, 11],
};

describe("schemas", () => {
  test("come back as they went", () => {
    const bytes = toBinary(SchemaSchema, encodeSchema(SCHEMA));
    expect(decodeSchema(fromBinary(SchemaSchema, bytes), "schema")).toEqual(SCHEMA);
  });

  test("are decoded in ascending id, whatever order they were sent in; fields of a key keep theirs", () => {
    const wire = encodeSchema(SCHEMA);
    wire.nodeTypes.reverse();
    for (const type of wire.nodeTypes) type.fields.reverse();
    expect(decodeSchema(wire, "schema")).toEqual(SCHEMA);
  });

  test("take a default of null for none", () => {
    const wire = create(SchemaSchema, {
      nodeTypes: [
        {
          typeId: 1,
          fields: [
            {
              fieldId: 1,
              kind: WireFieldKind.STR,
              defaultValue: { kind: { case: "nullValue", value: 0 } },
            },
          ],
        },
      ],
    });
    const schema = decodeSchema(wire, "schema");
    expect(schema.nodeTypes[0]?.fields[0]?.defaultValue).toBeUndefined();
  });

  test("without their parts are refused, with the place", () => {
    expect(refusal(() => decodeSchema(undefined, "schema")).details["field"]).toBe("schema");
    const noKind = create(SchemaSchema, { edgeTypes: [{ edgeTypeId: 1, fields: [{}] }] });
    const error = refusal(() => decodeSchema(noKind, "schema"));
    expect(error.details["field"]).toBe("schema.edge_types[0].fields[0].kind");
    const noValue = create(SchemaSchema, {
      nodeTypes: [{ typeId: 1, fields: [{ kind: WireFieldKind.INT, defaultValue: {} }] }],
    });
    const path = "schema.node_types[0].fields[0].default_value";
    expect(refusal(() => decodeSchema(noValue, "schema")).details["field"]).toBe(path);
  });
});

test("how far a schema has been applied to existing nodes goes to the wire as it is", () => {
  const build = { walPosition: "0:7", step: "counting", rowsDone: 3, rowsTotal: 2 ** 40 };
  expect(encodeSchemaBuild(build)).toMatchObject({
    ...build,
    rowsDone: 3n,
    rowsTotal: 2n ** 40n,
  });
});
