/**
 * What changes, as it happens: an async iterable that goes on where it was when its connection
 * breaks, so that every change comes once, in the order of the log, without gap or duplicate.
 *
 * The server says something at every heartbeat. A connection on which nothing comes for two and
 * a half of them is taken as broken. Until the first word has come a watch gives up after a few
 * tries, like any call; after that it tries for as long as it takes.
 */
import type { Session } from "../client/session.ts";
import { canceled } from "../errors/classify.ts";
import { ConnectionLostError } from "../errors/connection.ts";
import { EntDBError } from "../errors/entdb-error.ts";
import { InvalidArgumentError } from "../errors/refusals.ts";
import type { WatchChangesResponse } from "../gen/entdb/v1/entdb_service_pb.ts";
import type { NodeType, TypeDefinition } from "../schema/define.ts";
import { SilentStream } from "../transport/transport.ts";
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
const SILENT_HEARTBEATS = 2.5;
const FIRST_ATTEMPTS = 5;

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
  #begun = false;

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
    const { caller } = this.#session;
    for (let failures = 0; ; ) {
      const connection = new Connection(this.#session, this.#options);
      try {
        for await (const message of connection.open(this.#request())) {
          failures = 0;
          this.#advance(message);
          const batch = this.#batchOf(message);
          if (batch.changes.length > 0) yield batch;
        }
      } catch (thrown) {
        failures += 1;
        const error = this.#judge(connection.errorOf(thrown), failures);
        this.#options.onReconnect?.(error, failures);
        await caller.pause(caller.streamDelay(failures, error), this.#options.signal);
      } finally {
        connection.close();
      }
    }
  }

  /** The error, if the watch is to go on after it. Throws it otherwise. */
  #judge(error: EntDBError, failures: number): EntDBError {
    for (const signal of [this.#options.signal, this.#session.caller.closed]) {
      if (signal?.aborted === true) throw canceled(signal, error.requestId);
    }
    const renewable = error.reason === "UNAUTHENTICATED" && this.#session.caller.renewsCredential;
    const worthIt = error.retryable || (renewable && this.#begun && failures === 1);
    if (!worthIt || (!this.#begun && failures >= FIRST_ATTEMPTS)) throw error;
    return error;
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
    this.#begun = true;
    this.#started.resolve(tokenText(message.positionToken));
  }
}

/** One stream of a watch, which ends when it falls silent. */
class Connection {
  readonly #session: Session;
  readonly #silenceMs: number;
  /** What ends the stream from outside: the caller's signal, and the client's end. */
  readonly #signals: readonly AbortSignal[];
  readonly #abort = new AbortController();
  readonly #stop = () => this.#abort.abort();
  #requestId = "";
  #silent = false;

  constructor(session: Session, options: CheckedOptions) {
    this.#session = session;
    this.#silenceMs = options.heartbeatMs * SILENT_HEARTBEATS;
    const { closed } = session.caller;
    this.#signals = options.signal === undefined ? [closed] : [closed, options.signal];
  }

  async *open(
    request: Parameters<Session["rpc"]["watchChanges"]>[0],
  ): AsyncGenerator<WatchChangesResponse, void, void> {
    for (const signal of this.#signals) {
      signal.addEventListener("abort", this.#stop, { once: true });
      if (signal.aborted) this.#stop();
    }
    const { stub, requestId } = await this.#session.caller.streamOptions(this.#abort.signal);
    this.#requestId = requestId;
    const messages = this.#session.rpc.watchChanges(request, stub)[Symbol.asyncIterator]();
    // The server says at once from where on changes come.
    let silenceMs = Math.min(this.#silenceMs, this.#session.caller.attemptTimeoutMs);
    for (;;) {
      const message = await this.#unlessSilent(messages.next(), silenceMs);
      silenceMs = this.#silenceMs;
      // The server never ends a watch of its own accord without an error.
      if (message.done === true) throw lost(requestId);
      yield message.value;
    }
  }

  /** Why the stream ended. Throws what the program's own credential function threw. */
  errorOf(thrown: unknown): EntDBError {
    if (this.#requestId === "" && !(thrown instanceof EntDBError)) throw thrown;
    if (this.#silent) return lost(this.#requestId, thrown);
    return this.#session.caller.streamError(thrown, this.#requestId);
  }

  close(): void {
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#stop);
    this.#stop();
  }

  async #unlessSilent<T>(message: Promise<T>, silenceMs: number): Promise<T> {
    const timer = setTimeout(() => {
      this.#silent = true;
      this.#abort.abort(new SilentStream());
    }, silenceMs);
    try {
      return await message;
    } finally {
      clearTimeout(timer);
    }
  }
}

function lost(requestId: string, cause?: unknown): ConnectionLostError {
  return new ConnectionLostError({
    code: "unavailable",
    reason: "CONNECTION_LOST",
    message: "The stream of changes ended.",
    hint: "Watch on from the last position.",
    retryable: true,
    requestId,
    cause,
  });
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
