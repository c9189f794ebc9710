/**
 * What operators ask of a running server: each call needs a credential of the server, and names
 * its tenant. Whatever changes something goes through `Administration.audited`, since it leaves
 * no record of its own.
 */
import { create } from "@bufbuild/protobuf";
import { EntDBService, HealthResponseSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import {
  GetArchiveStateResponseSchema,
  GetLogPositionResponseSchema,
  OperationsService,
  RebuildTenantResponseSchema,
  RetryTenantResponseSchema,
  TenantBehindSchema,
  TenantTrouble,
} from "../../gen/entdb/v1/operations_service_pb.ts";
import type { Engine } from "../engine/engine.ts";
import type { TenantBehind } from "../engine/health.ts";
import { parseTenantId } from "../tenant/identity.ts";
import type { CallContext } from "./call-context.ts";
import { operatorOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary } from "./methods.ts";
import { snapshotMethods } from "./snapshots.ts";

const TROUBLE: Readonly<Record<TenantBehind["trouble"], TenantTrouble>> = {
  stalled: TenantTrouble.STALLED,
  rebuilding: TenantTrouble.REBUILDING,
  halted: TenantTrouble.HALTED,
  building: TenantTrouble.BUILDING,
};

export function operationsMethods(engine: Engine): RpcMethod[] {
  return [
    health(engine),
    getLogPosition(engine),
    getArchiveState(engine),
    rebuildTenant(engine),
    retryTenant(engine),
    ...snapshotMethods(engine),
  ];
}

function health(engine: Engine): RpcMethod {
  return unary(EntDBService.method.health, async () => {
    const health = await engine.health();
    return create(HealthResponseSchema, {
      status: health.status,
      components: { ...health.components },
      applierLagMs: BigInt(Math.round(health.applierLagMs)),
      version: health.version,
      lastSnapshotAt: BigInt(health.lastSnapshotAt ?? 0),
    });
  });
}

function getLogPosition(engine: Engine): RpcMethod {
  return unary(OperationsService.method.getLogPosition, async () => {
    const state = await engine.logState();
    return create(GetLogPositionResponseSchema, {
      logId: state.logId,
      topic: state.topic,
      partition: state.partition,
      endOffset: BigInt(state.endOffset),
      appliedOffset: BigInt(state.appliedOffset),
      checkpointOffset: BigInt(state.checkpointOffset),
      startOffset: BigInt(state.startOffset),
      tenantsBehind: state.tenantsBehind.map((behind) =>
        create(TenantBehindSchema, {
          tenantId: behind.tenantId,
          trouble: TROUBLE[behind.trouble],
          offset: BigInt(behind.offset),
          message: behind.message,
        }),
      ),
    });
  });
}

function getArchiveState(engine: Engine): RpcMethod {
  return unary(OperationsService.method.getArchiveState, async () => {
    const state = await engine.archiveState();
    if (state === undefined) return create(GetArchiveStateResponseSchema, { enabled: false });
    return create(GetArchiveStateResponseSchema, {
      enabled: true,
      place: state.place,
      archivedOffset: BigInt(state.archivedOffset),
      lagRecords: BigInt(state.lagRecords),
      failure: state.failure ?? "",
    });
  });
}

function rebuildTenant(engine: Engine): RpcMethod {
  const answer = async (request: { tenantId: string }, call: CallContext) => {
    const tenantId = parseTenantId(request.tenantId);
    const report = await engine.administration.audited(
      operatorOf(call),
      { action: "tenant_rebuilt", tenantId },
      () => engine.rebuildTenant(tenantId, call.signal),
    );
    return create(RebuildTenantResponseSchema, { ...report, records: BigInt(report.records) });
  };
  return unary(OperationsService.method.rebuildTenant, answer, "long");
}

function retryTenant(engine: Engine): RpcMethod {
  return unary(OperationsService.method.retryTenant, async (request, call) => {
    const tenantId = parseTenantId(request.tenantId);
    const tried = await engine.administration.audited(
      operatorOf(call),
      { action: "tenant_retried", tenantId },
      () => engine.retryTenant(tenantId, call.signal),
    );
    return create(RetryTenantResponseSchema, tried);
  });
}
