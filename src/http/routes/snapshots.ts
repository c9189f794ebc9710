import type { JsonObject } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Snapshot } from "../../engine/snapshots.ts";
import { parseTenantOrCatalog } from "../../tenant/identity.ts";
import { operatorOf } from "../identity.ts";
import type { Answer } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import { snapshotRequest, snapshotsAnswer } from "../shapes/snapshots.ts";

/** Snapshots of a running server, with a credential of the server. */
export function snapshotRoutes(engine: Engine): Route[] {
  return [createRoute(engine), listRoute(engine)];
}

function createRoute({ snapshots, administration }: Engine): Route {
  const facts = {
    tag: "admin",
    access: "server",
    summary: "Make a snapshot of a tenant, or of every tenant and the catalog",
    query: {},
    body: snapshotRequest,
    answers: { 200: snapshotsAnswer },
    long: true,
  } as const;
  return postRoute("/admin/snapshot", facts, async ({ call, body }): Promise<Answer> => {
    const named = body.tenant_id ?? "";
    const tenantId = named === "" ? "" : parseTenantOrCatalog(named);
    const made = await administration.audited(
      operatorOf(call),
      { action: "snapshot_created", tenantId },
      () => snapshots.create(tenantId, call.signal),
    );
    return { text: stringifyJson({ snapshots: made.map(snapshotJson) }) };
  });
}

function listRoute({ snapshots }: Engine): Route {
  const facts = {
    tag: "admin",
    access: "server",
    summary: "The whole snapshots of a tenant, oldest first",
    query: {},
    answers: { 200: snapshotsAnswer },
    long: true,
  } as const;
  return getRoute("/admin/snapshots/:id", facts, async ({ call, path }): Promise<Answer> => {
    const stored = await snapshots.list(parseTenantOrCatalog(path("id")), call.signal);
    return { text: stringifyJson({ snapshots: stored.map(snapshotJson) }) };
  });
}

function snapshotJson(snapshot: Snapshot): JsonObject {
  return {
    snapshot_id: snapshot.snapshotId,
    tenant_id: snapshot.tenantId,
    created_at: snapshot.createdAt,
    wal_position: snapshot.walPosition,
    log_time: snapshot.logTime,
    bytes: snapshot.bytes,
    schema_fingerprint: snapshot.schemaFingerprint,
  };
}
