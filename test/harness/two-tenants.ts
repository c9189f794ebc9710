import { createClient } from "@connectrpc/connect";
import { EntDBService } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { TenantService } from "../../gen/entdb/v1/tenant_service_pb.ts";
import type { Things } from "./access-rows.ts";
import type { SecuredServer } from "./secured-server.ts";
import { Rest, transportOf } from "./wire.ts";

/** Tenants of one shape with things of their own, each with a word that stands nowhere else. */
const SCHEMA = {
  node_types: [
    {
      type_id: 1,
      name: "Person",
      fields: [
        { field_id: 1, name: "name", kind: "str", required: true, searchable: true },
        { field_id: 2, name: "mail", kind: "str", unique: true },
        { field_id: 3, name: "points", kind: "int" },
      ],
    },
  ],
  edge_types: [{ edge_type_id: 100, name: "follows", from_type_id: 1, to_type_id: 1 }],
};

/** Writes a tenant's things by way of a server that trusts whoever asks, as user:ada. */
export async function fillTenant(httpUrl: string, tenantId: string): Promise<Things> {
  const rest = new Rest(httpUrl, tenantId, "user:ada");
  const word = `canary${tenantId}`;
  const idempotencyKey = `first-of-${tenantId}`;
  const mail = `${word}@mail.example`;
  const schema = await rest.post("/v1/schema", SCHEMA);
  if (schema.status !== 200) throw new Error(JSON.stringify(schema.body));
  const written = await rest.atomic(idempotencyKey, [
    { op: "create_node", alias: "a", type_id: 1, payload: { name: `${word} a`, mail } },
    { op: "create_node", alias: "b", type_id: 1, payload: { name: `${word} b` } },
    { op: "create_edge", edge_type_id: 100, from: "$a.id", to: "$b.id" },
    {
      op: "append_events",
      aggregate_id: word,
      aggregate_type: "Account",
      expected_nonce: "none",
      events: [{ event_id: `${word} a`, event_type: "account.opened", payload: { word } }],
    },
  ]);
  if (written.status !== 200) throw new Error(JSON.stringify(written.body));
  const [a, b] = written.body.results;
  const none = new Uint8Array(0);
  return {
    ...{ tenantId, mail, word, idempotencyKey },
    ...{ nodeId: a.node_id, otherNodeId: b.node_id },
    ...{ cursor: none, position: none, keyId: "" },
  };
}

/** The same with what only a server that asks for credentials can tell: a cursor, a position, a key. */
export async function ofTenant(server: SecuredServer, things: Things): Promise<Things> {
  const { tenantId } = things;
  const transport = transportOf("grpc", server.grpcUrl, "2");
  const graph = createClient(EntDBService, transport);
  const token = await server.token({ tenant_id: tenantId });
  const headers = { authorization: `Bearer ${token}` };
  const page = await graph.queryNodes({ typeId: 1, pageSize: 1 }, { headers });
  const tenants = createClient(TenantService, transport);
  const asAdmin = { headers: { authorization: `Bearer ${server.adminKey}` } };
  const name = `key of ${things.word}`;
  const made = await tenants.createApiKey({ tenantId, actor: "user:app", name }, asAdmin);
  // A group by the name of the word.
  await tenants.putGroup({ context: { tenantId }, name: things.word }, asAdmin);
  return {
    ...things,
    cursor: page.nextCursor,
    position: page.positionToken,
    keyId: made.key?.keyId ?? "",
  };
}
