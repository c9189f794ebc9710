import type { FieldKind, Value } from "./value.ts";

/**
 * Type definitions. Numbers are identity for ever, names are for display: a rename
 * changes no data. Every array is in ascending id, so that equal schemas are equal
 * structures.
 */
export interface Field {
  readonly fieldId: number;
  readonly name: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  /** Written into a node or edge that is created without the field. Never the kind `null`. */
  readonly defaultValue: Value | undefined;
  /** Kind `enum` only, in the order of their 1-based ordinals. */
  readonly enumValues: readonly string[];
  readonly deprecated: boolean;
  readonly unique: boolean;
  readonly indexed: boolean;
  readonly searchable: boolean;
  readonly description: string;
  /** Kind `ref` only: the type that a target must have; 0 means any. */
  readonly refTypeId: number;
}

/** Fields that together are unique among the live nodes of a type; a node that lacks one of them is exempt. */
export interface UniqueKey {
  readonly keyId: number;
  readonly name: string;
  /** In the order in which a look-up gives their values. */
  readonly fieldIds: readonly number[];
}

export interface NodeType {
  readonly typeId: number;
  readonly name: string;
  readonly description: string;
  readonly deprecated: boolean;
  readonly fields: readonly Field[];
  readonly uniqueKeys: readonly UniqueKey[];
  /** What a node gets that is created without principals and grants of its own; by principal. */
  readonly defaultGrants: readonly DefaultGrant[];
  /** Numbers of fields that were removed on purpose, never to be used again; ascending. */
  readonly reservedFieldIds: readonly number[];
}

/** In rising order: each one implies those before it. */
export const PERMISSIONS = ["read", "write", "delete", "admin"] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface DefaultGrant {
  /** "role:editor", "tenant:*", … */
  readonly principal: string;
  readonly permission: Permission;
}

export interface EdgeType {
  readonly edgeTypeId: number;
  readonly name: string;
  readonly description: string;
  readonly deprecated: boolean;
  /** The types that the ends must have; 0 means any. */
  readonly fromTypeId: number;
  readonly toTypeId: number;
  readonly fields: readonly Field[];
  /** At most one edge of this type leaves a node. */
  readonly uniquePerFrom: boolean;
  /** As of a node type. */
  readonly reservedFieldIds: readonly number[];
}

export interface Schema {
  readonly nodeTypes: readonly NodeType[];
  readonly edgeTypes: readonly EdgeType[];
  /** Numbers of types that were removed on purpose, never to be used again; ascending. */
  readonly reservedTypeIds: readonly number[];
  readonly reservedEdgeTypeIds: readonly number[];
  /** Of a tenant's schema only, made from its history: what is sent has none. Absent: none. */
  readonly formerNames?: readonly FormerName[];
}

/** A name that a type or field had before it was renamed. */
export interface FormerName {
  readonly of: "node_type" | "edge_type";
  readonly typeId: number;
  /** 0: the name is the type's. */
  readonly fieldId: number;
  readonly name: string;
}

export const EMPTY_SCHEMA: Schema = {
  nodeTypes: [],
  edgeTypes: [],
  reservedTypeIds: [],
  reservedEdgeTypeIds: [],
};

/** One place where a tenant's definition stayed though the one sent to merge differs harmlessly. */
export interface SchemaDifference {
  /** "node type 2 (Task) field 3 (status): required", in words for people. */
  readonly path: string;
  readonly kept: string;
  readonly sent: string;
}
