import { PutRecordCommand } from "@aws-sdk/client-kinesis";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { ClaimEntry } from "../epochs/entry.ts";
import type { Place } from "../epochs/ledger.ts";
import type { Landed, MessageSender } from "../epochs/message-log.ts";
import { logUnavailable } from "../errors.ts";
import type { LogRecord } from "../wal.ts";
import type { KinesisLink } from "./kinesis-link.ts";
import { encodePacket, packetAt, packetsOf } from "./packets.ts";
import type { Shard } from "./stream.ts";

/**
 * Puts packets into one shard, each after the one before it is there. A put that timed out may
 * have landed and is made again: readers drop what they have had.
 */
export class ShardSender implements MessageSender {
  readonly #link: KinesisLink;
  readonly #shard: Shard;

  constructor(link: KinesisLink, shard: Shard) {
    this.#link = link;
    this.#shard = shard;
  }

  async claim(claim: ClaimEntry, signal: CancelSignal): Promise<Landed> {
    return landed(await this.#put(encodePacket([claim]), 0n, signal));
  }

  async send(place: Place, records: readonly LogRecord[], signal: CancelSignal): Promise<Landed> {
    let { position } = place;
    for (const packet of packetsOf(place, records)) {
      position = await this.#put(packetAt(packet, position), position, signal);
    }
    return landed(position);
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Answers the position behind the packet, which is behind the one given. */
  async #put(Data: Buffer, behind: bigint, signal: CancelSignal): Promise<bigint> {
    const { stream: StreamName, shardId, hashKey: ExplicitHashKey } = this.#shard;
    const command = new PutRecordCommand({
      ...{ StreamName, ExplicitHashKey, PartitionKey: PARTITION_KEY, Data },
      ...(behind > 0n && { SequenceNumberForOrdering: String(behind - 1n) }),
    });
    const { ShardId, SequenceNumber = "" } = await this.#link.persistently(
      (client, options) => client.send(command, options),
      signal,
    );
    if (ShardId !== shardId) throw resharded(this.#shard, ShardId);
    return BigInt(SequenceNumber) + 1n;
  }
}

/** Numbers leave gaps: only reading tells what stands before them. */
function landed(next: bigint): Landed {
  return { next, isAdjacent: false, isMarked: false };
}

function resharded({ stream, shardId }: Shard, now: string | undefined): Error {
  return logUnavailable(
    `the Kinesis stream ${stream} was resharded: shard ${shardId} of the log is closed, and ${now} got its record`,
  );
}

/** Kinesis wants one; the hash key decides. */
const PARTITION_KEY = "entdb";
