import { stringifyJson } from "../../base/json-write.ts";
import type { Engine } from "../../engine/engine.ts";
import { parseTenantId } from "../../tenant/identity.ts";
import { operatorOf } from "../identity.ts";
import type { Answer } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import { closed } from "../shapes/closed.ts";
import { archiveAnswer, logAnswer, rebuildAnswer, retryAnswer } from "../shapes/operations.ts";

/**
 * What operators do to a running server, with a credential of the server. Where the server
 * trusts whoever reaches it, these are as open as everything else, and the same Host and
 * Origin rules keep web pages out.
 */
export function adminRoutes(engine: Engine): Route[] {
  return [logRoute(engine), archiveRoute(engine), rebuildRoute(engine), retryRoute(engine)];
}

const nothing = closed({});

function logRoute(engine: Engine): Route {
  const facts = {
    tag: "admin",
    access: "server",
    summary: "Where the log and its views stand",
    query: {},
    answers: { 200: logAnswer },
  } as const;
  return getRoute("/admin/log", facts, async (): Promise<Answer> => {
    const state = await engine.logState();
    const text = stringifyJson({
      log_id: state.logId,
      topic: state.topic,
      partition: state.partition,
      end_offset: state.endOffset,
      applied_offset: state.appliedOffset,
      checkpoint_offset: state.checkpointOffset,
      start_offset: state.startOffset,
      tenants_behind: state.tenantsBehind.map((behind) => ({
        tenant_id: behind.tenantId,
        trouble: behind.trouble,
        offset: behind.offset,
        message: behind.message,
      })),
    });
    return { text };
  });
}

function archiveRoute(engine: Engine): Route {
  const facts = {
    tag: "admin",
    access: "server",
    summary: "How far the log is archived, and what stands in the way",
    query: {},
    answers: { 200: archiveAnswer },
  } as const;
  return getRoute("/admin/archive", facts, async (): Promise<Answer> => {
    const state = await engine.archiveState();
    if (state === undefined) return { text: stringifyJson({ enabled: false }) };
    const text = stringifyJson({
      enabled: true,
      place: state.place,
      archived_offset: state.archivedOffset,
      lag_records: state.lagRecords,
      ...(state.failure !== undefined && { failure: state.failure }),
    });
    return { text };
  });
}

function rebuildRoute(engine: Engine): Route {
  const facts = {
    tag: "admin",
    access: "server",
    summary: "Set a tenant's files aside and make them again from the log",
    query: {},
    body: nothing,
    answers: { 200: rebuildAnswer },
    long: true,
  } as const;
  return postRoute("/admin/tenants/:id/rebuild", facts, async ({ call, path }): Promise<Answer> => {
    const tenantId = parseTenantId(path("id"));
    const report = await engine.administration.audited(
      operatorOf(call),
      { action: "tenant_rebuilt", tenantId },
      () => engine.rebuildTenant(tenantId, call.signal),
    );
    const text = stringifyJson({
      records: report.records,
      content_hash_before: report.contentHashBefore,
      content_hash_after: report.contentHashAfter,
      outcome_digest_before: report.outcomeDigestBefore,
      outcome_digest_after: report.outcomeDigestAfter,
    });
    return { text };
  });
}

function retryRoute(engine: Engine): Route {
  const facts = {
    tag: "admin",
    access: "server",
    summary: "Try the record at which a halted tenant stands once more",
    query: {},
    body: nothing,
    answers: { 200: retryAnswer },
  } as const;
  return postRoute("/admin/tenants/:id/retry", facts, async ({ call, path }): Promise<Answer> => {
    const tenantId = parseTenantId(path("id"));
    const tried = await engine.administration.audited(
      operatorOf(call),
      { action: "tenant_retried", tenantId },
      () => engine.retryTenant(tenantId, call.signal),
    );
    return { text: stringifyJson({ resumed: tried.resumed, message: tried.message }) };
  });
}
