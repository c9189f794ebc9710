/** Who asks, of which tenant. Both parts have been checked (`tenant/identity.ts`). */
export interface Caller {
  readonly tenantId: string;
  /** "user:alice", "system:importer", … */
  readonly actor: string;
  /** Roles that the credential carried; they go into the record, so that apply stays deterministic. */
  readonly roles: readonly string[];
}
