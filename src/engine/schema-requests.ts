import { checkEvolution } from "../schema/evolve.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { parseSchema } from "../schema/parse-schema.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import type { SchemaCheck, SchemaRequest, TenantSchema, TransactionRequest } from "./engine.ts";
import type { Read } from "./reading.ts";

/** What requests about a tenant's schema come to. */

export function tenantSchema(registry: SchemaRegistry, locked: boolean): TenantSchema {
  return { schema: registry.schema, fingerprint: registry.fingerprint, locked, build: undefined };
}

/** A registration is a transaction like any other, of one operation. */
export function registration(request: SchemaRequest): TransactionRequest {
  const { idempotencyKey, schema, mode } = request;
  return {
    idempotencyKey,
    operations: [{ op: "register_schema", schema, mode }],
    wait: "applied",
    schemaFingerprint: "",
    schema: undefined,
  };
}

/**
 * What registering would change in the schema that was read. Throws SCHEMA_INVALID and
 * LIMIT_EXCEEDED, as registering does; what is breaking is among the changes.
 */
export function checkAgainst(
  current: Read<TenantSchema>,
  request: Omit<SchemaRequest, "idempotencyKey">,
): Read<SchemaCheck> {
  const incoming = parseSchema(request.schema);
  const { schema, changes } = checkEvolution(current.schema, incoming, request.mode);
  return {
    changes,
    fingerprintNow: current.fingerprint,
    fingerprintThen: fingerprintOf(schema),
    positionToken: current.positionToken,
  };
}
