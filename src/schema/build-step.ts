/**
 * What a change of schema asks of the rows that are there already. Steps that may be refused
 * come first, so that a refusal has nothing to take back but rows of indexes; what is dropped
 * comes last. Each is done in slices, in the order of the nodes' ids.
 */
export type BuildStep =
  /** Refused with UNIQUE_CONFLICT-like SCHEMA_INCOMPATIBLE when two live nodes hold the same value. */
  | { readonly kind: "unique_field"; readonly typeId: number; readonly fieldId: number }
  | { readonly kind: "unique_key"; readonly typeId: number; readonly keyId: number }
  /** Refused when a node has several edges of the type. */
  | { readonly kind: "unique_per_from"; readonly edgeTypeId: number }
  | { readonly kind: "index_field"; readonly typeId: number; readonly fieldId: number }
  /** Words of a field that became searchable, or is no longer. */
  | { readonly kind: "search_type"; readonly typeId: number }
  /** The default is written into nodes that lack the field; their versions stay. */
  | { readonly kind: "fill_node_default"; readonly typeId: number; readonly fieldId: number }
  | { readonly kind: "fill_edge_default"; readonly edgeTypeId: number; readonly fieldId: number }
  | { readonly kind: "drop_unique"; readonly typeId: number; readonly keyId: number }
  | { readonly kind: "drop_index"; readonly typeId: number; readonly fieldId: number };
