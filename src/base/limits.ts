/**
 * Every limit of EntDB has its number here, once. A limit that an operator may move
 * is an option in `config/options.ts` whose default is taken from here.
 * Units are in the names; `test/limits.test.ts` holds one test at and one past each.
 */
const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** A request's message, before and after decompression. */
  messageBytes: 4 * MiB,
  /** A record's body in the log: a message and its envelope fit with room to spare. */
  recordBytes: 5 * MiB,
  /** Records in one step of a reader of the log. */
  readBatchRecords: 1024,
  /** Records that wait for the log's next sync before appends are refused as OVERLOADED. */
  appendQueueRecords: 65_536,
  /** Bytes that wait for the log's next sync before appends are refused as OVERLOADED. */
  appendQueueBytes: 256 * MiB,
  tenantIdChars: 128,
  actorBytes: 256,
  idempotencyKeyBytes: 256,
  aliasChars: 64,
  operationsPerTransaction: 1_000,
  fieldsPerType: 512,
  typesPerSchema: 2_000,
  enumValuesPerField: 1_000,
  uniqueKeysPerType: 16,
  fieldsPerKey: 8,
  nameChars: 63,
  descriptionChars: 1_024,
  listItemsPerValue: 10_000,
  jsonValueBytes: 64 * KiB,
  preconditionsPerOperation: 32,
  idsPerGet: 1_000,
  pageRowsDefault: 100,
  pageRowsMax: 1_000,
  filterNodes: 64,
  filterDepth: 8,
  filterInValues: 100,
  orderTerms: 4,
  walkDepth: 5,
  /** Rows that one query may look at before it is refused with QUERY_NEEDS_INDEX. */
  scanRows: 1_000_000,
  cursorBytes: 8 * KiB,
} as const;
