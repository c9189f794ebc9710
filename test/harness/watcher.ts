import { turn } from "../../src/base/turn.ts";
import type { Change, ChangeBatch, WatchRequest } from "../../src/engine/changes.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Caller } from "../../src/record/caller.ts";
import { until } from "./partition.ts";

/** One who watches in the background, as fast as the test lets it, and keeps what came. */
export class Watcher {
  readonly batches: ChangeBatch[] = [];
  readonly ended: Promise<void>;
  /** What it ended with; undefined: in peace, or not yet. */
  error: unknown;
  isOver = false;
  readonly #abort = new AbortController();
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(engine: Engine, caller: Caller, request: Partial<WatchRequest> = {}) {
    this.ended = this.#run(engine.changes.watch(caller, { ...ALL, ...request }, this.#abort.signal))
      .catch((error: unknown) => {
        this.error = error;
      })
      .finally(() => {
        this.isOver = true;
      });
  }

  /** Waits until it watches: its first batch says where it begins. */
  async begun(): Promise<this> {
    await until(() => this.batches.length > 0 || this.isOver);
    return this;
  }

  get changes(): Change[] {
    return this.batches.flatMap(({ changes }) => [...changes]);
  }

  get heartbeats(): ChangeBatch[] {
    return this.batches.filter(({ changes }) => changes.length === 0);
  }

  /** "node_created nd_…" for each change, in order. */
  get told(): string[] {
    return this.changes.map(toldOf);
  }

  /** Where another would go on; undefined before the first batch. */
  get position(): Uint8Array | undefined {
    return this.batches.at(-1)?.positionToken;
  }

  /** The offset of {@link position}. */
  get offset(): number {
    return Number(this.batches.at(-1)?.walPosition.split(":")[1] ?? -1);
  }

  /** Takes nothing more until {@link resume}. */
  pause(): void {
    this.#paused ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  /** Waits for so many changes. */
  async seen(count: number): Promise<void> {
    await until(() => this.changes.length >= count || this.isOver);
  }

  /** Leaves, and waits until that is done. */
  async stop(): Promise<void> {
    this.resume();
    this.#abort.abort();
    await this.ended;
  }

  async #run(batches: AsyncIterable<ChangeBatch>): Promise<void> {
    for await (const batch of batches) {
      this.batches.push(batch);
      await this.#paused?.promise;
    }
  }
}

export const ALL: WatchRequest = {
  after: undefined,
  fromBeginning: false,
  typeIds: [],
  edgeTypeIds: [],
  withNodes: false,
  heartbeatMs: 0,
  expiresAt: Number.POSITIVE_INFINITY,
};

export function toldOf({ kind, nodeId, edgeId }: Change): string {
  return `${kind} ${nodeId}${edgeId}`.trim();
}

/** Lets everything that can happen without time happen. */
export async function quiet(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}
