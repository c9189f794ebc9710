/** Tenants themselves. All but a look at one needs a credential of the server. */

import type { Identity } from "../../access/identity.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import { invalid } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Tenant } from "../../engine/administration.ts";
import type { Engine } from "../../engine/engine.ts";
import { administratorOf, operatorOf } from "../identity.ts";
import { textParam } from "../params.ts";
import type { Answer } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import {
  createTenantRequest,
  deleteTenantRequest,
  limitsRequest,
  nothing,
  schemaLockAnswer,
  schemaLockRequest,
  tenantShape,
  tenantsAnswer,
} from "../shapes/tenants.ts";
import { pageEnd, pageOf } from "./administration-page.ts";
import { pageParams } from "./page.ts";

export function tenantRoutes(engine: Engine): Route[] {
  return [
    listRoute(engine),
    getOneRoute(engine),
    createRoute(engine),
    stateRoute(engine, "suspend", "Refuse a tenant's writes from here on; reads go on"),
    stateRoute(engine, "resume", "Take a suspended tenant's writes again"),
    deleteRoute(engine),
    limitsRoute(engine),
    schemaLockRoute(engine),
  ];
}

/** Who asks, in trusted mode; besides the header X-Actor. */
export const actorParam = {
  actor: textParam('Who asks, as "user:alice"; also as header X-Actor.'),
};

function listRoute({ administration }: Engine): Route {
  const answers = { 200: tenantsAnswer };
  const facts = {
    tag: "tenants",
    summary: "All tenants, by id",
    query: pageParams,
    answers,
  } as const;
  return getRoute("/v1/tenants", facts, async ({ call, query }): Promise<Answer> => {
    const page = await administration.listTenants(operatorOf(call), pageOf(query));
    const tenants = page.items.map(tenantToJson);
    return { text: stringifyJson({ tenants, ...pageEnd(page) }) };
  });
}

function getOneRoute({ administration }: Engine): Route {
  const facts = {
    tag: "tenants",
    summary: "One tenant; also for a credential of that tenant",
    query: {},
    answers: { 200: tenantShape },
  } as const;
  return getRoute(
    "/v1/tenants/:id",
    facts,
    async ({ call, path }): Promise<Answer> =>
      answerOf(await administration.getTenant(operatorOf(call), path("id"))),
  );
}

function createRoute({ administration }: Engine): Route {
  const facts = {
    tag: "tenants",
    summary: "Create a tenant",
    query: {},
    body: createTenantRequest,
    example: { tenant_id: "acme", admins: ["user:alice"] },
    answers: { 200: tenantShape },
  } as const;
  return postRoute("/v1/tenants", facts, async ({ call, body }): Promise<Answer> => {
    const wanted = { tenantId: body.tenant_id, admins: body.admins ?? [] };
    return answerOf(await administration.createTenant(operatorOf(call), wanted, call.signal));
  });
}

function stateRoute(
  { administration }: Engine,
  action: "suspend" | "resume",
  summary: string,
): Route {
  const answers = { 200: tenantShape };
  const facts = { tag: "tenants", summary, query: {}, body: nothing, answers } as const;
  const change = (by: Identity, id: string, signal: CancelSignal) =>
    action === "suspend"
      ? administration.suspendTenant(by, id, signal)
      : administration.resumeTenant(by, id, signal);
  return postRoute(
    `/v1/tenants/:id/${action}`,
    facts,
    async ({ call, path }): Promise<Answer> =>
      answerOf(await change(operatorOf(call), path("id"), call.signal)),
  );
}

function deleteRoute({ administration }: Engine): Route {
  const facts = {
    tag: "tenants",
    summary: "Delete a tenant: its files, keys and history are gone",
    query: {},
    body: deleteTenantRequest,
    example: { confirm: "acme" },
    answers: { 200: nothing },
    long: true,
  } as const;
  return postRoute(
    "/v1/tenants/:id/delete",
    facts,
    async ({ call, path, body }): Promise<Answer> => {
      const by = operatorOf(call);
      const id = path("id");
      if (body.confirm !== id) throw notConfirmed();
      await administration.deleteTenant(by, id, call.signal);
      return { text: "{}" };
    },
  );
}

function limitsRoute({ administration }: Engine): Route {
  const facts = {
    tag: "tenants",
    summary: "Set a tenant's own limits; what is left out takes the server's",
    query: {},
    body: limitsRequest,
    example: { requests_per_second: 100, request_burst: 200 },
    answers: { 200: tenantShape },
  } as const;
  return postRoute(
    "/v1/tenants/:id/limits",
    facts,
    async ({ call, path, body }): Promise<Answer> => {
      const limits = {
        requestsPerSecond: body.requests_per_second,
        requestBurst: body.request_burst,
      };
      const by = operatorOf(call);
      return answerOf(await administration.setTenantLimits(by, path("id"), limits, call.signal));
    },
  );
}

function schemaLockRoute({ administration }: Engine): Route {
  const facts = {
    tag: "tenants",
    summary: "Lock or unlock a tenant's schema (right schema)",
    query: actorParam,
    body: schemaLockRequest,
    example: { locked: true },
    answers: { 200: schemaLockAnswer },
  } as const;
  return postRoute(
    "/v1/tenants/:id/schema_lock",
    facts,
    async ({ call, query, path, body }): Promise<Answer> => {
      const caller = administratorOf(call, { tenant_id: path("id"), actor: query.actor });
      await administration.setSchemaLock(caller, body.locked, call.signal);
      return { text: stringifyJson({ locked: body.locked }) };
    },
  );
}

function answerOf(tenant: Tenant): Answer {
  return { text: stringifyJson(tenantToJson(tenant)) };
}

function tenantToJson({ tenantId, state, createdAt, limits }: Tenant): JsonObject {
  const { requestsPerSecond, requestBurst } = limits;
  return {
    tenant_id: tenantId,
    state,
    created_at: createdAt,
    limits: {
      ...(requestsPerSecond !== undefined && { requests_per_second: requestsPerSecond }),
      ...(requestBurst !== undefined && { request_burst: requestBurst }),
    },
  };
}

function notConfirmed() {
  return invalid(
    "INVALID_REQUEST",
    "confirm is not the id of the tenant that is to be deleted.",
    "Send the tenant's id once more as confirm.",
    { field: "confirm" },
  );
}
