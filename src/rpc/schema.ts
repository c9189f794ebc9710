import { create } from "@bufbuild/protobuf";
import {
  CheckSchemaResponseSchema,
  EntDBService,
  GetSchemaResponseSchema,
  RegisterSchemaResponseSchema,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import type { Engine } from "../engine/engine.ts";
import { decodeFreshness } from "./decode-read.ts";
import { decodeSchema, decodeSchemaMode } from "./decode-schema.ts";
import {
  encodeDifferences,
  encodeSchema,
  encodeSchemaBuild,
  encodeSchemaChanges,
} from "./encode-schema.ts";
import { callerOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary } from "./methods.ts";

/** A tenant's type definitions. */
export function schemaMethods(engine: Engine): RpcMethod[] {
  const { getSchema, registerSchema, checkSchema } = EntDBService.method;
  return [
    unary(getSchema, async (request, call) => {
      const caller = callerOf(call, request.context);
      const read = await engine.getSchema(caller, decodeFreshness(request.read), call.signal);
      return create(GetSchemaResponseSchema, {
        schema: encodeSchema(read.schema),
        fingerprint: read.fingerprint,
        positionToken: read.positionToken,
        locked: read.locked,
        ...(read.build && { build: encodeSchemaBuild(read.build) }),
      });
    }),
    unary(registerSchema, async (request, call) => {
      const caller = callerOf(call, request.context);
      const registration = {
        idempotencyKey: request.idempotencyKey,
        schema: decodeSchema(request.schema, "schema"),
        mode: decodeSchemaMode(request.mode, "mode"),
      };
      const receipt = await engine.registerSchema(caller, registration, call.signal);
      return create(RegisterSchemaResponseSchema, {
        fingerprint: receipt.fingerprint,
        differences: encodeDifferences(receipt.differences),
        changed: receipt.changed,
        positionToken: receipt.positionToken,
        walPosition: receipt.walPosition,
      });
    }),
    unary(checkSchema, async (request, call) => {
      const caller = callerOf(call, request.context);
      const check = {
        schema: decodeSchema(request.schema, "schema"),
        mode: decodeSchemaMode(request.mode, "mode"),
      };
      const freshness = decodeFreshness(request.read);
      const read = await engine.checkSchema(caller, check, freshness, call.signal);
      return create(CheckSchemaResponseSchema, {
        changes: encodeSchemaChanges(read.changes),
        differences: encodeDifferences(read.differences),
        fingerprintNow: read.fingerprintNow,
        fingerprintThen: read.fingerprintThen,
        positionToken: read.positionToken,
      });
    }),
  ];
}
