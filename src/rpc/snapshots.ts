import { create } from "@bufbuild/protobuf";
import {
  CreateSnapshotResponseSchema,
  ListSnapshotsResponseSchema,
  OperationsService,
  SnapshotSchema,
} from "../../gen/entdb/v1/operations_service_pb.ts";
import type { Engine } from "../engine/engine.ts";
import type { Snapshot } from "../engine/snapshots.ts";
import { parseTenantOrCatalog } from "../tenant/identity.ts";
import { operatorOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary } from "./methods.ts";

/** Snapshots of a running server. */
export function snapshotMethods({ snapshots, administration }: Engine): RpcMethod[] {
  const { createSnapshot, listSnapshots } = OperationsService.method;
  return [
    unary(
      createSnapshot,
      async (request, call) => {
        const tenantId = request.tenantId === "" ? "" : parseTenantOrCatalog(request.tenantId);
        const made = await administration.audited(
          operatorOf(call),
          { action: "snapshot_created", tenantId },
          () => snapshots.create(tenantId, call.signal),
        );
        return create(CreateSnapshotResponseSchema, { snapshots: made.map(encode) });
      },
      "long",
    ),
    unary(
      listSnapshots,
      async ({ tenantId }, { signal }) => {
        const stored = await snapshots.list(parseTenantOrCatalog(tenantId), signal);
        return create(ListSnapshotsResponseSchema, { snapshots: stored.map(encode) });
      },
      "long",
    ),
  ];
}

function encode(snapshot: Snapshot) {
  return create(SnapshotSchema, {
    ...snapshot,
    createdAt: BigInt(snapshot.createdAt),
    logTime: BigInt(snapshot.logTime),
    bytes: BigInt(snapshot.bytes),
  });
}
