import { checkEvolution } from "../schema/evolve.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { parseSchema } from "../schema/parse-schema.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import type { BuildState } from "../store/reader/build-reader.ts";
import { formatPosition } from "../wal/position.ts";
import type {
  SchemaBuild,
  SchemaCheck,
  SchemaRequest,
  TenantSchema,
  TransactionRequest,
} from "./engine.ts";
import type { Read } from "./reading.ts";

/** What requests about a tenant's schema come to. */

export function tenantSchema(
  registry: SchemaRegistry,
  locked: boolean,
  build: SchemaBuild | undefined,
): TenantSchema {
  return { schema: registry.schema, fingerprint: registry.fingerprint, locked, build };
}

/** How far the schema is that is being applied to existing rows, in a partition of the log. */
export function schemaBuild(state: BuildState, partition: number): SchemaBuild {
  const { position, doing, rowsDone, rowsTotal } = state;
  const walPosition = formatPosition({ partition, offset: position });
  return { walPosition, step: doing, rowsDone, rowsTotal };
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
  const { schema, ...found } = checkEvolution(current.schema, incoming, request.mode);
  return {
    ...found,
    fingerprintNow: current.fingerprint,
    fingerprintThen: fingerprintOf(schema),
    positionToken: current.positionToken,
  };
}
