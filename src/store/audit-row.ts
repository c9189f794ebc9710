/** Where a row stands among all of a partition, whatever file it is in. Log time never goes back from position to position. */
export interface AuditPlace {
  /** Log time, Unix milliseconds. */
  readonly at: number;
  /** Offset of the record, and a number within it. */
  readonly position: number;
  readonly seq: number;
}

/** One thing that was done or refused, for those who must account for it. */
export interface AuditRow extends AuditPlace {
  readonly action: string;
  readonly tenantId: string;
  readonly actor: string;
  /** "key:…", "jwt:…"; empty in trusted mode. */
  readonly credential: string;
  /** "applied", or the reason of the refusal. */
  readonly outcome: string;
  /** How many alike it stands for. */
  readonly count: number;
  readonly details: ReadonlyMap<string, string>;
}
