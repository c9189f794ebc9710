import { describe, expect, test } from "bun:test";
import { refusal } from "../../test/harness/refusal.ts";
import { EVERY_KIND, schemaOf } from "../../test/harness/schemas.ts";
import type { JsonValue } from "../base/json.ts";
import { decodeSchema, decodeSchemaText, encodeSchema, encodeSchemaText } from "./schema-json.ts";
import { EMPTY_SCHEMA } from "./types.ts";

const FULL = `{
  "node_types": [{
    "type_id": 2, "name": "Task", "description": "To do", "deprecated": true,
    "fields": [
      {"field_id": 1, "name": "title", "kind": "str", "required": true, "searchable": true, "unique": true, "description": "d"},
      {"field_id": 2, "name": "status", "kind": "enum", "enum_values": ["todo", "done"], "default": "done", "indexed": true, "deprecated": true},
      {"field_id": 3, "name": "big", "kind": "int", "default": "9007199254740993"},
      {"field_id": 4, "name": "small", "kind": "int", "default": 0},
      {"field_id": 5, "name": "meta", "kind": "json", "default": {"b" : 1.50}},
      {"field_id": 6, "name": "owner", "kind": "ref", "ref_type_id": 2},
      {"field_id": 7, "name": "blob", "kind": "bytes", "default": "AP8="},
      {"field_id": 8, "name": "tags", "kind": "list_str", "default": []}
    ],
    "unique_keys": [{"key_id": 1, "name": "by_both", "field_ids": [2, 1]}]
  }],
  "edge_types": [{
    "edge_type_id": 10, "name": "Blocks", "description": "e", "deprecated": true,
    "from_type_id": 2, "to_type_id": 2, "unique_per_from": true,
    "fields": [{"field_id": 1, "name": "since", "kind": "timestamp"}]
  }]
}`;

describe("the JSON form", () => {
  test("goes out as it came in, with nothing lost", () => {
    const schema = decodeSchemaText(FULL);
    const text = encodeSchemaText(schema);
    expect(JSON.parse(text)).toEqual(JSON.parse(FULL));
    expect(text).toContain('{"b" : 1.50}');
    expect(decodeSchemaText(text)).toEqual(schema);
    expect(encodeSchemaText(decodeSchemaText(text))).toBe(text);
  });

  test("members are sorted, and what is false, 0 or empty is left out", () => {
    const schema = schemaOf({
      node_types: [
        {
          name: "A",
          type_id: 1,
          description: "",
          fields: [{ kind: "str", name: "f", field_id: 1, required: false, enum_values: [] }],
        },
      ],
    });
    expect(encodeSchemaText(schema)).toBe(
      '{"edge_types":[],"node_types":[{"fields":[{"field_id":1,"kind":"str","name":"f"}],"name":"A","type_id":1}]}',
    );
    expect(encodeSchemaText(EMPTY_SCHEMA)).toBe('{"edge_types":[],"node_types":[]}');
  });

  test("for people, ids and names come first", () => {
    const [type] = encodeSchema(decodeSchemaText(FULL))["node_types"] as JsonValue[];
    expect(Object.keys(type as object).slice(0, 2)).toEqual(["type_id", "name"]);
  });

  test("every kind", () => {
    const schema = schemaOf({ node_types: [{ type_id: 1, name: "A", fields: EVERY_KIND }] });
    expect(decodeSchemaText(encodeSchemaText(schema))).toEqual(schema);
  });

  test("null members, and absent lists, say nothing", () => {
    const type = { type_id: 1, name: "A", fields: null, description: null, deprecated: null };
    expect(decodeSchema({ node_types: [type], edge_types: null })).toEqual(
      decodeSchema({ node_types: [{ type_id: 1, name: "A" }] }),
    );
    expect(decodeSchema({})).toEqual(EMPTY_SCHEMA);
  });

  test("edge_id is the older name of edge_type_id", () => {
    const [edge] = decodeSchema({ edge_types: [{ edge_id: 7, name: "E" }] }).edgeTypes;
    expect(edge?.edgeTypeId).toBe(7);
    const both = { edge_types: [{ edge_id: 7, edge_type_id: 7, name: "E" }] };
    expect(refusal(() => decodeSchema(both)).message).toContain("older name");
  });
});

describe("refusals name the place", () => {
  const type = { type_id: 1, name: "A" };
  const field = { field_id: 1, name: "f", kind: "str" };
  const withField = (extra: object) => ({
    node_types: [{ ...type, fields: [{ ...field, ...extra }] }],
  });

  test.each([
    [[], "schema: must be an object"],
    [null, "schema: must be an object"],
    [{ nodes: [] }, "nodes: is not a member"],
    [{ node_types: {} }, "node_types: must be a list"],
    [{ node_types: [1] }, "node_types[0]: must be an object"],
    [{ node_types: [{ ...type, id: 1 }] }, "node_types[0].id: is not a member"],
    [{ node_types: [{ name: "A" }] }, "node_types[0].type_id: must be a whole number"],
    [{ node_types: [{ ...type, type_id: "1" }] }, "node_types[0].type_id: must be a whole number"],
    [{ node_types: [{ ...type, type_id: 1.5 }] }, "node_types[0].type_id: must be a whole number"],
    [{ node_types: [{ type_id: 1 }] }, "node_types[0].name: must be a string"],
    [
      { node_types: [type, { ...type, deprecated: 1 }] },
      "node_types[1].deprecated: must be true or false",
    ],
    [withField({ kind: "string" }), 'node_types[0].fields[0].kind: "string" is not a kind'],
    [withField({ enum_values: "a" }), "node_types[0].fields[0].enum_values: must be a list"],
    [withField({ enum_values: [1] }), "node_types[0].fields[0].enum_values[0]: must be a string"],
    [withField({ default: 1 }), "node_types[0].fields[0].default: takes str"],
    [
      withField({ kind: "int", default: 1.5 }),
      "node_types[0].fields[0].default: 1.5 is not an exact integer",
    ],
    [
      { edge_types: [{ edge_type_id: 1, name: "E", from_type: 1 }] },
      "edge_types[0].from_type: is not",
    ],
  ])("%j", (form, message) => {
    const error = refusal(() => decodeSchema(form as JsonValue));
    expect(error.reason).toBe("SCHEMA_INVALID");
    expect(error.message).toStartWith(message);
  });

  test("an unknown member is answered with the nearest", () => {
    const error = refusal(() => decodeSchema(withField({ requird: true }) as JsonValue));
    expect(error.hint).toBe("Did you mean required?");
  });

  test("text that is no JSON", () => {
    expect(refusal(() => decodeSchemaText("{")).reason).toBe("INVALID_REQUEST");
  });
});
