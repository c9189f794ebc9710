/**
 * What changes, as it happens: an async iterable that goes on where it was when its connection
 * breaks, so that every change comes once, in the order of the log, without gap or duplicate.
 *
 * The server says something at every heartbeat. A connection on which nothing comes for two and
 * a half of them is taken as broken. Until the first word has come a watch gives up after a few
 * tries, like any call; after that it tries for as long as it takes.
 */
import { resuming } from "../calls/resuming.ts";
import type { Session } from "../client/session.ts";
import type { EntDBError } from "../errors/entdb-error.ts";
import { InvalidArgumentError } from "../errors/refusals.ts";
import type { WatchChangesResponse } from "../gen/entdb/v1/entdb_service_pb.ts";
import type { NodeType, TypeDefinition } from "../schema/define.ts";
import { type PositionToken, tokenBytes, tokenText } from "../values/positions.ts";
import { type Change, decodeChange } from "./change.ts";

/** What is watched, and from when on. */
export interface WatchOptions<T extends TypeDefinition = TypeDefinition> {
  /** Left out: everything. With node types alone, changes of edges do not come, and the other way round. */
  readonly types?: readonly T[];
  /** From behind this position, of an earlier change or answer. Left out: from now on. */
  readonly after?: PositionToken;
  /** From the first change that is still kept, instead of from now on. */
  readonly fromBeginning?: boolean;
  /** Also gives nodes as they stand. Defaults to false. */
  readonly withNodes?: boolean;
  /** How often the server says that it is there, in milliseconds, 1,000 to 60,000. Defaults to 15,000. */
  readonly heartbeatMs?: number;
  /** Ends the watch with a `CanceledError`. */
  readonly signal?: AbortSignal;
  /** Told of each break, before the watch goes on. */
  readonly onReconnect?: (error: EntDBError, attempt: number) => void;
}

/** Those of some types that are nodes'. */
type NodesOf<T extends TypeDefinition> = Extract<T, NodeType>;

/** What one transaction changed. */
export interface ChangeBatch<T extends TypeDefinition = TypeDefinition> {
  /** In the order of its operations. */
  readonly changes: readonly Change<NodesOf<T>>[];
  /** Everything up to here has been seen: hand it to `after` to go on from here. */
  readonly position: PositionToken;
  readonly walPosition: string;
}

const HEARTBEAT_MS = 15_000;
const HEARTBEAT_MIN_MS = 1_000;
const HEARTBEAT_MAX_MS = 60_000;

type CheckedOptions = WatchOptions & { readonly heartbeatMs: number };

/** A watch. It is opened when it is iterated over, and closed when that ends. */
export class Watch<T extends TypeDefinition = TypeDefinition>
  implements AsyncIterable<ChangeBatch<T>>
{
  readonly #session: Session;
  readonly #options: CheckedOptions;
  readonly #started = Promise.withResolvers<PositionToken>();
  #position: Uint8Array<ArrayBuffer>;
  #iterated = false;

  constructor(session: Session, options: WatchOptions<T>) {
    for (const type of options.types ?? []) session.schema.require(type);
    this.#session = session;
    this.#options = { ...options, heartbeatMs: checkedHeartbeat(options.heartbeatMs) };
    this.#position = options.after === undefined ? new Uint8Array(0) : tokenBytes(options.after);
    // Whoever does not ask when it started does not want to hear that it did not.
    this.#started.promise.catch(() => undefined);
  }

  /** Resolves, while it is iterated over, when the server has said from where on changes come. */
  get started(): Promise<PositionToken> {
    return this.#started.promise;
  }

  /** Up to where everything has been handed out; empty before the watch has started. */
  get position(): PositionToken {
    return tokenText(this.#position);
  }

  /** Batch after batch, until the loop is left, the signal aborts, or the server refuses to go on. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ChangeBatch<T>, void, void> {
    if (this.#iterated) throw iteratedTwice();
    this.#iterated = true;
    try {
      yield* this.#untilRefused();
    } catch (error) {
      this.#started.reject(error);
      throw error;
    }
  }

  async *#untilRefused(): AsyncGenerator<ChangeBatch<T>, void, void> {
    const { caller, rpc } = this.#session;
    const { heartbeatMs, signal, onReconnect } = this.#options;
    const messages = resuming({
      caller,
      open: (stub) => rpc.watchChanges(this.#request(), stub),
      heartbeatMs,
      signal,
      onReconnect,
    });
    for await (const message of messages) {
      this.#advance(message);
      const batch = this.#batchOf(message);
      if (batch.changes.length > 0) yield batch;
    }
  }

  #request() {
    const { types = [], fromBeginning, withNodes, heartbeatMs } = this.#options;
    return {
      context: this.#session.identity,
      after: this.#position,
      fromBeginning: fromBeginning ?? false,
      typeIds: types.flatMap((type) => (type.definition === "node" ? type.typeId : [])),
      edgeTypeIds: types.flatMap((type) => (type.definition === "edge" ? type.edgeTypeId : [])),
      withNodes: withNodes ?? false,
      heartbeatMs,
    };
  }

  #batchOf(message: WatchChangesResponse): ChangeBatch<T> {
    const { schema } = this.#session;
    const { types = [] } = this.#options;
    return {
      changes: message.changes.flatMap(
        (change) => decodeChange<NodesOf<T>>(schema, types, change) ?? [],
      ),
      position: tokenText(message.positionToken),
      walPosition: message.walPosition,
    };
  }

  /** What has come is not asked for again. */
  #advance(message: WatchChangesResponse): void {
    this.#position = message.positionToken as Uint8Array<ArrayBuffer>;
    this.#started.resolve(tokenText(message.positionToken));
  }
}

function checkedHeartbeat(heartbeatMs = HEARTBEAT_MS): number {
  const isWithin = heartbeatMs >= HEARTBEAT_MIN_MS && heartbeatMs <= HEARTBEAT_MAX_MS;
  if (isWithin && Number.isInteger(heartbeatMs)) return heartbeatMs;
  throw new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `heartbeatMs is ${heartbeatMs}.`,
    hint: `Give a whole number of milliseconds from ${HEARTBEAT_MIN_MS} to ${HEARTBEAT_MAX_MS}.`,
  });
}

function iteratedTwice(): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: "A watch is iterated over once.",
    hint: "Open another one, with `after` where this one ended.",
  });
}
