import { EntError } from "../base/errors.ts";

/**
 * What callers are told about a tenant that cannot go on. Its cause is in the server's log from
 * when the trouble began; who asks meanwhile does not bring it there again.
 */
export function haltedError(tenantId: string, offset: number): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "TENANT_HALTED",
    message: `Tenant ${tenantId} is halted at record ${offset}, which could not be applied.`,
    hint: "Nothing is lost: the record is in the log. Ask the operator to look into the log of the server and to run: entdb tenants retry.",
    details: { tenant_id: tenantId, halted_at: String(offset) },
  });
}

export function stalledError(tenantId: string, offset: number): EntError {
  return new EntError({
    code: "unavailable",
    reason: "TENANT_STALLED",
    message: `Tenant ${tenantId} cannot apply record ${offset} at the moment.`,
    hint: "The server tries again by itself; the usual cause is a full disk.",
    details: { tenant_id: tenantId, stalled_at: String(offset) },
    retryable: true,
  });
}

/** What a caller who cannot wait is told while a schema is brought to the rows that are there. */
export function buildingError(tenantId: string, offset: number): EntError {
  return new EntError({
    code: "unavailable",
    reason: "SCHEMA_BUILDING",
    message: `Tenant ${tenantId} is applying the schema of record ${offset} to the nodes that are there.`,
    hint: "Nothing is wrong: later writes wait for it. Ask again in a moment; GetSchema says how far it has come.",
    details: { tenant_id: tenantId, building_at: String(offset) },
    retryable: true,
  });
}

/** What is told while a tenant's file is made of its records below `offset`; with how far that has come, where it is known. */
export function rebuildingError(tenantId: string, offset: number, reached?: number): EntError {
  const progress = reached === undefined ? "" : `: record ${reached} of ${offset}`;
  return new EntError({
    code: "unavailable",
    reason: "TENANT_REBUILDING",
    message: `The file of tenant ${tenantId} is being made again from the log${progress}.`,
    hint: "Try again in a moment.",
    details: {
      tenant_id: tenantId,
      rebuilding_at: String(offset),
      ...(reached === undefined ? {} : { reached: String(reached) }),
    },
    retryable: true,
  });
}

/** What those are told who still wait for a tenant that was deleted. */
export function deletedError(tenantId: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "TENANT_NOT_FOUND",
    message: `Tenant ${tenantId} was deleted.`,
    hint: "Nothing of it is left.",
    details: { tenant_id: tenantId },
  });
}
