import { decodeSchema } from "../../../src/schema/schema-json.ts";
import type { Schema } from "../../../src/schema/types.ts";

/** The types that EntDB checks every write against. */
export const PERSON = 1;
export const KNOWS = 1;
export const FIELD = { name: 1, email: 2, team: 3, score: 4, note: 5 } as const;

export const SCHEMA: Schema = decodeSchema({
  node_types: [
    {
      type_id: PERSON,
      name: "Person",
      fields: [
        { field_id: FIELD.name, name: "name", kind: "str", required: true },
        { field_id: FIELD.email, name: "email", kind: "str" },
        { field_id: FIELD.team, name: "team", kind: "int", indexed: true },
        { field_id: FIELD.score, name: "score", kind: "float" },
        { field_id: FIELD.note, name: "note", kind: "str" },
      ],
    },
  ],
  edge_types: [
    { edge_type_id: KNOWS, name: "Knows", from_type_id: PERSON, to_type_id: PERSON, fields: [] },
  ],
});

/** Operations of one transaction while loading. */
export const LOAD_OPERATIONS = 1_000;

/** 0 to count - 1, so many at a time. */
export function* runs(count: number, size: number): Generator<number[]> {
  for (let at = 0; at < count; at += size) {
    yield Array.from({ length: Math.min(size, count - at) }, (_, i) => at + i);
  }
}
