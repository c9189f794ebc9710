import type { TroubleLog } from "../applier/trouble-log.ts";
import type { Logger } from "../telemetry/logger.ts";

/** Tells the log of the server what goes wrong behind the faces, and when it is right again. */
export function troubleLog(
  logger: Logger,
): TroubleLog & { upkeepFailed(what: string, cause: unknown): void } {
  return {
    tenantStalled: (tenantId, offset, cause) =>
      logger.warn("tenant stalled; it is tried again", { tenant: tenantId, offset, cause }),
    tenantHalted: (tenantId, offset, cause) =>
      logger.error("tenant halted: a record cannot be applied", {
        tenant: tenantId,
        offset,
        cause,
      }),
    tenantRebuilding: (tenantId, cause) =>
      logger.error("a tenant's file cannot serve; it is made again", { tenant: tenantId, cause }),
    tenantRebuildReached: (tenantId, reached, before) =>
      logger.info("a tenant's file is being made again", { tenant: tenantId, reached, before }),
    tenantResumed: (tenantId) => logger.info("tenant is served again", { tenant: tenantId }),
    tenantBuilding: (tenantId, offset) =>
      logger.info("a schema is being applied to the nodes that are there", {
        tenant: tenantId,
        offset,
      }),
    tenantBuilt: (tenantId) =>
      logger.info("the schema is decided and its tenant has caught up", { tenant: tenantId }),
    filesNotRemoved: (cause) =>
      logger.warn("files of a deleted tenant could not be removed; the next start tries again", {
        cause,
      }),
    upkeepFailed: (what, cause) => logger.warn(what, { cause }),
  };
}
