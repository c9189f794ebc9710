/** What the compiler infers from types of a schema: what is read, what may be written, by which keys. */
import type { EdgeType, FieldMap, NodeType, UniqueKey } from "./define.ts";
import type { Field, FieldShape } from "./field.ts";

/** What the compiler knows of a field. */
export type ShapeOf<F extends Field> = F extends Field<infer S extends FieldShape> ? S : never;

type Flat<T> = { [K in keyof T]: T[K] };

type Names<Fields extends FieldMap> = keyof Fields & string;

/** Fields that every node of the type holds. */
type RequiredNames<Fields extends FieldMap> = {
  [K in Names<Fields>]: ShapeOf<Fields[K]>["required"] extends true ? K : never;
}[Names<Fields>];

/** Fields that a create must name: required, and without a default. */
type NeededNames<Fields extends FieldMap> = {
  [K in Names<Fields>]: ShapeOf<Fields[K]> extends { required: true; defaulted: false } ? K : never;
}[Names<Fields>];

/** What a read gives: required fields, and the others where they hold something. */
export type ReadFields<Fields extends FieldMap> = Flat<
  {
    readonly [K in RequiredNames<Fields>]: ShapeOf<Fields[K]>["read"];
  } & {
    readonly [K in Exclude<Names<Fields>, RequiredNames<Fields>>]?: ShapeOf<Fields[K]>["read"];
  }
>;

/** What a create takes. null is the same as leaving a field out. */
export type CreateFields<Fields extends FieldMap> = Flat<
  {
    readonly [K in NeededNames<Fields>]: ShapeOf<Fields[K]>["write"];
  } & {
    readonly [K in Exclude<Names<Fields>, NeededNames<Fields>>]?:
      | ShapeOf<Fields[K]>["write"]
      | null
      | undefined;
  }
>;

/** What an update takes: what is named is set, null clears, the rest stays. */
export type PatchFields<Fields extends FieldMap> = Flat<{
  readonly [K in Names<Fields>]?:
    | ShapeOf<Fields[K]>["write"]
    | (K extends RequiredNames<Fields> ? never : null)
    | undefined;
}>;

/** What fields must hold for an update to be done. null: the field must be absent. */
export type FieldConditions<Fields extends FieldMap> = Flat<{
  readonly [K in Names<Fields>]?: ShapeOf<Fields[K]>["write"] | null;
}>;

type UniqueNames<Fields extends FieldMap> = {
  [K in Names<Fields>]: ShapeOf<Fields[K]>["unique"] extends true ? K : never;
}[Names<Fields>];

type MemberOf<Key extends UniqueKey, Fields extends FieldMap> = Key["fields"][number] &
  Names<Fields>;

/** By what a node of the type can be found: one unique field, or all fields of one unique key. */
export type LookupKey<T extends NodeType> =
  | {
      [K in UniqueNames<T["fields"]>]: { readonly [N in K]: ShapeOf<T["fields"][N]>["write"] };
    }[UniqueNames<T["fields"]>]
  | {
      [K in keyof T["uniqueKeys"]]: {
        readonly [N in MemberOf<T["uniqueKeys"][K], T["fields"]>]: ShapeOf<T["fields"][N]>["write"];
      };
    }[keyof T["uniqueKeys"]];

/** The fields of a node of this type, as they are read. */
export type FieldsOf<T extends NodeType | EdgeType> = ReadFields<T["fields"]>;

/** The fields of a node of this type, as a create takes them. */
export type NewFieldsOf<T extends NodeType | EdgeType> = CreateFields<T["fields"]>;
