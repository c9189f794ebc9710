/**
 * Follows the log, on a position of its own, and archives every record: per tenant and UTC day
 * of log time, in segments that close at a size, after an interval, or with the day.
 *
 * 1. The position moves only past what was read back from the archive, or is no longer anybody's.
 *    The log may be trimmed up to where, besides, the newest segment of every tenant was found to
 *    be there, and is named both in the data directory and in the archive's place.
 * 2. It never holds up a write: when the place is slow or down, the archive lags. What waits in
 *    memory is bounded; then the archiver stops reading the log until there is room.
 * 3. Errors of the place are told and tried again, for ever.
 * 4. When a tenant ends, what was archived of it goes, in the order of the log: a next life of
 *    its id begins with an empty archive.
 *
 * It reads a record only when the catalog has been applied up to it, which thus knows whether
 * the life that the record belongs to is over. On the serving thread records are only sorted by
 * tenant, and copied; lines, compressing and hashing are work for a thread of its own. When that
 * dies what it had at hand is given to the next one.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import type { Service } from "../base/service.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { decodeOwner, decodeRecord } from "../record/codec.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { LogRecord, Wal } from "../wal/wal.ts";
import { type ArchivePosition, writeArchivePosition } from "./archive-position.ts";
import type { ArchiveRetention } from "./archive-retention.ts";
import { TailCheck } from "./archive-tails.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import type { Archived } from "./archived.ts";
import type { BackupThread } from "./backup-thread.ts";
import { Errands } from "./errands.ts";
import { OpenSegment } from "./open-segment.ts";
import { putPositionCopy } from "./position-copies.ts";
import { PiecePool } from "./segment-memory.ts";
import { WorkQueue } from "./work-queue.ts";

/** What the archiver counts. */
export interface ArchiveMeter {
  /** A segment of so many bytes was archived and read back. */
  stored(bytes: number): void;
  failed(error: unknown): void;
}

export interface ArchiverDeps {
  readonly wal: Wal;
  readonly store: BlobStore;
  /** Directory of the position's file. */
  readonly directory: string;
  readonly archived: Archived;
  readonly clock: Clock;
  /** How long a record may wait for others to be archived with. */
  readonly intervalMs: number;
  /** Where segments are made; the archiver's alone, which closes it. */
  readonly thread: BackupThread;
  /** Resolves when the catalog has been applied up to and including this record. */
  readonly catalogApplied: (offset: number, signal: CancelSignal) => Promise<void> | undefined;
  /** Which life of the tenant's id goes on, as far as the catalog has been applied; undefined: none. */
  readonly lifeOf: (tenantId: string) => number | undefined;
  readonly retention: ArchiveRetention;
  readonly meter: ArchiveMeter;
  /** Told of a failure, and that it is over, once each. */
  readonly log: { archiveFailing(cause: unknown): void; archiveResumed(): void };
}

/** How the archiver is. */
export interface ArchiverState {
  readonly place: string;
  /** Every record below it is archived. */
  readonly offset: number;
  /** What is being tried again; undefined: all is well. */
  readonly failure: unknown;
}

const MiB = 1024 * 1024;
const SEGMENT_BYTES = 8 * MiB;
/** Memory of segments that are still open, of all tenants; then the oldest are closed early. */
const OPEN_BYTES_MAX = 64 * MiB;
/** Memory of closed segments on their way; then the log is read no further. */
const QUEUED_BYTES_MAX = 32 * MiB;
const QUEUED_JOBS_MAX = 1_000;
const TENANTS_AT_ONCE = 4;
const TICK_MS = 1_000;
const BACKOFF_MS = 1_000;
/** How often the place is asked whether it is there, also while nothing is to be stored. */
const CHECK_MS = 15_000;
const RETENTION_MS = 3_600_000;
/** A copy of the position is put into the place as often as segments close, at least this often, and behind so many lines. */
const SECURE_MAX_MS = 60_000;
const SECURE_BYTES = 64 * MiB;
/** The position's file grows with the tenants, and is written the less often: once in a second for 10,000. */
const SAVE_TAILS_PER_MS = 10;
/** The key of failures that are no tenant's. */
const NO_TENANT = "";

export class Archiver implements Service {
  readonly name = "archiver";
  readonly #deps: ArchiverDeps;
  readonly #writer: ArchiveWriter;
  readonly #tailCheck: TailCheck;
  readonly #queue: WorkQueue;
  readonly #errands: Errands;
  readonly #stop = new AbortController();
  /** By tenant, in the order in which they were opened. */
  readonly #open = new Map<string, OpenSegment>();
  readonly #failures = new Map<string, unknown>();
  /** What the catalog said of the tenants in the batch at hand. */
  readonly #lives = new Map<string, number | undefined>();
  readonly #pool = new PiecePool();
  #openBytes = 0;
  #position: ArchivePosition;
  #saveAfter = Number.NEGATIVE_INFINITY;
  #securedOffset: number;
  /** Bytes of lines that were stored since the position was secured. */
  #unsecuredBytes = 0;
  /** Every record below it has been taken up. */
  #head: number;
  /** Log time of the newest record that was taken up. */
  #newestLogTime = 0;
  #running: Promise<void> | undefined;

  constructor(deps: ArchiverDeps) {
    const { store, clock, archived, wal, thread } = deps;
    const { position, tails, restored } = archived;
    this.#deps = deps;
    this.#position = position;
    this.#securedOffset = wal.start;
    this.#head = position.offset;
    this.#writer = new ArchiveWriter({ ...position, store, tails, restored, thread });
    this.#tailCheck = new TailCheck(store, tails);
    this.#queue = new WorkQueue({
      atOnce: TENANTS_AT_ONCE,
      clock,
      signal: this.#stop.signal,
      failed: (tenantId, error) => this.#fail(tenantId, error),
      succeeded: (tenantId) => this.#succeed(tenantId),
    });
    const check = (signal: CancelSignal) => store.check(signal);
    const retain = (signal: CancelSignal) => deps.retention.apply(clock.now(), signal);
    this.#errands = new Errands({
      errands: [
        { name: "/place", everyMs: CHECK_MS, run: check },
        { name: "/retention", everyMs: RETENTION_MS, run: retain },
        {
          name: "/position",
          everyMs: Math.min(deps.intervalMs, SECURE_MAX_MS),
          isUrgent: () => this.#unsecuredBytes >= SECURE_BYTES,
          run: (signal) => this.#secure(signal),
        },
      ],
      clock,
      failed: (name, error) => this.#fail(name, error),
      succeeded: (name) => this.#succeed(name),
    });
  }

  /** Every record below it is archived, and the position's file says so. */
  get offset(): number {
    return this.#position.offset;
  }

  /** The log may be trimmed up to here: whatever the archive loses below it is missed by whoever reads it. */
  get securedOffset(): number {
    return this.#securedOffset;
  }

  /** Memory of the records that wait to be archived. */
  get heldBytes(): number {
    return this.#openBytes + this.#queue.bytes;
  }

  state(): ArchiverState {
    const [failure] = this.#failures.values();
    return { place: this.#deps.store.place, offset: this.offset, failure };
  }

  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Leaves what is not archived to the next start: the log has it. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#deps.thread.close();
    await this.#running;
    await Promise.all([this.#queue.stopped(), this.#errands.settled()]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#fail(NO_TENANT, error);
        await this.#deps.clock.sleep(BACKOFF_MS, signal);
      }
    }
  }

  /** Returns when the log is closed or the signal aborts. */
  async #follow(signal: CancelSignal): Promise<void> {
    await this.#deps.archived.tails.load(signal);
    const batches = this.#deps.wal.follow(this.#head, signal)[Symbol.asyncIterator]();
    let coming = batches.next();
    try {
      while (!signal.aborted) {
        const batch = await this.#nextOrTick(coming);
        if (batch?.done) return;
        if (batch !== undefined) {
          await this.#take(batch.value, signal);
          coming = batches.next();
        }
        this.#closeDue();
        await this.#savePosition();
        this.#succeed(NO_TENANT);
        this.#errands.look(signal);
      }
    } finally {
      // What comes later is nobody's; the log ends the walk when it grows or the signal aborts.
      coming.catch(() => undefined);
      void batches.return?.();
    }
  }

  /** What comes, which is the end at a stop; undefined when nothing has come for a while. */
  async #nextOrTick<T>(coming: Promise<T>): Promise<T | undefined> {
    const tick = Promise.withResolvers<undefined>();
    const forget = this.#deps.clock.timer(TICK_MS, () => tick.resolve(undefined));
    try {
      return await Promise.race([coming, tick.promise]);
    } finally {
      forget();
    }
  }

  async #take(batch: readonly LogRecord[], signal: CancelSignal): Promise<void> {
    const last = batch.at(-1);
    if (last === undefined) return;
    await this.#deps.catalogApplied(last.offset, signal);
    this.#lives.clear();
    for (const record of batch) {
      // A batch that failed half way comes again.
      if (record.offset < this.#head) continue;
      this.#takeOne(record);
      this.#head = record.offset + 1;
      // Nearly always there is: to wait for nothing costs as much as the record.
      if (this.#needsRoom()) await this.#makeRoom(signal);
    }
  }

  #takeOne(record: LogRecord): void {
    const owner = decodeOwner(record.body);
    this.#newestLogTime = record.logTime;
    const { tenantId, incarnation } = owner;
    if (tenantId === SYSTEM_TENANT_ID) this.#endLife(record);
    if (this.#lifeOf(tenantId) !== incarnation) return;
    const open = this.#open.get(tenantId);
    if (open?.takes(record, owner, this.#deps.intervalMs)) {
      const before = open.heldBytes;
      open.add(record);
      this.#openBytes += open.heldBytes - before;
      if (open.bytes >= SEGMENT_BYTES) this.#close(open);
      return;
    }
    if (open !== undefined) this.#close(open);
    const segment = new OpenSegment(record, owner, this.#deps.clock.monotonic(), this.#pool);
    this.#open.set(tenantId, segment);
    this.#openBytes += segment.heldBytes;
    if (segment.bytes >= SEGMENT_BYTES) this.#close(segment);
  }

  /** If the record has ended a tenant's life, what was archived of it goes, before anything of a next one comes. */
  #endLife(record: LogRecord): void {
    const body = decodeRecord(record.body).decodeBody();
    if (body.kind !== "tenant_deleted") return;
    const { tenantId, incarnation } = body;
    if (this.#lifeOf(tenantId) === incarnation) return;
    const open = this.#open.get(tenantId);
    if (open !== undefined) this.#close(open);
    this.#queue.add({
      tenantId,
      offset: record.offset,
      bytes: 0,
      run: (signal) => this.#writer.removeLife(body, signal),
    });
  }

  #lifeOf(tenantId: string): number | undefined {
    if (!this.#lives.has(tenantId)) this.#lives.set(tenantId, this.#deps.lifeOf(tenantId));
    return this.#lives.get(tenantId);
  }

  #close(segment: OpenSegment): void {
    const { tenantId, firstOffset, heldBytes } = segment;
    this.#open.delete(tenantId);
    this.#openBytes -= heldBytes;
    this.#queue.add({
      tenantId,
      offset: firstOffset,
      bytes: heldBytes,
      run: async (signal) => {
        await this.#store(segment, signal);
        segment.release();
      },
    });
  }

  async #store(segment: OpenSegment, signal: CancelSignal): Promise<void> {
    const { tenantId, incarnation, bytes } = segment;
    if (this.#deps.lifeOf(tenantId) !== incarnation) return;
    const stored = await this.#writer.write(segment, signal);
    this.#unsecuredBytes += bytes;
    if (stored > 0) this.#deps.meter.stored(stored);
  }

  #closeDue(): void {
    const { wal, clock, intervalMs } = this.#deps;
    // Old records that are caught up with close by their own times, or each would be a segment.
    const isCaughtUp = this.#head === wal.end;
    const logTime = Math.max(this.#newestLogTime, isCaughtUp ? clock.now() : 0);
    for (const segment of this.#open.values()) {
      const waitedMs = clock.monotonic() - segment.openedAt;
      const isDue = waitedMs >= intervalMs || logTime - segment.firstLogTime >= intervalMs;
      // Those behind it were opened later.
      if (!isDue) return;
      this.#close(segment);
    }
  }

  #needsRoom(): boolean {
    return this.#openBytes > OPEN_BYTES_MAX || this.#isFull();
  }

  async #makeRoom(signal: CancelSignal): Promise<void> {
    for (const segment of this.#open.values()) {
      if (this.#openBytes <= OPEN_BYTES_MAX) break;
      this.#close(segment);
    }
    while (!signal.aborted && this.#isFull()) {
      await this.#queue.progress();
      await this.#savePosition();
    }
  }

  #isFull(): boolean {
    return this.#queue.bytes > QUEUED_BYTES_MAX || this.#queue.size > QUEUED_JOBS_MAX;
  }

  async #savePosition(): Promise<void> {
    const { clock, directory, archived } = this.#deps;
    if (clock.monotonic() < this.#saveAfter) return;
    const [oldest] = this.#open.values();
    const pending = Math.min(this.#queue.lowestOffset, oldest?.firstOffset ?? this.#head);
    const offset = Math.min(pending, this.#head);
    if (offset === this.#position.offset) return;
    const position = { ...this.#position, offset, tails: archived.tails.all() };
    await writeArchivePosition(directory, position);
    const pauseMs = Math.max(TICK_MS, position.tails.length / SAVE_TAILS_PER_MS);
    this.#saveAfter = clock.monotonic() + pauseMs;
    this.#position = position;
  }

  /** Sees that what the position counts on is there, and says it where it is found without this disk. */
  async #secure(signal: CancelSignal): Promise<void> {
    const position = this.#position;
    if (position.offset <= this.#securedOffset) return;
    this.#unsecuredBytes = 0;
    await this.#tailCheck.run(signal);
    await putPositionCopy(this.#deps.store, position, signal);
    this.#securedOffset = position.offset;
  }

  #fail(key: string, error: unknown): void {
    const { meter, log } = this.#deps;
    meter.failed(error);
    if (this.#failures.size === 0) log.archiveFailing(error);
    this.#failures.set(key, error);
  }

  #succeed(key: string): void {
    if (this.#failures.delete(key) && this.#failures.size === 0) this.#deps.log.archiveResumed();
  }
}
