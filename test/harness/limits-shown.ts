import type { LimitName } from "../../src/base/limits.ts";

/** A test, by its file and its name there. */
export interface ShownBy {
  readonly file: string;
  readonly test: string;
}

const LIMITS = "test/integration/limits.test.ts";
const WAL = "test/contract/wal.ts";
const TAIL = "src/wal/tail-cache.test.ts";
const FILE_WAL = "src/wal/file-wal/file-wal.test.ts";
const CONNECTIONS = "test/integration/rpc-connections.test.ts";
const CALLS = "test/integration/rpc-limits.test.ts";
const LINGERING = "test/integration/early-answers.test.ts";
const WATCH = "test/integration/watch.test.ts";
const READS = "test/integration/reads.test.ts";
const EVENT_CASES = "sdk/conformance/cases/event-store.json";
const EVENT_SUBSCRIPTIONS = "test/integration/event-subscriptions.test.ts";
const AUTHENTICATE = "src/access/authenticate.test.ts";
const AUDIT = "src/access/audit-log.test.ts";
const FETCH_KEYS = "src/access/fetch-keys.test.ts";
const IN_TIME = "a call has the time that its client gives it, at most the server's";
const STRANGERS =
  "strangers of any number fill no disk: beyond the limit they are counted together";

/**
 * The limits that no request meets by itself: of queues, caches, connections and time, and
 * those that cut instead of refusing. Each is shown by a test of what it protects.
 */
export const LIMITS_SHOWN: Readonly<Partial<Record<LimitName, ShownBy>>> = {
  faceThreads: {
    file: "src/config/load.test.ts",
    test: "face threads are taken up to their limit and not beyond, on Linux alone",
  },
  faceThreadSilentMs: {
    file: "src/server/face-threads/signs-of-life.test.ts",
    test: "that is silent for as long as it may be is told of, once",
  },
  recordBytes: { file: WAL, test: "a body past the limit is refused, and nothing is written" },
  readBatchRecords: { file: WAL, test: "hands out at most so many records at once" },
  appendQueueRecords: {
    file: WAL,
    test: "as many appends wait as the limit says; one more is refused as overload",
  },
  appendQueueBytes: {
    file: "src/wal/append-queue.test.ts",
    test: "takes so many bytes and not one more; what was taken out makes room",
  },
  logBatchBytes: {
    file: FILE_WAL,
    test: "more than one batch holds is cut into several, in order",
  },
  logTailBytes: {
    file: TAIL,
    test: "keeps so many bytes of bodies and not one more, the newest",
  },
  logTailRecords: { file: TAIL, test: "keeps so many records and not one more" },
  segmentBytes: {
    file: FILE_WAL,
    test: "keeps order and content, gives each file its size, and numbers them",
  },
  checkpointIntervalMs: {
    file: LIMITS,
    test: "a checkpoint is taken when its time has come, and not before",
  },
  jsonBodyDepth: {
    file: "src/http/app.test.ts",
    test: "nested as deep as allowed, and one deeper",
  },
  mailSnippetChars: {
    file: "test/integration/mailbox.test.ts",
    test: "of a long text shows its beginning and never half a character",
  },
  mailTextChars: {
    file: LIMITS,
    test: "a mailed text is found by what stands before its limit, and by nothing behind it",
  },
  searchRowsDefault: { file: LIMITS, test: "a search gives as many hits as the default says" },
  pageRowsDefault: {
    file: READS,
    test: "have a hundred rows when nothing is said, and a thousand at the most",
  },
  cursorBytes: { file: "src/query/cursor.test.ts", test: "at the limit of bytes, and one past it" },
  readableNodes: {
    file: "src/store/reader/query-restricted.test.ts",
    test: "so many readable nodes that they are no longer few are looked for among all",
  },
  readJobsPerTenant: {
    file: "src/store/reader/read-workers.test.ts",
    test: "of one file are refused; another file's are not",
  },
  changesKeptMs: {
    file: WATCH,
    test: "behind what is kept is refused; what is kept is told from its beginning",
  },
  watchersPerTenant: {
    file: WATCH,
    test: "at the limit of watchers there is a place, one past it none; places come back",
  },
  watchers: {
    file: LIMITS,
    test: "watchers of all tenants together are as many as the server takes",
  },
  watchHeartbeatMs: {
    file: WATCH,
    test: "come when nothing was sent for so long, and say how far the log was seen",
  },
  watchReadRows: { file: WATCH, test: "a record with more changes than one read comes whole" },
  watchTailRows: {
    file: WATCH,
    test: "a consumer that stands still holds nobody up, and finds everything later",
  },
  rateBuckets: {
    file: "src/tenant/rate-limiter.test.ts",
    test: "buckets are forgotten when more come than are counted at once",
  },
  credentialChars: {
    file: AUTHENTICATE,
    test: "as long as one may be is looked at; one character more is not",
  },
  rememberedCredentials: {
    file: AUTHENTICATE,
    test: "are remembered so many, the latest used, and looked up again beyond",
  },
  tokenKeysBytes: { file: FETCH_KEYS, test: "as large as they may be, and one byte larger" },
  tokenKeysTimeoutMs: { file: FETCH_KEYS, test: "that do not come in time are given up" },
  auditSourcesPerMinute: { file: AUDIT, test: STRANGERS },
  auditActorsPerMinute: { file: AUDIT, test: STRANGERS },
  requestHeadBytes: {
    file: "test/integration/rpc-http.test.ts",
    test: "heads have room up to the limit, and none past it",
  },
  requestHeadTimeoutMs: { file: CONNECTIONS, test: "closes a head that does not end" },
  requestTimeoutMs: { file: "src/http/listener.test.ts", test: "that never comes is given up" },
  answerTimeoutMs: { file: CONNECTIONS, test: "drops an answer that nobody reads, %s" },
  unreadBytesPerConnection: {
    file: CONNECTIONS,
    test: "gives a client nothing more that leaves too much unread",
  },
  unreadBytes: {
    file: CONNECTIONS,
    test: "gives nobody more when all together leave too much unread",
  },
  discardedBodyBytes: { file: LINGERING, test: "by bytes: who sends for ever is cut off, %s" },
  discardedBodyMs: { file: LINGERING, test: "by time: who sends slowly for ever is cut off, %s" },
  compressMinBytes: {
    file: "test/integration/rpc-http.test.ts",
    test: "get long answers compressed when they ask for it, on every path",
  },
  metricCells: {
    file: "src/telemetry/metrics.test.ts",
    test: "past its limit a family counts everything new together",
  },
  logBufferBytes: {
    file: "src/telemetry/log.test.ts",
    test: "drops past its limit, and says how much as soon as there is room",
  },
  logFieldChars: { file: "src/telemetry/log-format.test.ts", test: "keeps its size" },
  openTenants: {
    file: "test/integration/trouble.test.ts",
    test: "are all served, at once and in turn, and only so many files are open",
  },
  readWorkers: {
    file: "src/store/reader/read-workers.test.ts",
    test: "takes only its own jobs; the next one gets another thread",
  },
  deadlineMs: { file: CALLS, test: IN_TIME },
  longDeadlineMs: {
    file: "src/http/routes/operations.test.ts",
    test: "a rebuild has the long deadline, and a connection that may be silent so long",
  },
  shutdownGraceMs: {
    file: "src/http/listener.test.ts",
    test: "ends by force what outlasts its grace",
  },
  callsInFlight: {
    file: CALLS,
    test: "beyond the limit of calls in flight a call is refused, and taken when there is a place",
  },
  bytesInFlight: { file: CALLS, test: "beyond the limit of bytes in flight a body is refused" },
  connections: {
    file: CONNECTIONS,
    test: "takes no more connections than it may, in total and from one address",
  },
  connectionsPerPeer: {
    file: CONNECTIONS,
    test: "takes no more connections than it may, in total and from one address",
  },
  concurrentStreams: {
    file: CONNECTIONS,
    test: "takes as many calls on one connection as it says, and refuses the next one",
  },
  idleTimeoutMs: { file: CONNECTIONS, test: "closes what is idle, %s, and not before" },
  archiveIntervalMs: {
    file: "src/backup/archiver.test.ts",
    test: "an interval after its first record, not earlier",
  },
  archiveRetentionDays: {
    file: "src/backup/archive-retention.test.ts",
    test: "days that are over go, from the oldest on; what is left is read from its beginning",
  },
  s3TimeoutMs: {
    file: "test/services/s3-faults.test.ts",
    test: "after the object was stored: the same put again finds its own bytes",
  },
  snapshotIntervalMs: {
    file: "test/integration/snapshots.test.ts",
    test: "every tenant gets one when its time has come, and none while it does not change",
  },
  snapshotRetentionDays: {
    file: "test/integration/snapshots.test.ts",
    test: "old ones go, but never the last from which the log goes on",
  },
  snapshotWriteAheadBytes: {
    file: "test/integration/snapshots.test.ts",
    test: "writes are slowed down and then refused as what they add grows, and go on behind it",
  },
  snapshotCopyBytesPerSecond: {
    file: "src/base/work-pace.test.ts",
    test: "where parts take nearly no time the rate decides",
  },
  snapshotReadBytesPerSecond: {
    file: "src/backup/backup-thread.test.ts",
    test: "are read no further when they are wanted no more",
  },
  eventPageRows: {
    file: EVENT_CASES,
    test: "any size is allowed, and cut to the server's page",
  },
  eventPageBytes: {
    file: EVENT_CASES,
    test: "large events come in smaller pages, and all of them",
  },
  eventScanRows: {
    file: "test/integration/events.test.ts",
    test: "ends early where a read has looked at enough, and goes on from there",
  },
  eventKeepAliveMs: {
    file: EVENT_SUBSCRIPTIONS,
    test: "come when nothing was sent for so long, and not at the moment of catching up",
  },
  subscriberReadBytes: {
    file: EVENT_SUBSCRIPTIONS,
    test: "of large events so many bytes are read at once, and one event at least",
  },
  subscriberTailBytes: {
    file: EVENT_SUBSCRIPTIONS,
    test: "of the newest so many bytes are in memory; who is further behind reads the file",
  },
};
