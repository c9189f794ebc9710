/** What a golden log of access comes to, by table: the columns that mean something, in the order of their keys. */
export const GOLDEN_TABLES: Readonly<Record<string, string>> = {
  grants: "SELECT node_id, principal, permission, expires_at FROM grants ORDER BY 1, 2, 3",
  readers: "SELECT principal, type_id, node_id, expires_at FROM readers ORDER BY 1, 2, 3",
  roles: "SELECT name, rights FROM roles ORDER BY 1",
  members: "SELECT principal FROM members ORDER BY 1",
  member_roles: "SELECT principal, role FROM member_roles ORDER BY 1, 2",
  member_groups: "SELECT name FROM member_groups ORDER BY 1",
  group_members: "SELECT group_name, member FROM group_members ORDER BY 1, 2",
  settings: "SELECT name, value FROM settings ORDER BY 1",
  audit: `SELECT position, seq, at, action, tenant_id, actor, credential, outcome, count, details
    FROM audit ORDER BY 1, 2`,
  aggregates: "SELECT aggregate, aggregate_id, aggregate_type FROM aggregates ORDER BY 1",
  events: `SELECT global_nonce, aggregate, aggregate_nonce, event_id, event_type, recorded_at,
      append_size, append_key, hex(metadata), tags, hex(payload)
    FROM events ORDER BY 1`,
  event_tags: "SELECT tag, global_nonce FROM event_tags ORDER BY 1, 2",
  event_type_blocks: "SELECT event_type, block FROM event_type_blocks ORDER BY 1, 2",
  aggregate_grants: "SELECT aggregate_type, grants FROM aggregate_grants ORDER BY 1",
  consumers: "SELECT consumer, owner_actor, global_nonce, updated_at FROM consumers ORDER BY 1",
};
