/**
 * Every limit of EntDB has its number here, once. A limit that an operator may move
 * is an option in `config/options.ts` whose default is taken from here.
 * Sizes of caches and steps of work that nobody outside meets stand where they are used.
 * Units are in the names; `test/integration/limits.test.ts` has a row for each: at it and
 * one past it, or where what nobody outside meets is shown.
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
  /** An actor, and any other principal. */
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
  /** Numbers on one list of reserved ids. */
  reservedIds: 10_000,
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
  /** Principals, grants or recipients that one operation may name. */
  principalsPerNode: 100,
  /** Grants on one node. */
  grantsPerNode: 1_000,
  /** Principals that stand for one actor: itself, its roles, its groups. */
  principalsPerActor: 1_000,
  groupDepth: 10,
  membersPerGroup: 10_000,
  rolesPerTenant: 1_000,
  groupsPerTenant: 10_000,
  rolesPerMember: 100,
  mailboxItemsPerChange: 1_000,
  mailThreadChars: 128,
  mailMetadataEntries: 16,
  mailMetadataNameChars: 64,
  mailMetadataValueChars: 256,
  /** Text of a node's searchable fields that a mailbox item shows, in characters. */
  mailSnippetChars: 200,
  /** Text of a node's searchable fields by which its mailbox items are found; the rest is not searched. */
  mailTextChars: 64 * KiB,
  /** Words of one search, and its whole text. */
  searchTerms: 64,
  /** Types that one search may name. */
  searchTypes: 100,
  searchChars: 256,
  searchRowsDefault: 20,
  searchRowsMax: 100,
  searchableFieldsPerType: 16,
  /** How long changes are kept for watchers that come late, in log time. */
  changesKeptMs: 7 * 24 * 60 * 60_000,
  /** Watchers of one tenant, and of the server. */
  watchersPerTenant: 2_000,
  watchers: 10_000,
  watchHeartbeatMs: 15_000,
  watchHeartbeatMinMs: 1_000,
  watchHeartbeatMaxMs: 60_000,
  /** Changes that one watcher reads at once and holds while its client reads; a larger record comes whole. */
  watchReadRows: 128,
  /** A tenant's newest changes, in memory for all its watchers. */
  watchTailRows: 1_024,
  /** Types that one watcher may name. */
  watchTypes: 100,
  /** Events that one transaction appends, to one aggregate or to several. */
  eventsPerTransaction: 10_000,
  /** Id or type of an event, and the key of an append to one aggregate. */
  eventTextBytes: 64 * KiB,
  /** Id or type of an aggregate. */
  aggregateTextBytes: 4 * KiB,
  tagsPerEvent: 32,
  eventTagBytes: 256,
  /** Types that one filter, or one item of a condition, may name. */
  eventTypesPerFilter: 100,
  conditionItems: 32,
  consumerBytes: 256,
  /** Events of one page, and their bytes: a page ends with the event that reaches them. */
  eventPageRows: 1_000,
  eventPageBytes: 2 * MiB,
  /** Events that one read by filter looks at before it answers with what it has. */
  eventScanRows: 20_000,
  /** A keep-alive of a subscription to events, when nothing else is sent. */
  eventKeepAliveMs: 200,
  eventKeepAliveMinMs: 100,
  eventKeepAliveMaxMs: 60_000,
  /** Bytes that a subscriber reads at once, and of a tenant's newest rows in memory for all its subscribers. */
  subscriberReadBytes: 1 * MiB,
  subscriberTailBytes: 8 * MiB,
  /** Requests a second, and at once, that one tenant may be given. */
  tenantRate: 1_000_000_000,
  /** Tenants, and credentials, whose requests are counted at the same time. */
  rateBuckets: 20_000,
  apiKeysPerTenant: 1_000,
  apiKeyNameChars: 128,
  /** Of the header Authorization. */
  credentialChars: 8 * KiB,
  /** Credentials whose holders are remembered, so that a call does not look them up or verify them. */
  rememberedCredentials: 10_000,
  /** Of the answer of an address from which keys of tokens are fetched, and how long it is waited for. */
  tokenKeysBytes: 1 * MiB,
  tokenKeysTimeoutMs: 5_000,
  /** Addresses that failed to authenticate, and actors in whose name others acted, that the audit tells apart in a minute. */
  auditSourcesPerMinute: 100,
  auditActorsPerMinute: 1_000,
  pageRowsDefault: 100,
  pageRowsMax: 1_000,
  filterNodes: 64,
  filterDepth: 8,
  filterInValues: 100,
  /** Pattern of a like, in UTF-16 units. */
  likePatternChars: 1_024,
  orderTerms: 4,
  walkDepth: 5,
  /** Rows of a result that an offset may pass over. */
  pageOffsetMax: 100_000,
  /** Rows that one query may look at before it is refused with QUERY_NEEDS_INDEX. */
  scanRows: 1_000_000,
  /** Of somebody who may read at most so many nodes of a type, queries look at those and at no others. */
  readableNodes: 5_000,
  /** Reads of one tenant that wait for a read worker or run in one; one more is refused as OVERLOADED. */
  readJobsPerTenant: 64,
  cursorBytes: 8 * KiB,
  /** Edges that one walk may look at before it is refused with LIMIT_EXCEEDED. */
  walkEdges: 1_000_000,

  /** The head of a request. A read by GET carries its message there. */
  requestHeadBytes: 16 * KiB,
  /** To say the first words on a connection, and from the first byte of a head to its last. */
  requestHeadTimeoutMs: 10_000,
  /** From the moment that an answer waits for its client to read. */
  answerTimeoutMs: 30_000,
  /** Bytes of answers that the clients of one connection, and all of them, may leave unread before they get no more. */
  unreadBytesPerConnection: 64 * MiB,
  unreadBytes: 512 * MiB,
  /** Of a body that nobody wants, over HTTP/1.1: what is read and thrown away, and for how long, so that its client gets its answer; then the connection is cut. */
  discardedBodyBytes: 8 * MiB,
  discardedBodyMs: 5_000,
  /** Shorter answers are not worth compressing. */
  compressMinBytes: 1 * KiB,

  /** Sets of label values that one metric tells apart; all further ones are counted together. */
  metricCells: 1_000,
  /** Log lines, in bytes, that wait for a reader of stderr that is slower than they come; then they are dropped and counted. */
  logBufferBytes: 1 * MiB,
  /** Text of one field of a log line; the rest is cut off. */
  logFieldChars: 8_192,

  /** Threads that serve connections beside the engine's. */
  faceThreads: 16,
  /** How long a face thread may give no sign of life before it is ended and started again. */
  faceThreadSilentMs: 10_000,

  // What follows are defaults of options (config/options.ts): an operator may move them.

  /** Size of the embedded log's files. */
  segmentBytes: 64 * MiB,
  checkpointIntervalMs: 5_000,
  /** For one request to a bucket. */
  s3TimeoutMs: 30_000,
  /** How long a record may wait for its archive. */
  archiveIntervalMs: 60_000,
  archiveRetentionDays: 90,
  /** Between two rounds of snapshots. */
  snapshotIntervalMs: 24 * 60 * 60_000,
  snapshotRetentionDays: 30,
  /** What a tenant's write-ahead file may grow to while it is copied; from half of it on the copy no longer rests, and the tenant's writes are slower. */
  snapshotWriteAheadBytes: 1024 * MiB,
  /** How fast files are copied for a snapshot at most, and fetched from one for a damaged view: the disk has something left for others. */
  snapshotCopyBytesPerSecond: 100 * MiB,
  /** How fast a snapshot is read back at most. */
  snapshotReadBytesPerSecond: 400 * MiB,
  /** Tenants whose files are open at once. */
  openTenants: 256,
  readWorkers: 2,
  /** Longest that a call may take, and what it gets when the client names nothing. */
  deadlineMs: 60_000,
  /** The same for what takes long by nature. */
  longDeadlineMs: 60 * 60_000,
  shutdownGraceMs: 10_000,
  callsInFlight: 10_000,
  bytesInFlight: 256 * MiB,
  /** Connections on one port, from everybody and from one address. */
  connections: 10_000,
  connectionsPerPeer: 1_000,
  /** Calls under way at once on one HTTP/2 connection. */
  concurrentStreams: 250,
  idleTimeoutMs: 5 * 60_000,
  /** For the headers and the body of a request to arrive. */
  requestTimeoutMs: 30_000,
} as const;

/** What a limit is called in the details of an error. */
export type LimitName = keyof typeof limits;

/** The details of a refusal by a limit: which one, and the most that it lets pass, which an operator may have moved. */
export function limitDetails(limit: LimitName, max: number = limits[limit]) {
  return { limit, max: String(max) };
}
