/** What the applier tells of trouble, so that somebody hears. */
export interface TroubleLog {
  tenantStalled(tenantId: string, offset: number, cause: unknown): void;
  tenantHalted(tenantId: string, offset: number, cause: unknown): void;
  tenantRebuilding(tenantId: string, cause: unknown): void;
  /** The new file has come to this record, of those below `before`; told every few seconds. */
  tenantRebuildReached(tenantId: string, reached: number, before: number): void;
  tenantResumed(tenantId: string): void;
  tenantBuilding(tenantId: string, offset: number): void;
  /** The schema that was being built is in force or refused, and the tenant has caught up. */
  tenantBuilt(tenantId: string): void;
  /** Files of tenants that are no more are still there; a next start tries again. */
  filesNotRemoved(cause: unknown): void;
}
