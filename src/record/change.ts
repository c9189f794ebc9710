/** What can become of nodes, edges and the schema, in the order of the numbers on the wire and in views, from 1. */
export const CHANGE_KINDS = [
  "node_created",
  "node_updated",
  "node_deleted",
  "node_restored",
  "node_purged",
  "node_access_changed",
  "edge_created",
  "edge_updated",
  "edge_deleted",
  "schema_changed",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** The number that views hold and messages carry. */
export function changeKindNumber(kind: ChangeKind): number {
  return CHANGE_KINDS.indexOf(kind) + 1;
}
