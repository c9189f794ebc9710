/**
 * What a change of schema asks of the rows that are there already, in the order in which it is
 * to be done. Each step is done in slices, in the order of the nodes' ids.
 *
 * Steps that may be refused come first, so that a refusal has nothing to take back but rows of
 * indexes; then the fills, which write fields and nothing else; what is dropped comes last.
 *
 * Every step before the fills looks at nodes as the fills of the same plan will leave them: with
 * the default in the place of a field that is missing. So there is a step for every index that a
 * fill touches, also for one that exists: entries that are there already stay as they are.
 */
export type BuildStep =
  /** Refused when a node of the type is there, live or deleted: the type is being removed. */
  | { readonly kind: "require_no_nodes"; readonly typeId: number }
  /** Refused when an edge of the type is there, also a hidden one. */
  | { readonly kind: "require_no_edges"; readonly edgeTypeId: number }
  /** Refused with UNIQUE_CONFLICT-like SCHEMA_INCOMPATIBLE when two live nodes hold the same value. */
  | { readonly kind: "unique_field"; readonly typeId: number; readonly fieldId: number }
  | { readonly kind: "unique_key"; readonly typeId: number; readonly keyId: number }
  /** Refused when a node has several edges of the type. */
  | { readonly kind: "unique_per_from"; readonly edgeTypeId: number }
  | { readonly kind: "index_field"; readonly typeId: number; readonly fieldId: number }
  /** Words of a field that became searchable, is no longer, or is filled. */
  | { readonly kind: "search_type"; readonly typeId: number }
  /** The default is written into nodes that lack the field, also deleted ones; their versions stay. */
  | { readonly kind: "fill_node_default"; readonly typeId: number; readonly fieldId: number }
  | { readonly kind: "fill_edge_default"; readonly edgeTypeId: number; readonly fieldId: number }
  /** Rows of a field that is unique no longer, and of a composite key that is gone. */
  | { readonly kind: "drop_unique_field"; readonly typeId: number; readonly fieldId: number }
  | { readonly kind: "drop_unique_key"; readonly typeId: number; readonly keyId: number }
  /** Rows of a field whose values have no entries of their own any more, or are unique now. */
  | { readonly kind: "drop_index"; readonly typeId: number; readonly fieldId: number };
