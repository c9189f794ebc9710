import { describe, expect, test } from "bun:test";
import { refusal } from "../../test/harness/refusal.ts";
import { EVERY_KIND, NODE_A, schemaOf, thingWith } from "../../test/harness/schemas.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { checkReferences, parseSchema } from "./parse-schema.ts";
import { decodeSchema } from "./schema-json.ts";
import type { FieldKind, Value } from "./value.ts";

const refuse = (form: JsonValue) => refusal(() => schemaOf(form));
const refuseField = (field: JsonObject) =>
  refusal(() => thingWith({ field_id: 1, name: "f", kind: "str", ...field }));
const fieldsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ field_id: i + 1, name: `f${i}`, kind: "str" }));

describe("a schema is put into its normal form", () => {
  test("types, fields and keys in ascending id, a key's members as sent", () => {
    const schema = schemaOf({
      node_types: [
        { type_id: 7, name: "B" },
        {
          type_id: 2,
          name: "A",
          fields: [
            { field_id: 9, name: "z", kind: "int" },
            { field_id: 3, name: "y", kind: "str" },
          ],
          unique_keys: [
            { key_id: 2, name: "k2", field_ids: [9, 3] },
            { key_id: 1, name: "k1", field_ids: [3] },
          ],
        },
      ],
      edge_types: [
        { edge_type_id: 5, name: "E5" },
        { edge_type_id: 4, name: "E4", from_type_id: 7 },
      ],
    });
    expect(schema.nodeTypes.map((type) => type.typeId)).toEqual([2, 7]);
    expect(schema.edgeTypes.map((type) => type.edgeTypeId)).toEqual([4, 5]);
    const [a] = schema.nodeTypes;
    expect(a?.fields.map((field) => field.fieldId)).toEqual([3, 9]);
    expect(a?.uniqueKeys.map((key) => [key.keyId, ...key.fieldIds])).toEqual([
      [1, 3],
      [2, 9, 3],
    ]);
  });

  test("every kind, with every attribute it may have", () => {
    const fields = EVERY_KIND.map((form) => {
      const field = form as JsonObject;
      const kind = field["kind"] as FieldKind;
      const indexed = !["json", "list_str", "list_int"].includes(kind);
      return {
        ...field,
        required: true,
        deprecated: true,
        description: "described",
        indexed,
        unique: indexed && kind !== "bool" && kind !== "float",
        searchable: kind === "str" || kind === "list_str",
        ...(kind === "ref" && { ref_type_id: 1 }),
      };
    });
    expect(thingWith(...fields).nodeTypes[0]?.fields).toHaveLength(11);
  });

  test("a default of -0 becomes 0, one of null becomes none", () => {
    const [minus] = thingWith({ field_id: 1, name: "f", kind: "float", default: -0 }).nodeTypes;
    expect(minus?.fields[0]?.defaultValue).toEqual({ kind: "float", value: 0 });
    const [sent] = thingWith({ field_id: 1, name: "f", kind: "str" }).nodeTypes;
    const field = { ...sent?.fields[0], defaultValue: { kind: "null" } as Value };
    const parsed = parseSchema({
      nodeTypes: [{ ...sent, fields: [field] } as never],
      edgeTypes: [],
      reservedTypeIds: [],
      reservedEdgeTypeIds: [],
    });
    expect(parsed.nodeTypes[0]?.fields[0]?.defaultValue).toBeUndefined();
  });

  test("a schema may refer to types it does not hold; the whole may not", () => {
    const part = parseSchema(
      decodeSchema({ edge_types: [{ edge_type_id: 1, name: "E", from_type_id: 4 }] }),
    );
    expect(refusal(() => checkReferences(part)).message).toContain("names node type 4");
    const ref = parseSchema(
      decodeSchema({
        node_types: [
          {
            type_id: 1,
            name: "A",
            fields: [{ field_id: 2, name: "r", kind: "ref", ref_type_id: 9 }],
          },
        ],
      }),
    );
    const error = refusal(() => checkReferences(ref));
    expect(error.reason).toBe("SCHEMA_INVALID");
    expect(error.message).toContain("node type 1 (A) field 2 (r)");
  });
});

describe("ids and names", () => {
  test.each([0, -1, 2 ** 31, 1e10])("the id %d is refused", (id) => {
    const error = refuse({ node_types: [{ type_id: id, name: "A" }] });
    expect(error.reason).toBe("SCHEMA_INVALID");
    expect(error.details["type_id"]).toBe(String(id));
    expect(refuseField({ field_id: id }).reason).toBe("SCHEMA_INVALID");
    expect(refuse({ edge_types: [{ edge_type_id: id, name: "A" }] }).reason).toBe("SCHEMA_INVALID");
  });

  test("the greatest id is taken, a broken one is not", () => {
    expect(schemaOf({ node_types: [{ type_id: 2 ** 31 - 1, name: "A" }] }).nodeTypes).toHaveLength(
      1,
    );
    const broken = {
      nodeTypes: [{ typeId: Number.NaN, name: "A" }],
      edgeTypes: [],
      reservedTypeIds: [],
      reservedEdgeTypeIds: [],
    };
    expect(refusal(() => parseSchema(broken as never)).reason).toBe("SCHEMA_INVALID");
  });

  test.each(["", "1a", "_a", "a-b", "a b", "é", "a\n", "a".repeat(64), "a.b"])(
    "the name %j is refused",
    (name) => {
      const error = refuseField({ name });
      expect(error.reason).toBe("SCHEMA_INVALID");
      expect(error.message).toContain(JSON.stringify(name));
      expect(refuse({ node_types: [{ type_id: 1, name }] }).reason).toBe("SCHEMA_INVALID");
      expect(refuse({ edge_types: [{ edge_type_id: 1, name }] }).reason).toBe("SCHEMA_INVALID");
    },
  );

  test.each(["a", "A_1", "a".repeat(63), "constructor", "toString"])(
    "the name %s is taken",
    (name) => {
      expect(thingWith({ field_id: 1, name, kind: "str" }).nodeTypes[0]?.fields[0]?.name).toBe(
        name,
      );
    },
  );

  test.each([
    "id",
    "type_id",
    "tenant_id",
    "owner_actor",
    "version",
    "created_at",
    "updated_at",
    "deleted",
  ])("the field name %s is reserved", (name) => {
    const error = refuseField({ name });
    expect(error.message).toBe(
      `Node type 1 (Thing) field 1 (${name}): the name ${name} is reserved.`,
    );
  });

  test.each([
    [
      {
        node_types: [
          { type_id: 1, name: "A" },
          { type_id: 1, name: "B" },
        ],
      },
      "type_id 1",
    ],
    [
      {
        node_types: [
          { type_id: 1, name: "A" },
          { type_id: 2, name: "A" },
        ],
      },
      'name "A"',
    ],
    [
      {
        edge_types: [
          { edge_type_id: 1, name: "A" },
          { edge_type_id: 1, name: "B" },
        ],
      },
      "edge_type_id 1",
    ],
    [
      {
        edge_types: [
          { edge_type_id: 1, name: "A" },
          { edge_type_id: 2, name: "A" },
        ],
      },
      'name "A"',
    ],
  ])("used twice: %j", (form, what) => {
    expect(refuse(form as JsonValue).message).toContain(`the ${what} is used twice`);
  });

  test("fields and keys of a type, likewise", () => {
    const f = { field_id: 1, name: "f", kind: "str" };
    expect(refusal(() => thingWith(f, { ...f, name: "g" })).message).toContain(
      "field_id 1 is used twice",
    );
    expect(refusal(() => thingWith(f, { ...f, field_id: 2 })).message).toContain(
      'name "f" is used twice',
    );
    const withKeys = (...unique_keys: JsonValue[]) =>
      refuse({ node_types: [{ type_id: 1, name: "A", fields: [f], unique_keys }] });
    const key = { key_id: 1, name: "k", field_ids: [1] };
    expect(withKeys(key, { ...key, name: "l" }).message).toContain("key_id 1 is used twice");
    expect(withKeys(key, { ...key, key_id: 2 }).message).toContain('unique key "k" is used twice');
    expect(withKeys({ ...key, name: "f" }).message).toContain("a field has this name already");
  });

  test("node and edge types have names of their own", () => {
    const schema = schemaOf({
      node_types: [{ type_id: 1, name: "A" }],
      edge_types: [{ edge_type_id: 1, name: "A" }],
    });
    expect(schema.edgeTypes[0]?.name).toBe("A");
  });
});

describe("what belongs to a kind", () => {
  test("an unknown kind that a decoder let through", () => {
    const [type] = thingWith({ field_id: 1, name: "f", kind: "str" }).nodeTypes;
    const field = { ...type?.fields[0], kind: "string" };
    const error = refusal(() =>
      parseSchema({
        nodeTypes: [{ ...type, fields: [field] } as never],
        edgeTypes: [],
        reservedTypeIds: [],
        reservedEdgeTypeIds: [],
      }),
    );
    expect(error.message).toContain('"string" is not a kind');
  });

  test.each([
    [{ kind: "enum" }, "an enum without values"],
    [{ kind: "enum", enum_values: ["a", "a"] }, 'enum value "a" is used twice'],
    [{ kind: "enum", enum_values: [""] }, "cannot be an enum value"],
    [{ kind: "enum", enum_values: ["a\u0000"] }, "cannot be an enum value"],
    [{ kind: "enum", enum_values: ["\ud800"] }, "cannot be an enum value"],
    [{ enum_values: ["a"] }, "has no enum values"],
    [{ ref_type_id: 1 }, "has no ref_type_id"],
    [{ kind: "ref", ref_type_id: -1 }, "ref_type_id is -1"],
    [{ kind: "enum", enum_values: ["a"], default: "b" }, '"b" is none of'],
    [{ kind: "ref", default: "nd_1" }, "is not a node's id"],
    [{ default: "a\u0000" }, "NUL"],
    [{ kind: "bool", unique: true }, "cannot be unique"],
    [{ kind: "float", unique: true }, "cannot be unique"],
    [{ kind: "json", unique: true }, "cannot be unique"],
    [{ kind: "list_int", unique: true }, "cannot be unique"],
    [{ kind: "json", indexed: true }, "cannot be indexed"],
    [{ kind: "list_str", indexed: true }, "cannot be indexed"],
    [{ kind: "int", searchable: true }, "cannot be searchable"],
    [{ kind: "json", searchable: true }, "cannot be searchable"],
    [{ description: "a\u0000" }, "NUL"],
  ])("%j is refused", (field, problem) => {
    const error = refuseField(field as JsonObject);
    expect(error.reason).toBe("SCHEMA_INVALID");
    expect(error.message).toContain(problem);
    expect(error.hint).not.toBeUndefined();
  });

  test("defaults of the wrong kind, and an ordinal past the end, as gRPC could send them", () => {
    const withDefault = (kind: FieldKind, defaultValue: Value) => {
      const enum_values = kind === "enum" ? ["a", "b"] : [];
      const [type] = thingWith({ field_id: 1, name: "f", kind, enum_values }).nodeTypes;
      const field = { ...type?.fields[0], defaultValue };
      return () =>
        parseSchema({
          nodeTypes: [{ ...type, fields: [field] } as never],
          edgeTypes: [],
          reservedTypeIds: [],
          reservedEdgeTypeIds: [],
        });
    };
    expect(refusal(withDefault("str", { kind: "int", value: 1n })).message).toContain(
      "the default is of kind int",
    );
    expect(refusal(withDefault("enum", { kind: "enum", value: 3 })).message).toContain("ordinal 3");
    expect(refusal(withDefault("enum", { kind: "enum", value: 0 })).reason).toBe("SCHEMA_INVALID");
    expect(refusal(withDefault("float", { kind: "float", value: Number.NaN })).reason).toBe(
      "SCHEMA_INVALID",
    );
    expect(refusal(withDefault("json", { kind: "json", value: "{" })).reason).toBe(
      "SCHEMA_INVALID",
    );
    expect(withDefault("enum", { kind: "enum", value: 2 })().nodeTypes).toHaveLength(1);
    expect(withDefault("ref", { kind: "ref", value: NODE_A })().nodeTypes).toHaveLength(1);
  });

  test.each(["unique", "indexed", "searchable"])("a field of an edge cannot be %s", (attribute) => {
    const field = { field_id: 1, name: "f", kind: "str", [attribute]: true };
    const error = refuse({ edge_types: [{ edge_type_id: 1, name: "E", fields: [field] }] });
    expect(error.message).toContain(`cannot be ${attribute}`);
    expect(error.details).toEqual({
      edge_type_id: "1",
      type_name: "E",
      field_id: "1",
      field_name: "f",
    });
  });

  test.each([
    [[], "it has no fields"],
    [[9], "the type has no field 9"],
    [[3], "of kind float cannot be part of a key"],
    [[7], "of kind list_str cannot be part of a key"],
    [[10], "of kind json cannot be part of a key"],
    [[1, 1], "field_ids 1 is used twice"],
  ])("a key over %j is refused", (field_ids, problem) => {
    const fields = EVERY_KIND.filter((field) => (field as JsonObject)["field_id"] !== 9);
    const unique_keys = [{ key_id: 1, name: "k", field_ids }];
    const error = refuse({ node_types: [{ type_id: 1, name: "A", fields, unique_keys }] });
    expect(error.message).toContain(problem);
  });

  test("a key may hold a bool next to others", () => {
    const unique_keys = [{ key_id: 1, name: "k", field_ids: [4, 1] }];
    const form = { node_types: [{ type_id: 1, name: "A", fields: EVERY_KIND, unique_keys }] };
    expect(schemaOf(form).nodeTypes[0]?.uniqueKeys).toHaveLength(1);
  });
});

describe("limits: at the limit, and one past it", () => {
  const values = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`);
  const types = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ type_id: i + 1, name: `T${i}` }));
  const keyed = (keys: number, members: number) => ({
    node_types: [
      {
        type_id: 1,
        name: "A",
        fields: fieldsOf(Math.max(keys, members)),
        unique_keys: Array.from({ length: keys }, (_, i) => ({
          key_id: i + 1,
          name: `k${i}`,
          field_ids: Array.from({ length: members }, (_member, j) => j + 1),
        })),
      },
    ],
  });

  test.each([
    [
      "types",
      { node_types: types(limits.typesPerSchema) },
      { node_types: types(limits.typesPerSchema), edge_types: [{ edge_type_id: 1, name: "E" }] },
    ],
    [
      "fields",
      { node_types: [{ type_id: 1, name: "A", fields: fieldsOf(limits.fieldsPerType) }] },
      { node_types: [{ type_id: 1, name: "A", fields: fieldsOf(limits.fieldsPerType + 1) }] },
    ],
    ["keys", keyed(limits.uniqueKeysPerType, 1), keyed(limits.uniqueKeysPerType + 1, 1)],
    ["key members", keyed(1, limits.fieldsPerKey), keyed(1, limits.fieldsPerKey + 1)],
    [
      "description",
      { node_types: [{ type_id: 1, name: "A", description: "x".repeat(limits.descriptionChars) }] },
      {
        node_types: [
          { type_id: 1, name: "A", description: "x".repeat(limits.descriptionChars + 1) },
        ],
      },
    ],
  ])("%s", (_what, at, past) => {
    expect(() => schemaOf(at as JsonValue)).not.toThrow();
    expect(refuse(past as JsonValue).reason).toBe("LIMIT_EXCEEDED");
  });

  test("enum values, and the length of one", () => {
    const withValues = (enum_values: string[]) => ({ kind: "enum", enum_values });
    const field = { field_id: 1, name: "f", ...withValues(values(limits.enumValuesPerField)) };
    expect(() => thingWith(field)).not.toThrow();
    expect(refuseField(withValues(values(limits.enumValuesPerField + 1))).reason).toBe(
      "LIMIT_EXCEEDED",
    );
    const long = "x".repeat(limits.enumValueChars);
    expect(() => thingWith({ ...field, enum_values: [long] })).not.toThrow();
    expect(refuseField(withValues([`${long}x`])).reason).toBe("LIMIT_EXCEEDED");
  });
});

describe("default grants and reserved numbers", () => {
  const granting = (...default_grants: readonly JsonValue[]) => ({
    node_types: [{ type_id: 1, name: "A", default_grants }],
  });

  test("are sorted, each number once", () => {
    const schema = schemaOf({
      ...granting(
        { principal: "user:b", permission: "admin" },
        { principal: "group:eng", permission: "read" },
        { principal: "tenant:*", permission: "write" },
      ),
      reserved_type_ids: [9, 3, 9],
    });
    expect(schema.nodeTypes[0]?.defaultGrants.map((grant) => grant.principal)).toEqual([
      "group:eng",
      "tenant:*",
      "user:b",
    ]);
    expect(schema.reservedTypeIds).toEqual([3, 9]);
  });

  test.each([
    ["alice"],
    ["user:"],
    ["user:a b"],
    ["tenant:acme"],
    ["robot:x"],
    [`user:${"x".repeat(300)}`],
  ])("a grant to %j is refused", (principal) => {
    const error = refusal(() => schemaOf(granting({ principal, permission: "read" })));
    expect(error.reason).toBe("SCHEMA_INVALID");
    expect(error.details["type_id"]).toBe("1");
    expect(error.hint).toContain("tenant:*");
  });

  test("two grants to one principal are refused, and more than a node may be given", () => {
    const grant = { principal: "user:a", permission: "read" };
    expect(refusal(() => schemaOf(granting(grant, { ...grant, permission: "write" }))).reason).toBe(
      "SCHEMA_INVALID",
    );
    const many = (count: number) =>
      granting(...Array.from({ length: count }, (_, i) => ({ ...grant, principal: `user:u${i}` })));
    expect(schemaOf(many(limits.principalsPerNode)).nodeTypes).toHaveLength(1);
    expect(refusal(() => schemaOf(many(limits.principalsPerNode + 1))).reason).toBe(
      "LIMIT_EXCEEDED",
    );
  });

  const FIELD = { field_id: 7, name: "x", kind: "str" };
  test.each([
    [{ node_types: [{ type_id: 1, name: "A" }], reserved_type_ids: [1] }, "reserved_type_ids"],
    [
      { edge_types: [{ edge_type_id: 1, name: "E" }], reserved_edge_type_ids: [1] },
      "reserved_edge_type_ids",
    ],
    [
      { node_types: [{ type_id: 1, name: "A", fields: [FIELD], reserved_field_ids: [7] }] },
      "reserved_field_ids",
    ],
    [
      { edge_types: [{ edge_type_id: 1, name: "E", fields: [FIELD], reserved_field_ids: [7] }] },
      "reserved_field_ids",
    ],
    [{ reserved_type_ids: [0] }, "reserved_type_ids"],
    [{ reserved_edge_type_ids: [2 ** 31] }, "reserved_edge_type_ids"],
    [{ node_types: [{ type_id: 1, name: "A", reserved_field_ids: [-1] }] }, "reserved_field_ids"],
  ])("%j is refused, naming the list", (form, list) => {
    const error = refusal(() => schemaOf(form));
    expect(error.reason).toBe("SCHEMA_INVALID");
    expect(error.message).toContain(list);
  });

  test("reserved numbers, and searchable fields: at the limit, and one past it", () => {
    const reserving = (count: number) => ({
      reserved_type_ids: Array.from({ length: count }, (_, i) => i + 1),
    });
    expect(schemaOf(reserving(limits.reservedIds)).nodeTypes).toEqual([]);
    expect(refusal(() => schemaOf(reserving(limits.reservedIds + 1))).reason).toBe(
      "LIMIT_EXCEEDED",
    );
    const searching = (count: number) => ({
      node_types: [
        {
          type_id: 1,
          name: "A",
          fields: Array.from({ length: count }, (_, i) => ({
            field_id: i + 1,
            name: `f${i}`,
            kind: i % 2 === 0 ? "str" : "list_str",
            searchable: true,
          })),
        },
      ],
    });
    expect(schemaOf(searching(limits.searchableFieldsPerType)).nodeTypes).toHaveLength(1);
    const error = refusal(() => schemaOf(searching(limits.searchableFieldsPerType + 1)));
    expect(error.reason).toBe("LIMIT_EXCEEDED");
  });
});
