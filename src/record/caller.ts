/** Who asks, of which tenant. All of it has been checked (`tenant/identity.ts`, `access/`). */
export interface Caller {
  readonly tenantId: string;
  /** "user:alice", "system:importer", … */
  readonly actor: string;
  /** Roles that the credential carried, without "role:"; they go into the record, so that apply stays deterministic. */
  readonly roles: readonly string[];
  /** With which credential: "key:…", "jwt:…"; empty in trusted mode. Goes into the record for the audit. */
  readonly credential: string;
}
