import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { systemErrorCode } from "../../base/durable-file.ts";
import { EntError } from "../../base/errors.ts";
import { systemRandom } from "../../base/random.ts";
import { logTrimmed } from "../errors.ts";
import type { LogRecord } from "../wal.ts";
import { readRecords } from "./batch-format.ts";
import type { DiskFile } from "./disk.ts";
import { type FileWalSettings, fileWalSettings } from "./file-wal-options.ts";
import { type LogIdentityFile, readLogIdentity } from "./log-identity.ts";
import { Segment } from "./segment.ts";
import { readChain } from "./segment-chain.ts";
import type { SegmentHeader } from "./segment-header.ts";
import { segmentPath } from "./segment-names.ts";
import { SegmentWindow } from "./segment-window.ts";
import { batchAt, damagedAt, inspectRest } from "./verify-segment.ts";

/**
 * The log as somebody sees it who neither holds its lock nor changes a byte: for looking
 * into a directory, with or without a server on it.
 *
 * Every batch that is handed out verifies. What an observer cannot know is whether the
 * newest ones are synced yet: beside a running server it may see a batch a moment before
 * it is acknowledged, and after a failed sync a later segment may begin at an offset that
 * was seen already; then those offsets come again, with what stands there now.
 */
export interface ObserveOptions {
  /** The log's own directory. */
  readonly directory: string;
  /** The first offset wanted; the start of the log by default. */
  readonly from?: number | undefined;
  /** Go on as the log grows, until the signal aborts. Without it the walk ends at the end of the log. */
  readonly follow?: boolean | undefined;
  readonly signal?: CancelSignal | undefined;
  /** Also look at everything behind the end, as an opening does: LOG_DAMAGED if a later batch stands there. */
  readonly thorough?: boolean | undefined;
  readonly clock: Clock;
}

/** Where an observation stands. */
export interface ObservedEnd {
  readonly logId: string;
  readonly partition: number;
  /** One past the last record that verifies. */
  readonly endOffset: number;
  /** Something that is no batch stands behind it: a torn tail, or a batch that is being written. */
  readonly tornTail: boolean;
}

/**
 * Hands out the records from `from` on, one batch at a time, and returns where the log
 * ends. Undefined when the directory holds no log. Bodies are valid until the next step.
 * Throws LOG_DAMAGED, FORMAT_TOO_NEW, and LOG_TRIMMED when `from` is below the log's start.
 */
export async function* observeLog(
  options: ObserveOptions,
): AsyncGenerator<readonly LogRecord[], ObservedEnd | undefined> {
  const identity = await readLogIdentity(options.directory);
  if (identity === undefined) return undefined;
  const log = new ObservedLog(options, identity);
  for (;;) {
    const end = yield* log.walk();
    if (!options.follow || options.signal?.aborted) return end;
    await options.clock.sleep(POLL_MS, options.signal);
  }
}

class ObservedLog {
  readonly #options: ObserveOptions;
  readonly #settings: FileWalSettings;
  readonly #identity: LogIdentityFile;
  #from: number | undefined;
  /** The newest segment seen and how far it was read. */
  #segment: Segment | undefined;

  constructor(options: ObserveOptions, identity: LogIdentityFile) {
    this.#options = options;
    this.#identity = identity;
    this.#settings = fileWalSettings({
      directory: options.directory,
      topic: "",
      partition: identity.partition,
      clock: options.clock,
      random: systemRandom,
    });
  }

  /** From where the last walk ended to the end of the log as it is now. */
  async *walk(): AsyncGenerator<readonly LogRecord[], ObservedEnd> {
    const headers = await this.#chain();
    const first = headers[0]?.firstOffset ?? 0;
    this.#from ??= this.#options.from ?? first;
    const wanted = this.#segment?.end ?? this.#from;
    if (wanted < first) throw logTrimmed(wanted, first);
    let torn = false;
    for (const [i, header] of headers.entries()) {
      const next = headers[i + 1];
      const done = this.#segment !== undefined && header.sequence < this.#segment.header.sequence;
      if (done || (next !== undefined && next.firstOffset <= this.#from)) continue;
      if (this.#segment?.header.sequence !== header.sequence) {
        this.#segment = new Segment(header, segmentPath(this.#options.directory, header.sequence));
      }
      torn = yield* this.#read(this.#segment, next);
      if (this.#options.signal?.aborted) break;
    }
    const { logId, partition } = this.#identity;
    return { logId, partition, endOffset: this.#segment?.end ?? first, tornTail: torn };
  }

  /** The chain of headers. Read again when it looks damaged: a server may have begun or dropped a segment meanwhile. */
  async #chain(): Promise<readonly SegmentHeader[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { directory } = this.#options;
        const names = await this.#settings.disk.list(directory);
        // A server may have trimmed the log meanwhile: then its file says where it begins now.
        const identity = (await readLogIdentity(directory)) ?? this.#identity;
        return (await readChain(this.#settings, identity, names)).headers;
      } catch (error) {
        const passing = isDamage(error) || systemErrorCode(error) === "ENOENT";
        if (!passing || attempt === ATTEMPTS) throw error;
        await this.#options.clock.sleep(POLL_MS, this.#options.signal);
      }
    }
  }

  /** The segment's batches from where it was read to; true when it ends in something that is no batch. */
  async *#read(
    segment: Segment,
    next: SegmentHeader | undefined,
  ): AsyncGenerator<readonly LogRecord[], boolean> {
    const file = await this.#open(segment);
    try {
      for (let attempt = 1; ; attempt++) {
        const window = new SegmentWindow(file, segment.header.size, CHUNK_BYTES, true);
        const torn = yield* this.#batches(segment, next, window);
        if (next !== undefined || !this.#options.thorough) return torn;
        const damage = await damageBehind(segment, window);
        if (damage === undefined) return torn;
        // A server may have written on between two reads: only what stays is damage.
        if (attempt === ATTEMPTS) throw damage;
        await this.#options.clock.sleep(POLL_MS, this.#options.signal);
      }
    } finally {
      await file.close();
    }
  }

  async #open(segment: Segment): Promise<DiskFile> {
    try {
      return await this.#settings.disk.open(segment.path, "read");
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw error;
      // A server has trimmed the log since its chain was read.
      const [oldest] = await this.#chain();
      throw logTrimmed(segment.end, oldest?.firstOffset ?? segment.end);
    }
  }

  async *#batches(
    segment: Segment,
    next: SegmentHeader | undefined,
    window: SegmentWindow,
  ): AsyncGenerator<readonly LogRecord[], boolean> {
    while (next === undefined || segment.endPosition < next.previous.endPosition) {
      const position = segment.endPosition;
      const batch = await batchAt(segment, window, position);
      if (batch.kind !== "batch" || batch.firstOffset !== segment.end) {
        if (next !== undefined) throw damagedAt(segment, "a batch does not verify");
        return batch.kind !== "zero";
      }
      const at = await window.show(position, batch.totalBytes);
      const records = readRecords(window.bytes, window.view, at, batch);
      if (records === undefined)
        throw damagedAt(segment, "a batch verifies but its records do not");
      segment.advance(batch.count, batch.totalBytes);
      const wanted = records.filter((record) => record.offset >= (this.#from ?? 0));
      if (wanted.length > 0) yield wanted;
      if (this.#options.signal?.aborted) break;
    }
    return false;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof EntError && error.reason === "LOG_DAMAGED";
}

/** LOG_DAMAGED if a batch of a later offset verifies behind the segment's end. */
async function damageBehind(segment: Segment, window: SegmentWindow): Promise<Error | undefined> {
  try {
    await inspectRest(segment, window);
    return undefined;
  } catch (error) {
    if (error instanceof EntError) return error;
    throw error;
  }
}

const POLL_MS = 200;
const ATTEMPTS = 3;
const CHUNK_BYTES = 256 * 1024;
