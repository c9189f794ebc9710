import type { JsonObject } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { AuditEntry } from "../../engine/administration.ts";
import type { Engine } from "../../engine/engine.ts";
import { TENANT_HEADER } from "../../face/claim.ts";
import { parseTenantId } from "../../tenant/identity.ts";
import { operatorOf } from "../identity.ts";
import { integerParam, textParam } from "../params.ts";
import type { Answer } from "../reply.ts";
import { getRoute, type Route, type RouteInput } from "../route.ts";
import { auditAnswer } from "../shapes/tenants.ts";
import { pageEnd, pageOf } from "./administration-page.ts";
import { pageParams } from "./page.ts";

const TIME_MAX = Number.MAX_SAFE_INTEGER;

const rangeParams = {
  tenant_id: textParam("Of which tenant."),
  from: integerParam(0, TIME_MAX, "Log time from which on, Unix milliseconds."),
  until: integerParam(0, TIME_MAX, "Log time before which, Unix milliseconds."),
  ...pageParams,
};

/** What was done and refused: in one tenant, or on the whole server. */
export function auditRoutes({ administration }: Engine): Route[] {
  const answer = async (
    { call, query }: RouteInput<typeof rangeParams, undefined>,
    tenantId: string,
  ): Promise<Answer> => {
    const range = { from: query.from ?? 0, until: query.until ?? 0 };
    const wanted = { tenantId, ...range, ...pageOf(query) };
    const page = await administration.listAuditEvents(operatorOf(call), wanted);
    return { text: stringifyJson({ events: page.items.map(entryToJson), ...pageEnd(page) }) };
  };
  const facts = { query: rangeParams, answers: { 200: auditAnswer } } as const;
  return [
    getRoute(
      "/v1/audit",
      {
        ...facts,
        tag: "tenants",
        summary: "What was done in a tenant (right audit), newest first",
      },
      (input) => {
        const { call, query } = input;
        const named = query.tenant_id ?? call.header(TENANT_HEADER) ?? call.identity.tenantId;
        return answer(input, parseTenantId(named));
      },
    ),
    getRoute(
      "/admin/audit",
      {
        ...facts,
        tag: "admin",
        access: "server",
        summary: "What was done on the server, to tenants and with keys",
      },
      (input) => answer(input, input.query.tenant_id ?? ""),
    ),
  ];
}

function entryToJson(entry: AuditEntry): JsonObject {
  return {
    wal_position: entry.walPosition,
    at: entry.at,
    action: entry.action,
    tenant_id: entry.tenantId,
    actor: entry.actor,
    credential: entry.credential,
    outcome: entry.outcome,
    count: entry.count,
    details: Object.fromEntries(entry.details),
  };
}
