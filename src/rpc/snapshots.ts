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
import { type RpcMethod, unary } from "./methods.ts";

/** Snapshots of a running server. */
export function snapshotMethods({ snapshots }: Pick<Engine, "snapshots">): RpcMethod[] {
  const { createSnapshot, listSnapshots } = OperationsService.method;
  return [
    unary(
      createSnapshot,
      async ({ tenantId }, { signal }) => {
        const made = await snapshots.create(
          tenantId === "" ? "" : parseTenantOrCatalog(tenantId),
          signal,
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
