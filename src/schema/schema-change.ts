/** One thing in which a schema differs from the one in force, and what that means for what is there. */
export interface SchemaChange {
  /** Stable: programs read it. */
  readonly change: SchemaChangeKind;
  /** "node type 2 (Task) field 3 (status)", in words for people. */
  readonly path: string;
  /**
   * `safe`: always possible. `data_dependent`: decided by the rows that are there, when it is
   * applied. `breaking`: refused.
   */
  readonly compatibility: "safe" | "data_dependent" | "breaking";
  readonly message: string;
  /** For what is breaking: the safe way to what is wanted. Empty otherwise. */
  readonly hint: string;
}

export type SchemaChangeKind =
  | "type_added"
  | "type_removed"
  | "type_reserved"
  | "field_added"
  | "field_removed"
  | "field_reserved"
  | "renamed"
  | "described"
  | "deprecated_changed"
  | "enum_value_added"
  | "enum_value_removed"
  | "enum_order_changed"
  | "kind_changed"
  | "ref_target_changed"
  | "edge_ends_changed"
  | "required_added"
  | "required_removed"
  | "required_field_added"
  | "default_changed"
  | "unique_added"
  | "unique_removed"
  | "indexed_added"
  | "indexed_removed"
  | "searchable_added"
  | "searchable_removed"
  | "unique_key_added"
  | "unique_key_removed"
  | "unique_key_changed"
  | "unique_per_from_added"
  | "unique_per_from_removed"
  | "default_grants_changed"
  | "reserved_id_used"
  | "reservation_removed"
  | "name_taken";
