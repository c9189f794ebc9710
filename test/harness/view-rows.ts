import type { TestPartition } from "./partition.ts";

/** Rows of a tenant's view as they stand in its file, numbers as bigint. */
export function viewRows(
  partition: TestPartition,
  tenantId: string,
  sql: string,
  ...parameters: string[]
): unknown[][] {
  const store = partition.partition.stores.open(tenantId);
  if (store === undefined) throw new Error(`there is no tenant ${tenantId}`);
  return store.readConnection.query(sql).values(...parameters);
}

/** Who reads a node as the view has it, with the expiry of each; null: never. */
export function readersOf(partition: TestPartition, tenantId: string, nodeId: string) {
  const sql = "SELECT principal, expires_at FROM readers WHERE node_id = ? ORDER BY principal";
  return viewRows(partition, tenantId, sql, nodeId);
}
