import type { Database, Statement } from "bun:sqlite";

/** What a view knows about itself: whose it is, of which log, and how far it has come. */
export interface ViewState {
  readonly tenantId: string;
  readonly incarnation: number;
  readonly logId: string;
  /** Offset of the last record of this tenant that was applied; -1: none. */
  readonly appliedOffset: number;
  /** Log time of that record; 0: none. */
  readonly appliedLogTime: number;
  /** H(H(…), offset, outcome) over everything applied; 32 zero bytes: nothing. */
  readonly outcomeDigest: Uint8Array;
}

/** Undefined for a file that has just been made. */
export function readViewState(db: Database): ViewState | undefined {
  const row = db.query<ViewStateRow, []>("SELECT * FROM view_state WHERE only_row = 1").get();
  if (row === null) return undefined;
  return {
    tenantId: row.tenant_id,
    incarnation: Number(row.incarnation),
    logId: row.log_id,
    appliedOffset: Number(row.applied_offset),
    appliedLogTime: Number(row.applied_log_time),
    outcomeDigest: row.outcome_digest,
  };
}

interface ViewStateRow {
  tenant_id: string;
  incarnation: bigint;
  log_id: string;
  applied_offset: bigint;
  applied_log_time: bigint;
  outcome_digest: Uint8Array;
}

/** Says whose a new file is. Part of making the file, before anything is applied to it. */
export function initialiseViewState(
  db: Database,
  owner: Pick<ViewState, "tenantId" | "incarnation" | "logId">,
): void {
  db.query("INSERT INTO view_state VALUES (1, ?, ?, ?, -1, 0, ?)").run(
    owner.tenantId,
    owner.incarnation,
    owner.logId,
    new Uint8Array(32),
  );
}

/** The statement with which the applier moves a view on, in the transaction of the effects. */
export function prepareAdvance(db: Database): Statement {
  return db.query(
    "UPDATE view_state SET applied_offset = ?, applied_log_time = ?, outcome_digest = ? WHERE only_row = 1",
  );
}
