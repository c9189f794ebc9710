import type { FieldKind } from "./value.ts";

/** What each kind of field may be used for: one table that the schema's checks and the queries' share. */
interface KindTraits {
  /** Has an order: gt, lt, ORDER BY. */
  readonly ordered: boolean;
  /** May be declared indexed, and be a member of a composite unique key when `keyed`. */
  readonly indexable: boolean;
  /** May be declared unique, or be a member of a unique key. */
  readonly keyable: boolean;
  /** May be declared searchable: it holds words. */
  readonly searchable: boolean;
}

const NOTHING: KindTraits = { ordered: false, indexable: false, keyable: false, searchable: false };
const SCALAR: KindTraits = { ...NOTHING, ordered: true, indexable: true, keyable: true };

export const KIND_TRAITS: Readonly<Record<FieldKind, KindTraits>> = {
  str: { ...SCALAR, searchable: true },
  int: SCALAR,
  // Two floats that print alike may differ: a key of them is a trap.
  float: { ...SCALAR, keyable: false },
  bool: SCALAR,
  timestamp: SCALAR,
  enum: SCALAR,
  list_str: { ...NOTHING, searchable: true },
  list_int: NOTHING,
  ref: SCALAR,
  json: NOTHING,
  bytes: SCALAR,
};
