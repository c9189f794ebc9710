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
  /** Bytes of records in one batch of the embedded log: what one write and one sync carry. */
  logBatchBytes: 8 * MiB,
  /** Bodies of the newest records that the embedded log keeps in memory for followers. */
  logTailBytes: 8 * MiB,
  /** Records that the embedded log keeps in memory for followers. */
  logTailRecords: 32_768,
  tenantIdChars: 128,
  actorBytes: 256,
  idempotencyKeyBytes: 256,
  aliasChars: 64,
  operationsPerTransaction: 1_000,
  fieldsPerType: 512,
  typesPerSchema: 2_000,
  enumValuesPerField: 1_000,
  enumValueChars: 255,
  uniqueKeysPerType: 16,
  fieldsPerKey: 8,
  nameChars: 63,
  descriptionChars: 1_024,
  listItemsPerValue: 10_000,
  jsonValueBytes: 64 * KiB,
  /** Nesting of arrays and objects in a value of kind json. */
  jsonValueDepth: 100,
  /** Nesting of arrays and objects in a JSON request or file: a json value fits with room to spare. */
  jsonBodyDepth: 128,
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
