import type { JsonObject } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { ApiKey } from "../../engine/administration.ts";
import type { Engine } from "../../engine/engine.ts";
import { operatorOf } from "../identity.ts";
import { textParam } from "../params.ts";
import type { Answer } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import {
  createKeyAnswer,
  createKeyRequest,
  keyShape,
  keysAnswer,
  nothing,
} from "../shapes/tenants.ts";
import { pageEnd, pageOf } from "./administration-page.ts";
import { pageParams } from "./page.ts";

/** API keys: of a tenant with the right `keys` there, of the server with one of the server's. */
export function keyRoutes(engine: Engine): Route[] {
  return [listRoute(engine), createRoute(engine), revokeRoute(engine)];
}

function listRoute({ administration }: Engine): Route {
  const facts = {
    tag: "tenants",
    summary: "API keys, by id",
    query: { tenant_id: textParam("Whose; absent: the server's."), ...pageParams },
    answers: { 200: keysAnswer },
  } as const;
  return getRoute("/v1/keys", facts, async ({ call, query }): Promise<Answer> => {
    const tenantId = query.tenant_id ?? "";
    const page = await administration.listApiKeys(operatorOf(call), tenantId, pageOf(query));
    return { text: stringifyJson({ keys: page.items.map(keyToJson), ...pageEnd(page) }) };
  });
}

function createRoute({ administration }: Engine): Route {
  const facts = {
    tag: "tenants",
    summary: "Make an API key; its secret is in this answer and nowhere else",
    query: {},
    body: createKeyRequest,
    example: { tenant_id: "acme", actor: "user:importer", roles: ["admin"], name: "nightly" },
    answers: { 200: createKeyAnswer },
  } as const;
  return postRoute("/v1/keys", facts, async ({ call, body }): Promise<Answer> => {
    const wanted = {
      tenantId: body.tenant_id ?? "",
      actor: body.actor,
      mayActAs: body.may_act_as ?? [],
      roles: body.roles ?? [],
      name: body.name ?? "",
      expiresAt: body.expires_at ?? 0,
    };
    const made = await administration.createApiKey(operatorOf(call), wanted, call.signal);
    return { text: stringifyJson({ key: keyToJson(made.key), secret: made.secret }) };
  });
}

function revokeRoute({ administration }: Engine): Route {
  const facts = {
    tag: "tenants",
    summary: "Revoke an API key, at once and for good",
    query: {},
    body: nothing,
    answers: { 200: keyShape },
  } as const;
  return postRoute("/v1/keys/:id/revoke", facts, async ({ call, path }): Promise<Answer> => {
    const key = await administration.revokeApiKey(operatorOf(call), path("id"), call.signal);
    return { text: stringifyJson(keyToJson(key)) };
  });
}

function keyToJson(key: ApiKey): JsonObject {
  return {
    key_id: key.keyId,
    tenant_id: key.tenantId,
    actor: key.actor,
    may_act_as: [...key.mayActAs],
    roles: [...key.roles],
    name: key.name,
    expires_at: key.expiresAt,
    created_at: key.createdAt,
    revoked_at: key.revokedAt,
  };
}
