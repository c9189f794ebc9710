import type { JsonObject } from "../../src/base/json.ts";

/**
 * One schema for tests of the graph: users with unique, composite and indexed fields, tasks
 * with what a schema can demand, and edges with and without rules.
 */
export const USER = 1;
export const TASK = 2;
export const THING = 3;
export const KNOWS = 100;
export const OWNS = 101;
export const BOSS = 102;

/** Fields of USER. */
export const EMAIL = 1;
export const NAME = 2;
export const AGE = 3;
export const COUNTRY = 4;
export const PASSPORT = 5;
/** Composite key of USER: country and passport. */
export const PAPERS = 1;

/** Fields of TASK. */
export const TITLE = 1;
export const STATUS = 2;
export const OWNER = 3;
export const NEXT = 4;
export const EFFORT = 5;

/** Fields of KNOWS and OWNS. */
export const SINCE = 1;
export const WITNESS = 2;

export const GRAPH_SCHEMA: JsonObject = {
  node_types: [
    {
      type_id: USER,
      name: "User",
      fields: [
        { field_id: EMAIL, name: "email", kind: "str", unique: true },
        { field_id: NAME, name: "name", kind: "str" },
        { field_id: AGE, name: "age", kind: "int", indexed: true },
        { field_id: COUNTRY, name: "country", kind: "str" },
        { field_id: PASSPORT, name: "passport", kind: "str" },
      ],
      unique_keys: [{ key_id: PAPERS, name: "papers", field_ids: [COUNTRY, PASSPORT] }],
    },
    {
      type_id: TASK,
      name: "Task",
      fields: [
        { field_id: TITLE, name: "title", kind: "str", required: true },
        {
          field_id: STATUS,
          name: "status",
          kind: "enum",
          enum_values: ["todo", "doing", "done"],
          default: "todo",
          indexed: true,
        },
        { field_id: OWNER, name: "owner", kind: "ref", ref_type_id: USER },
        { field_id: NEXT, name: "next", kind: "ref" },
        { field_id: EFFORT, name: "effort", kind: "float", required: true, default: 1 },
      ],
    },
    {
      type_id: THING,
      name: "Thing",
      fields: [
        { field_id: 1, name: "text", kind: "str" },
        { field_id: 2, name: "count", kind: "int", unique: true },
        { field_id: 3, name: "ratio", kind: "float", indexed: true },
        { field_id: 4, name: "done", kind: "bool", indexed: true },
        { field_id: 5, name: "due", kind: "timestamp", unique: true },
        { field_id: 6, name: "status", kind: "enum", enum_values: ["a", "b"], unique: true },
        { field_id: 7, name: "tags", kind: "list_str" },
        { field_id: 8, name: "scores", kind: "list_int" },
        { field_id: 9, name: "parent", kind: "ref", unique: true },
        { field_id: 10, name: "meta", kind: "json" },
        { field_id: 11, name: "blob", kind: "bytes", unique: true },
        { field_id: 12, name: "key", kind: "bytes", indexed: true },
      ],
    },
  ],
  edge_types: [
    {
      edge_type_id: KNOWS,
      name: "Knows",
      from_type_id: USER,
      to_type_id: USER,
      fields: [{ field_id: SINCE, name: "since", kind: "int" }],
    },
    {
      edge_type_id: OWNS,
      name: "Owns",
      fields: [
        { field_id: SINCE, name: "since", kind: "int", required: true, default: 2000 },
        { field_id: WITNESS, name: "witness", kind: "ref", ref_type_id: USER },
      ],
    },
    {
      edge_type_id: BOSS,
      name: "Boss",
      from_type_id: USER,
      to_type_id: USER,
      unique_per_from: true,
    },
  ],
};
