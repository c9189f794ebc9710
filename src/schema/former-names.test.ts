import { describe, expect, test } from "bun:test";
import { refusal } from "../../test/harness/refusal.ts";
import { schemaOf } from "../../test/harness/schemas.ts";
import type { JsonObject } from "../base/json.ts";
import { evolveSchema } from "./evolve.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { parseSchema } from "./parse-schema.ts";
import { SchemaRegistry } from "./registry.ts";
import { decodeSchemaText, encodeSchemaText } from "./schema-json.ts";
import { EMPTY_SCHEMA, type Schema } from "./types.ts";
import { fieldsFromJson } from "./value-json.ts";

const form = (type: string, field: string, ...more: JsonObject[]): JsonObject => ({
  node_types: [
    { type_id: 1, name: type, fields: [{ field_id: 1, name: field, kind: "str" }] },
    ...more,
  ],
  edge_types: [{ edge_type_id: 5, name: `${type}Edge` }],
});

/** The tenant's schema after one push after the other. */
function pushed(...forms: readonly JsonObject[]): Schema {
  return forms.reduce<Schema>(
    (current, each) => evolveSchema(current, schemaOf(each), "replace").schema,
    EMPTY_SCHEMA,
  );
}

const registryOf = (schema: Schema) =>
  new SchemaRegistry(decodeSchemaText(encodeSchemaText(schema)));

describe("former names", () => {
  test("are understood, and mean what is called otherwise now", () => {
    const registry = registryOf(pushed(form("Person", "mail"), form("User", "email")));
    const type = registry.nodeTypeByName("Person");
    expect(type.name).toBe("User");
    expect(type.table.getByName("mail").name).toBe("email");
    expect(registry.edgeTypeByName("PersonEdge").name).toBe("UserEdge");
    const fields = fieldsFromJson(type.table, { mail: "a" }, "payload");
    expect(fields.get(1)).toEqual({ kind: "str", value: "a" });
  });

  test("are understood however often something is renamed, the last ones", () => {
    const names = Array.from({ length: 12 }, (_, i) => `N${i}`);
    const registry = registryOf(pushed(...names.map((name) => form(name, name.toLowerCase()))));
    for (const name of names.slice(3)) expect(registry.nodeTypeByName(name).name).toBe("N11");
    expect(refusal(() => registry.nodeTypeByName("N2")).reason).toBe("TYPE_UNKNOWN");
    expect(registry.nodeType(1).table.getByName("n3").name).toBe("n11");
  });

  test("are forgotten once they are used again, also when that goes", () => {
    const again = { type_id: 2, name: "Person" };
    const used = pushed(
      form("Person", "mail"),
      form("User", "email"),
      form("User", "email", again),
    );
    expect(registryOf(used).nodeTypeByName("Person").typeId).toBe(2);
    const renamed = evolveSchema(
      used,
      schemaOf(form("User", "email", { ...again, name: "Human" })),
      "replace",
    ).schema;
    expect(registryOf(renamed).nodeTypeByName("Person").typeId).toBe(2);
    // A merge that brings a field of that name counts as well.
    const merged = evolveSchema(
      pushed(form("User", "mail"), form("User", "email")),
      schemaOf({
        node_types: [
          { type_id: 1, name: "User", fields: [{ field_id: 2, name: "mail", kind: "str" }] },
        ],
      }),
      "merge",
    ).schema;
    expect(registryOf(merged).nodeType(1).table.getByName("mail").fieldId).toBe(2);
    expect(merged.formerNames).toBeUndefined();
  });

  test("follow two that change places", () => {
    const field = (id: number, name: string) => ({ field_id: id, name, kind: "str" });
    const fields = (...list: JsonObject[]) => ({
      node_types: [{ type_id: 1, name: "T", fields: list }],
    });
    const swapped = pushed(
      fields(field(1, "a"), field(2, "b")),
      fields(field(1, "b"), field(2, "a")),
    );
    const { table } = registryOf(swapped).nodeType(1);
    expect([table.getByName("a").fieldId, table.getByName("b").fieldId]).toEqual([2, 1]);
  });

  test("go with what bore them", () => {
    const gone = pushed(form("Person", "mail"), form("User", "email"), {
      node_types: [{ type_id: 1, name: "User", reserved_field_ids: [1] }],
      reserved_edge_type_ids: [5],
    });
    const registry = registryOf(gone);
    expect(registry.nodeTypeByName("Person").typeId).toBe(1);
    expect(refusal(() => registry.nodeType(1).table.getByName("mail")).reason).toBe(
      "FIELD_UNKNOWN",
    );
    expect(refusal(() => registry.edgeTypeByName("PersonEdge")).reason).toBe("EDGE_TYPE_UNKNOWN");
  });

  test("and the name of today at once are refused: nobody can tell which value is meant", () => {
    const { table } = registryOf(pushed(form("A", "mail"), form("A", "email"))).nodeType(1);
    for (const payload of [
      { mail: "a", email: "b" },
      { email: "b", mail: "a" },
    ]) {
      const error = refusal(() => fieldsFromJson(table, payload, "payload"));
      expect(error.reason).toBe("INVALID_REQUEST");
    }
  });

  test("are the server's: what is sent has none, and no fingerprint holds them", () => {
    const schema = pushed(form("Person", "mail"), form("User", "email"));
    expect(schema.formerNames).toHaveLength(3);
    const sent = parseSchema(schema);
    expect(sent).not.toHaveProperty("formerNames");
    expect(fingerprintOf(schema)).toBe(fingerprintOf(sent));
    expect(evolveSchema(schema, sent, "replace").schema).toBe(schema);
  });
});
