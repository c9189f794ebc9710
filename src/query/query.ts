import type { Value } from "../schema/value.ts";

/** What a query compares or orders by. */
export type Operand =
  | { readonly of: "field"; readonly fieldId: number }
  | { readonly of: "attribute"; readonly attribute: NodeAttribute };

export const NODE_ATTRIBUTES = ["id", "created_at", "updated_at", "version"] as const;
export type NodeAttribute = (typeof NODE_ATTRIBUTES)[number];

export const COMPARISONS = [
  "eq",
  "neq",
  "gt",
  "gte",
  "lt",
  "lte",
  "in",
  "like",
  "contains",
  "is_null",
] as const;
export type ComparisonOp = (typeof COMPARISONS)[number];

export interface Comparison {
  readonly op: ComparisonOp;
  readonly operand: Operand;
  /** One value; none for `is_null`; 1 to `limits.filterInValues` for `in`. Never of kind `null`. */
  readonly values: readonly Value[];
}

export type Filter =
  | Comparison
  | { readonly op: "and" | "or"; readonly filters: readonly Filter[] };

export interface OrderTerm {
  readonly operand: Operand;
  readonly descending: boolean;
}

/** Which nodes, in which order. The id is always the last order term, so that the order is total. */
export interface NodeQuery {
  readonly typeId: number;
  readonly filter: Filter | undefined;
  readonly order: readonly OrderTerm[];
  readonly includeDeleted: boolean;
}
