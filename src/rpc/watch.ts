import { create } from "@bufbuild/protobuf";
import {
  ChangeSchema,
  EntDBService,
  type WatchChangesRequest,
  type WatchChangesResponse,
  WatchChangesResponseSchema,
  type Change as WireChange,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import type { Change } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { changeKindNumber } from "../record/change.ts";
import type { CallContext } from "./call-context.ts";
import { emptyIsAbsent } from "./decode-read.ts";
import { encodeNode } from "./encode-graph.ts";
import { callerOf } from "./interceptors/identity.ts";
import { type RpcMethod, serverStreaming } from "./methods.ts";

/** What is changed, for as long as the client stays. */
export function watchMethods(engine: Engine): RpcMethod[] {
  return [
    serverStreaming(EntDBService.method.watchChanges, (request, call) =>
      watchChanges(engine, request, call),
    ),
  ];
}

async function* watchChanges(
  engine: Engine,
  request: WatchChangesRequest,
  call: CallContext,
): AsyncGenerator<WatchChangesResponse> {
  const wanted = {
    after: emptyIsAbsent(request.after),
    fromBeginning: request.fromBeginning,
    typeIds: request.typeIds,
    edgeTypeIds: request.edgeTypeIds,
    withNodes: request.withNodes,
    heartbeatMs: request.heartbeatMs,
    expiresAt: call.identity.expiresAt,
  };
  const caller = callerOf(call, request.context);
  for await (const batch of engine.changes.watch(caller, wanted, call.signal)) {
    const response = create(WatchChangesResponseSchema);
    response.changes = batch.changes.map(encodeChange);
    response.positionToken = batch.positionToken;
    response.walPosition = batch.walPosition;
    yield response;
  }
  // The engine ends quietly when it is told to; the client is told why.
  if (call.signal.aborted) throw call.signal.reason;
}

function encodeChange(change: Change): WireChange {
  const message = create(ChangeSchema);
  message.kind = changeKindNumber(change.kind);
  message.actor = change.actor;
  message.changedAt = BigInt(change.changedAt);
  message.nodeId = change.nodeId;
  message.typeId = change.typeId;
  message.version = BigInt(change.version);
  message.edgeId = change.edgeId;
  message.edgeTypeId = change.edgeTypeId;
  message.fromId = change.fromId;
  message.toId = change.toId;
  if (change.node !== undefined) message.node = encodeNode(change.node);
  return message;
}
