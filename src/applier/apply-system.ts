import { EntError } from "../base/errors.ts";
import type { Outcome } from "../record/outcome.ts";
import type { SystemBody } from "../record/transaction.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { insertTenant } from "../store/writer/catalog-writer.ts";

/** One record's effects on the catalog: record and database in, nothing else. Throws the `EntError` that its rejection is. */
export function applySystem(
  db: TenantStore["writeConnection"],
  body: SystemBody,
  at: { readonly offset: number; readonly logTime: number },
): Outcome {
  switch (body.kind) {
    case "tenant_created":
      if (!insertTenant(db, body, at)) throw tenantExists(body.tenantId);
      return APPLIED;
    default:
      throw new Error(`a record ${body.kind}, which this build cannot apply`);
  }
}

const APPLIED: Outcome = { state: "applied", results: [], schemaDifferences: [] };

function tenantExists(tenantId: string): EntError {
  return new EntError({
    code: "already_exists",
    reason: "TENANT_ALREADY_EXISTS",
    message: `There is a tenant ${tenantId} already.`,
    hint: "Use it, or choose another id.",
  });
}
