/**
 * What a kind of subscription must know how to do, so that the rest (history, then live
 * without a gap; fan-out; slow consumers) is the same for all kinds. Everything here is
 * synchronous and bounded: it runs in turns of the event loop that others wait for.
 */
export interface RowSource<Row extends PlacedRow, Interest, Item> {
  /** Whether rows of several records may be handed over as one batch, judged as it begins. */
  readonly sendsTogether: boolean;
  /**
   * About so many rows behind the position, every record whole. With an interest, rows that it
   * does not ask for may be left out. Throws when rows behind the position are not kept any
   * more, when the tenant has gone, and the tenant's trouble.
   */
  read(
    tenant: TenantLife,
    after: number,
    atLeast: number,
    interest: Interest | undefined,
  ): RowSlice<Row>;
  /** Sees with the eyes of subscribers, on the view as it is now. */
  judge(tenant: TenantLife): Judge<Row, Interest, Item>;
  /** Every row up to and including it is in the view: where what is read for all begins. */
  startPosition(tenant: TenantLife): number;
  /** How far somebody has come for whom there is nothing up to `read`, when everything that is there has been read. */
  idlePosition(tenantId: string, read: number): number;
  /** Why nothing more will come until somebody acts; undefined while more may come. */
  deadEnd(tenant: TenantLife): unknown;
  /** Whether what was thrown passes by itself, and the tenant then moves on. */
  passes(error: unknown): boolean;
}

/** A tenant in one life of its id. */
export interface TenantLife {
  readonly tenantId: string;
  readonly incarnation: number;
}

/** A row that was written with a record; the rows of one record go together. */
export interface PlacedRow {
  readonly position: number;
  /** What it holds in memory, where that is worth a count. */
  readonly bytes?: number;
}

export interface RowSlice<Row> {
  /** In the order of their positions. */
  readonly rows: readonly Row[];
  /** All rows up to and including this position are here, or were before. */
  readonly end: number;
}

export interface Judge<Row, Interest, Item> {
  /** False once what it looks at has been closed. */
  readonly stands: boolean;
  /** What a subscriber gets for the row; undefined when it is not asked for or may not be seen. */
  see(row: Row, interest: Interest): Item | undefined;
}
