import {
  EntDBService,
  type ExecuteAtomicRequest,
  WaitMode as WireWaitMode,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import type { Engine, WaitMode } from "../engine/engine.ts";
import { decodeOperations } from "./decode-operation.ts";
import { decodeFreshness } from "./decode-read.ts";
import { decodeSchema } from "./decode-schema.ts";
import { misshapen } from "./decode-value.ts";
import { encodeReceipt, encodeTransactionReceipt } from "./encode-outcome.ts";
import { callerOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary, unaryInBytes } from "./methods.ts";
import { packTransactionReceipt } from "./pack-outcome.ts";

/** Atomic writes, and what became of them. */
export function graphWriteMethods(engine: Engine): RpcMethod[] {
  const { executeAtomic, getReceipt } = EntDBService.method;
  return [
    unaryInBytes(
      executeAtomic,
      (request, call) => {
        const caller = callerOf(call, request.context);
        return engine.execute(caller, transactionOf(request), call.signal);
      },
      { encode: encodeTransactionReceipt, pack: packTransactionReceipt },
    ),
    unary(getReceipt, async (request, call) => {
      const caller = callerOf(call, request.context);
      const freshness = decodeFreshness(request.read);
      const receipt = await engine.getReceipt(
        caller,
        request.idempotencyKey,
        freshness,
        call.signal,
      );
      return encodeReceipt(receipt);
    }),
  ];
}

function transactionOf(request: ExecuteAtomicRequest) {
  return {
    idempotencyKey: request.idempotencyKey,
    operations: decodeOperations(request.operations),
    operationsField: "operations[].op",
    wait: waitMode(request.wait),
    schemaFingerprint: request.schemaFingerprint,
    schema: request.schema === undefined ? undefined : decodeSchema(request.schema, "schema"),
  };
}

/** Throws INVALID_REQUEST. */
export function waitMode(wait: WireWaitMode): WaitMode {
  switch (wait) {
    case WireWaitMode.UNSPECIFIED:
    case WireWaitMode.APPLIED:
      return "applied";
    case WireWaitMode.DURABLE:
      return "durable";
    default:
      throw misshapen("wait", `${String(wait)} is no way to wait`);
  }
}
