/**
 * The stream: made when it is not there, and checked. A shard is a partition of the log, for as
 * long as it lives; a stream whose shards were split or merged is refused, as the log would go
 * on in another one. What may lose records is refused with its reason; an operator who knows
 * better may say so (`allowUnsafe`).
 */
import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  type KinesisClient,
  type Shard as KinesisShard,
  ListShardsCommand,
  ListTagsForStreamCommand,
  type StreamDescriptionSummary,
} from "@aws-sdk/client-kinesis";
import { anySignal, type CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import { isMisconfigured } from "./kinesis-errors.ts";
import type { KinesisLink, KinesisRequest } from "./kinesis-link.ts";
import type { KinesisSettings } from "./kinesis-settings.ts";

/** One partition, as it is reached. */
export interface Shard {
  readonly stream: string;
  readonly shardId: string;
  /** What is put under this key lands in the shard. */
  readonly hashKey: string;
  /** How long records are kept. */
  readonly retentionMs: number;
  /** The stream says that a log was begun in the shard. */
  readonly isTagged: boolean;
}

/** Reaches a stream's administration; requests are made again while that can help. */
export class StreamAdmin {
  readonly #link: KinesisLink;
  readonly #stream: string;
  readonly #clock: Clock;
  readonly #signal: CancelSignal;

  constructor(link: KinesisLink, stream: string, clock: Clock, signal: CancelSignal) {
    this.#link = link;
    this.#stream = stream;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Makes the stream unless it is there, and checks it. Throws CONFIG_INVALID, and what the client throws. */
  async open(settings: KinesisSettings, partition: number): Promise<Shard> {
    const there = await this.#whenActive();
    // Before anything is made: what is refused leaves nothing behind.
    if (there === undefined) requireSafe(settings, settings, this.#stream);
    const facts = await this.#look(there ?? (await this.#create(settings)));
    return checked(facts, settings, this.#stream, partition);
  }

  /** Whether a server could keep its log there; nothing is made. Throws as {@link open}. */
  async check(settings: KinesisSettings, partition: number): Promise<void> {
    const there = await this.#whenActive();
    if (there === undefined) requireSafe(settings, settings, this.#stream);
    else checked(await this.#look(there), settings, this.#stream, partition);
  }

  /** The partition of a stream that is there, unchecked but for that; undefined when it is not. */
  async find(partition: number): Promise<Shard | undefined> {
    const there = await this.#whenActive();
    if (there === undefined) return undefined;
    return shardOf(await this.#look(there), this.#stream, partition);
  }

  /** Has the stream say that it holds a log, so that it is never taken for a new one once Kinesis has removed everything. */
  async tag(partition: number, logId: string): Promise<void> {
    const Tags = { [tagOf(partition)]: logId };
    await this.#ask((client, options) =>
      client.send(new AddTagsToStreamCommand({ StreamName: this.#stream, Tags }), options),
    );
  }

  async #create(settings: KinesisSettings): Promise<StreamDescriptionSummary> {
    const { partitions: ShardCount, retentionHours } = settings;
    const StreamName = this.#stream;
    const isNew = await this.#unlessInUse((client, options) =>
      client.send(
        new CreateStreamCommand({
          ...{ StreamName, ShardCount, StreamModeDetails: { StreamMode: "PROVISIONED" } },
        }),
        options,
      ),
    );
    const made = await this.#whenActive();
    if (made === undefined) throw new Error(`the stream ${StreamName} was made and is not there`);
    if (!isNew || retentionHours <= (made.RetentionPeriodHours ?? 0)) return made;
    const longer = { StreamName, RetentionPeriodHours: retentionHours };
    await this.#unlessInUse((client, options) =>
      client.send(new IncreaseStreamRetentionPeriodCommand(longer), options),
    );
    return (await this.#whenActive()) ?? made;
  }

  /** The stream once nothing is being changed about it; undefined when it is not there, or going. */
  async #whenActive(): Promise<StreamDescriptionSummary | undefined> {
    const command = new DescribeStreamSummaryCommand({ StreamName: this.#stream });
    for (;;) {
      const found = await this.#unlessMissing((client, options) => client.send(command, options));
      const summary = found?.StreamDescriptionSummary;
      if (summary === undefined || summary.StreamStatus === "ACTIVE") return summary;
      await this.#clock.sleep(LOOK_MS, this.#signal);
      this.#signal.throwIfAborted();
    }
  }

  async #look(summary: StreamDescriptionSummary): Promise<StreamFacts> {
    const shards: KinesisShard[] = [];
    let NextToken: string | undefined;
    do {
      const which = NextToken === undefined ? { StreamName: this.#stream } : { NextToken };
      const command = new ListShardsCommand(which);
      const page = await this.#ask((client, options) => client.send(command, options));
      shards.push(...(page.Shards ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    const named = new ListTagsForStreamCommand({ StreamName: this.#stream });
    const { Tags = [] } = await this.#ask((client, options) => client.send(named, options));
    return {
      shards,
      isOnDemand: summary.StreamModeDetails?.StreamMode === "ON_DEMAND",
      retentionHours: summary.RetentionPeriodHours ?? 0,
      tags: new Set(Tags.map(({ Key = "" }) => Key)),
    };
  }

  async #ask<T>(
    request: KinesisRequest<T>,
    isFinal: (error: unknown) => boolean = () => false,
  ): Promise<T> {
    const patience = new AbortController();
    const cancel = this.#clock.timer(ANSWER_MS, () => patience.abort());
    try {
      return await this.#link.persistently(
        request,
        anySignal(this.#signal, patience.signal),
        (error) => isMisconfigured(error) || isFinal(error),
      );
    } finally {
      cancel();
    }
  }

  /** Undefined when the stream is not there. */
  #unlessMissing<T>(request: KinesisRequest<T>): Promise<T | undefined> {
    return this.#unless("ResourceNotFoundException", request);
  }

  /** False when somebody else does it, or has. */
  async #unlessInUse(request: (client: KinesisClient, options: object) => Promise<object>) {
    return (await this.#unless("ResourceInUseException", request)) !== undefined;
  }

  async #unless<T>(name: string, request: KinesisRequest<T>): Promise<T | undefined> {
    const isIt = (error: unknown) => error instanceof Error && error.name === name;
    try {
      return await this.#ask(request, isIt);
    } catch (error) {
      if (isIt(error)) return undefined;
      throw error;
    }
  }
}

/** A stream as it is. */
export interface StreamFacts {
  readonly shards: readonly KinesisShard[];
  readonly isOnDemand: boolean;
  readonly retentionHours: number;
  /** Names of its tags. */
  readonly tags: ReadonlySet<string>;
}

function checked(
  facts: StreamFacts,
  settings: KinesisSettings,
  stream: string,
  partition: number,
): Shard {
  const impossible = whatCannotWork(facts, partition);
  if (impossible.length > 0) throw streamRefused(stream, impossible, "");
  requireSafe(facts, settings, stream);
  const shard = shardOf(facts, stream, partition);
  if (shard === undefined) throw new Error("a partition that was checked is there");
  return shard;
}

function requireSafe(
  stream: Pick<StreamFacts, "retentionHours">,
  { allowUnsafe, isArchived }: KinesisSettings,
  name: string,
): void {
  const unsafe = allowUnsafe ? [] : whatIsUnsafe(stream, isArchived);
  if (unsafe.length > 0) throw streamRefused(name, unsafe, OVERRIDE);
}

/** Why no log can be kept in the stream. */
export function whatCannotWork({ shards, isOnDemand }: StreamFacts, partition: number): string[] {
  const problems: string[] = [];
  const isResharded = shards.some(
    ({ ParentShardId, SequenceNumberRange }) =>
      ParentShardId !== undefined || SequenceNumberRange?.EndingSequenceNumber !== undefined,
  );
  if (isResharded) {
    problems.push(
      "its shards were split or merged: the log would go on in another shard than it began in (copy the log into a new stream with entdb log copy, and name that one)",
    );
  }
  if (isOnDemand) {
    problems.push(
      "its capacity is on demand: Kinesis splits its shards by itself (set it to provisioned)",
    );
  }
  if (partition >= shards.length) {
    problems.push(`it has ${shards.length} shards, and none is number ${partition}`);
  }
  return problems;
}

/** Why acknowledged records can be lost in the stream. */
export function whatIsUnsafe(
  { retentionHours }: Pick<StreamFacts, "retentionHours">,
  isArchived: boolean,
): string[] {
  if (isArchived) return [];
  return [
    `it keeps records for ${retentionHours} hours: Kinesis removes them after that, and nothing archives them (turn the archive on)`,
  ];
}

/** Shards are counted by the hash keys that they take, or took before the stream was resharded: the log is in those. */
function shardOf({ shards, ...facts }: StreamFacts, stream: string, partition: number) {
  const first = shards.filter(({ ParentShardId }) => ParentShardId === undefined);
  const keyOf = ({ HashKeyRange }: KinesisShard) => BigInt(HashKeyRange?.StartingHashKey ?? "0");
  const shard = first.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))[partition];
  if (shard === undefined) return undefined;
  return {
    stream,
    shardId: shard.ShardId ?? "",
    hashKey: String(keyOf(shard)),
    retentionMs: facts.retentionHours * HOUR_MS,
    isTagged: facts.tags.has(tagOf(partition)),
  };
}

function tagOf(partition: number): string {
  return `entdb-log-${partition}`;
}

function streamRefused(stream: string, problems: readonly string[], override: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: problems
      .map((problem) => `The Kinesis stream ${stream} cannot be used: ${problem}.`)
      .join("\n"),
    hint: `Change the stream with Amazon's own tools, name another one with ENTDB_KINESIS_STREAM${override}.`,
    details: { stream },
  });
}

const OVERRIDE = ", or start with --kinesis-allow-unsafe if losing records is acceptable";
const HOUR_MS = 60 * 60 * 1000;
/** How long a request is tried before it is said that nobody is there. */
const ANSWER_MS = 15_000;
const LOOK_MS = 100;
