/**
 * The log in a shard of a Kinesis stream: an append is answered when its record was read back
 * with nobody's newer claim before it. Kinesis stores what it has taken on disks of three
 * availability zones, and removes it after the stream's retention.
 */
import { systemClock } from "../../base/clock.ts";
import {
  type EpochLogView,
  type EpochWal,
  type EpochWalOptions,
  openEpochWal,
  viewEpochLog,
} from "../epochs/epoch-wal.ts";
import type { MessageLog } from "../epochs/message-log.ts";
import { unusableKinesis } from "./kinesis-errors.ts";
import { KinesisLink } from "./kinesis-link.ts";
import type { KinesisSettings } from "./kinesis-settings.ts";
import { PACKET_ROOM_BYTES } from "./packets.ts";
import { ShardReader } from "./shard-reader.ts";
import { ShardSender } from "./shard-sender.ts";
import { type Shard, StreamAdmin } from "./stream.ts";

export interface KinesisWalOptions extends EpochWalOptions {
  /** The options' topic is the stream there. */
  readonly kinesis: KinesisSettings;
}

/**
 * Opens the log in a partition of a stream, which is made when it is not there, and claims it:
 * whoever wrote it before stops. Reads go on, and appends are LOG_UNAVAILABLE, while the claim
 * cannot be made. Throws CONFIG_INVALID, LOG_UNAVAILABLE, LOG_DAMAGED, LOG_TRIMMED.
 */
export async function openKinesisWal(options: KinesisWalOptions): Promise<EpochWal> {
  const { kinesis, partition } = options;
  const shard = await administer(options, (admin) => admin.open(kinesis, partition));
  const wal = await openEpochWal(options, partitionOf(options, shard));
  if (shard.isTagged) return wal;
  try {
    await administer(options, (admin) => admin.tag(partition, wal.logId));
    return wal;
  } catch (error) {
    await wal.close();
    throw error;
  }
}

/** Whether a log can be kept in a partition of the stream; nothing is made. Throws CONFIG_INVALID, LOG_UNAVAILABLE. */
export async function checkKinesisStream(options: KinesisWalOptions): Promise<void> {
  await administer(options, (admin) => admin.check(options.kinesis, options.partition));
}

/**
 * Looks at the log in a partition as it is now. Undefined when the stream is not there, or nothing
 * was ever written to it. Throws CONFIG_INVALID, LOG_UNAVAILABLE, LOG_DAMAGED, LOG_TRIMMED.
 */
export async function viewKinesisLog(
  options: KinesisWalOptions,
): Promise<EpochLogView | undefined> {
  const shard = await administer(options, (admin) => admin.find(options.partition));
  if (shard === undefined) return undefined;
  return await viewEpochLog(options, partitionOf(options, shard));
}

function partitionOf(options: KinesisWalOptions, shard: Shard): MessageLog {
  const { kinesis, topic, waits = systemClock } = options;
  return {
    name: "Kinesis",
    reader: new ShardReader(new KinesisLink(kinesis, waits), shard, waits),
    sender: new ShardSender(new KinesisLink(kinesis, waits), shard),
    batchBytes: PACKET_ROOM_BYTES,
    patienceMs: OPEN_MS,
    unreachable: (cause) => unusableKinesis(kinesis, topic, cause),
  };
}

async function administer<T>(
  { kinesis, topic, waits = systemClock }: KinesisWalOptions,
  work: (admin: StreamAdmin) => Promise<T>,
): Promise<T> {
  const link = new KinesisLink(kinesis, waits);
  const patience = new AbortController();
  const cancel = waits.timer(STREAM_MS, () => patience.abort());
  try {
    return await work(new StreamAdmin(link, topic, waits, patience.signal));
  } catch (error) {
    throw unusableKinesis(kinesis, topic, error);
  } finally {
    cancel();
    await link.close();
  }
}

/** Amazon makes a stream in about half a minute, and then changes its retention. */
const STREAM_MS = 180_000;
/** A busy shard gives what is behind its last known mark in some seconds. */
const OPEN_MS = 30_000;
