/**
 * A row for every route of REST, as `access-rows.ts` has one for every RPC.
 * `rest-access-matrix.test.ts` fails for a route that has none.
 */
import type { Things } from "./access-rows.ts";

export interface RestRow {
  /** `open`: everybody; `credential`: any; `server`: one of the server. */
  readonly who: "open" | "credential" | "server";
  /** Whether the route takes its tenant from header, query and body. */
  readonly claims: boolean;
  readonly path: (things: Things) => string;
  /** Undefined: no body. */
  readonly body: ((things: Things) => object) | undefined;
  /** What asking about another tenant's things is answered with; "ok": an answer with nothing of theirs. */
  readonly foreign: string;
}

type Path = string | RestRow["path"];
type Body = object | ((things: Things) => object);

/** A tenant that the rows make, use and delete, in their order. */
const SPARE = "spare-of-rest";

function row(who: RestRow["who"], claims: boolean, path: Path, foreign: string, body?: Body) {
  return {
    ...{ who, claims, foreign },
    path: typeof path === "function" ? path : () => path,
    body: body === undefined || typeof body === "function" ? body : () => body,
  } as RestRow;
}
/** Asks for things inside the tenant. */
const inside = (path: Path, foreign = "ok", body?: Body) =>
  row("credential", true, path, foreign, body);
/** Names the tenant in its path, or a thing of the catalog. */
const named = (path: Path, foreign: string, body?: Body) =>
  row("credential", false, path, foreign, body);
/** Inside a tenant that its path names: naming another is a mismatch like any other. */
const member = (path: string, body?: Body) =>
  named(({ tenantId }) => `/v1/tenants/${tenantId}/${path}`, "TENANT_MISMATCH", body);
const server = (path: Path, body?: Body) => row("server", false, path, "ok", body);

const APPEND = {
  aggregate_id: "of-the-matrix",
  aggregate_type: "Account",
  expected_nonce: "any",
  events: [{ event_type: "account.credited" }],
};

const positions = ({ position }: Things) => ({
  up_to: Buffer.from(position).toString("base64url"),
});

/** By label: "GET /v1/nodes/:id", in the order in which they are asked. */
export const REST_ROWS: ReadonlyMap<string, RestRow> = new Map([
  [
    "POST /v1/atomic",
    inside("/v1/atomic", "NODE_NOT_FOUND", ({ nodeId }: Things) => ({
      operations: [{ op: "update_node", id: nodeId, payload: { points: 7 } }],
    })),
  ],
  ["GET /v1/receipts", inside(({ idempotencyKey }) => `/v1/receipts?key=${idempotencyKey}`)],
  ["GET /v1/receipts/:key", inside(({ idempotencyKey }) => `/v1/receipts/${idempotencyKey}`)],
  [
    "GET /v1/nodes",
    inside(
      ({ cursor }) =>
        `/v1/nodes?type_id=1&limit=1&cursor=${Buffer.from(cursor).toString("base64url")}`,
      "INVALID_CURSOR",
    ),
  ],
  ["POST /v1/nodes/query", inside("/v1/nodes/query", "ok", { type_id: 1 })],
  ["GET /v1/nodes/count", inside("/v1/nodes/count?type_id=1")],
  [
    "GET /v1/nodes/by-key",
    inside(({ mail }) => `/v1/nodes/by-key?type_id=1&field=mail&value=${mail}`, "NODE_NOT_FOUND"),
  ],
  ["GET /v1/nodes/:id", inside(({ nodeId }) => `/v1/nodes/${nodeId}`, "NODE_NOT_FOUND")],
  [
    "POST /v1/nodes/get",
    inside("/v1/nodes/get", "ok", ({ nodeId }: Things) => ({ ids: [nodeId] })),
  ],
  [
    "GET /v1/nodes/:id/edges/out",
    inside(({ nodeId }) => `/v1/nodes/${nodeId}/edges/out`, "NODE_NOT_FOUND"),
  ],
  [
    "GET /v1/nodes/:id/edges/in",
    inside(({ nodeId }) => `/v1/nodes/${nodeId}/edges/in`, "NODE_NOT_FOUND"),
  ],
  [
    "GET /v1/nodes/:id/connected",
    inside(({ nodeId }) => `/v1/nodes/${nodeId}/connected?edge_type=100`, "NODE_NOT_FOUND"),
  ],
  [
    "GET /v1/nodes/:id/grants",
    inside(({ nodeId }) => `/v1/nodes/${nodeId}/grants`, "NODE_NOT_FOUND"),
  ],
  ["GET /v1/search", inside(({ word }) => `/v1/search?query=${word}`)],
  ["GET /v1/watch", inside("/v1/watch?from_beginning=true&with_nodes=true")],
  ["POST /v1/events/append", inside("/v1/events/append", "ok", { appends: [APPEND] })],
  ["GET /v1/events", inside("/v1/events")],
  ["GET /v1/events/subscribe", inside("/v1/events/subscribe")],
  ["GET /v1/events/checkpoint", inside("/v1/events/checkpoint?consumer=matrix")],
  [
    "POST /v1/events/checkpoint",
    inside("/v1/events/checkpoint", "ok", { consumer: "matrix", global_nonce: 1 }),
  ],
  ["GET /v1/aggregates", inside("/v1/aggregates")],
  ["GET /v1/aggregates/events", inside(({ word }) => `/v1/aggregates/events?aggregate_id=${word}`)],
  [
    "GET /v1/aggregates/head",
    inside(({ word }) => `/v1/aggregates/head?aggregate_id=${word}`, "AGGREGATE_NOT_FOUND"),
  ],
  ["GET /v1/aggregates/grants", inside("/v1/aggregates/grants?aggregate_type=Account")],
  [
    "POST /v1/aggregates/grants",
    inside("/v1/aggregates/grants", "ok", { aggregate_type: "Order", reset: true }),
  ],
  ["GET /v1/mailbox", inside("/v1/mailbox")],
  ["GET /v1/mailbox/search", inside(({ word }) => `/v1/mailbox/search?query=${word}`)],
  ["GET /v1/mailbox/unread_count", inside("/v1/mailbox/unread_count")],
  ["POST /v1/mailbox/mark_read", inside("/v1/mailbox/mark_read", "ok", positions)],
  ["POST /v1/mailbox/delete", inside("/v1/mailbox/delete", "ok", positions)],
  ["GET /v1/schema", inside("/v1/schema")],
  ["POST /v1/schema", inside("/v1/schema", "ok", { node_types: [], edge_types: [] })],
  ["POST /v1/schema/check", inside("/v1/schema/check", "ok", { node_types: [], edge_types: [] })],

  ["POST /v1/tenants", server("/v1/tenants", { tenant_id: SPARE })],
  ["GET /v1/tenants", server("/v1/tenants")],
  ["GET /v1/tenants/:id", named(({ tenantId }) => `/v1/tenants/${tenantId}`, "TENANT_NOT_FOUND")],
  ["POST /v1/tenants/:id/suspend", server(`/v1/tenants/${SPARE}/suspend`, {})],
  ["POST /v1/tenants/:id/resume", server(`/v1/tenants/${SPARE}/resume`, {})],
  ["POST /v1/tenants/:id/limits", server(`/v1/tenants/${SPARE}/limits`, {})],
  ["POST /v1/tenants/:id/delete", server(`/v1/tenants/${SPARE}/delete`, { confirm: SPARE })],
  ["POST /v1/tenants/:id/schema_lock", member("schema_lock", { locked: false })],
  ["POST /v1/tenants/:id/members", member("members", { principal: "user:bob", roles: [] })],
  ["GET /v1/tenants/:id/members", member("members")],
  ["POST /v1/tenants/:id/members/remove", member("members/remove", { principal: "user:bob" })],
  ["POST /v1/tenants/:id/roles", member("roles", { name: "editor", rights: [] })],
  ["GET /v1/tenants/:id/roles", member("roles")],
  ["POST /v1/tenants/:id/roles/delete", member("roles/delete", { name: "editor" })],
  ["POST /v1/tenants/:id/groups", member("groups", { name: "rest" })],
  ["GET /v1/tenants/:id/groups", member("groups")],
  [
    "POST /v1/tenants/:id/groups/add_member",
    member("groups/add_member", { group: "rest", member: "user:bob" }),
  ],
  [
    "POST /v1/tenants/:id/groups/remove_member",
    member("groups/remove_member", { group: "rest", member: "user:bob" }),
  ],
  ["POST /v1/tenants/:id/groups/delete", member("groups/delete", { name: "rest" })],
  ["GET /v1/keys", named(({ tenantId }) => `/v1/keys?tenant_id=${tenantId}`, "TENANT_NOT_FOUND")],
  [
    "POST /v1/keys",
    named("/v1/keys", "TENANT_NOT_FOUND", ({ tenantId }: Things) => ({
      tenant_id: tenantId,
      actor: "user:app",
    })),
  ],
  [
    "POST /v1/keys/:id/revoke",
    named(({ keyId }) => `/v1/keys/${keyId}/revoke`, "API_KEY_NOT_FOUND", {}),
  ],
  ["GET /v1/audit", named(({ tenantId }) => `/v1/audit?tenant_id=${tenantId}`, "TENANT_NOT_FOUND")],

  ["GET /admin/audit", server("/admin/audit")],
  ["GET /admin/log", server("/admin/log")],
  ["GET /admin/archive", server("/admin/archive")],
  ["POST /admin/snapshot", server("/admin/snapshot", {})],
  ["GET /admin/snapshots/:id", server(({ tenantId }) => `/admin/snapshots/${tenantId}`)],
  [
    "POST /admin/tenants/:id/rebuild",
    server(({ tenantId }) => `/admin/tenants/${tenantId}/rebuild`, {}),
  ],
  [
    "POST /admin/tenants/:id/retry",
    server(({ tenantId }) => `/admin/tenants/${tenantId}/retry`, {}),
  ],
  ["GET /metrics", server("/metrics")],
  ["GET /openapi.json", row("credential", false, "/openapi.json", "ok")],
  ["GET /livez", row("open", false, "/livez", "ok")],
  ["GET /readyz", row("open", false, "/readyz", "ok")],
  ["GET /health", row("open", false, "/health", "ok")],
]);
