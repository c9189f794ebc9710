/**
 * Writes down what was done, for those who watch: a row for every node, edge and schema that
 * a record changed, in the record's own transaction, so that there is a row if and only if
 * there is the effect. Edges that go with a purged node, or are hidden with a deleted one,
 * have no rows of their own: the node's says it.
 */
import { limits } from "../base/limits.ts";
import type { ChangeKind } from "../record/change.ts";
import type { ChangeReader } from "../store/reader/change-reader.ts";
import type { ChangePlace, ChangeWriter } from "../store/writer/change-writer.ts";
import type { EdgeEffect, EffectFollower, EffectScope, NodeEffect } from "./effects.ts";

const NODE_KINDS: Readonly<Record<NodeEffect["kind"], ChangeKind>> = {
  created: "node_created",
  updated: "node_updated",
  deleted: "node_deleted",
  restored: "node_restored",
  purged: "node_purged",
  access_changed: "node_access_changed",
};

const EDGE_KINDS: Readonly<Record<EdgeEffect["kind"], ChangeKind>> = {
  created: "edge_created",
  updated: "edge_updated",
  deleted: "edge_deleted",
};

export class ChangeRows implements EffectFollower {
  readonly #writer: ChangeWriter;
  /** Whose changes are being counted. Every try at a record has a scope of its own, and so counts from 0. */
  #scope: EffectScope | undefined;
  #count = 0;

  constructor(writer: ChangeWriter) {
    this.#writer = writer;
  }

  node(scope: EffectScope, effect: NodeEffect): void {
    const { kind, before, after, lostReaders } = effect;
    const place = this.#next(scope);
    if (after !== undefined) return this.#writer.node(place, NODE_KINDS[kind], after, undefined);
    if (before === undefined) return;
    const gone = { ...before, version: 0 };
    this.#writer.node(place, NODE_KINDS[kind], gone, lostReaders ?? [before.ownerActor]);
  }

  edge(scope: EffectScope, effect: EdgeEffect): void {
    this.#writer.edge(this.#next(scope), EDGE_KINDS[effect.kind], effect.edge);
  }

  schemaChanged(scope: EffectScope): void {
    this.#writer.schema(this.#next(scope));
  }

  #next(scope: EffectScope): ChangePlace {
    if (scope !== this.#scope) this.#count = 0;
    this.#scope = scope;
    const { offset: position, logTime: changedAt, actor } = scope;
    return { position, seq: this.#count++, changedAt, actor };
  }
}

/** Changes that one record may clear away, so that no write waits long for what others left. */
const TRIM_ROWS = 1_000;
/** Changes are cleared away at most this long after their time, so that a busy tenant does not do it with each write. */
const TRIM_STEP_MS = 60_000;

/** Log time until which nothing can be due in this view. Infinity: it holds no changes. */
export function changesDueAt(reader: ChangeReader): number {
  const [first] = reader.oldest(1);
  return first === undefined ? Number.POSITIVE_INFINITY : dueAt(first.changedAt);
}

/** When a change of this log time is cleared away, in log time. */
export function dueAt(changedAt: number): number {
  return changedAt + limits.changesKeptMs + TRIM_STEP_MS;
}

/**
 * Clears away the oldest changes whose time is over at this log time, whole records only.
 * What is removed depends on the database and the log time alone, whenever it is asked.
 * Answers as {@link changesDueAt}.
 */
export function trimChanges(reader: ChangeReader, writer: ChangeWriter, logTime: number): number {
  const oldest = reader.oldest(TRIM_ROWS + 1);
  const [first] = oldest;
  if (first === undefined || logTime < dueAt(first.changedAt)) return changesDueAt(reader);
  const keptFrom = logTime - limits.changesKeptMs;
  const over = oldest.filter(({ changedAt }) => changedAt <= keptFrom);
  const next = over[TRIM_ROWS]?.position;
  // Of the record that goes on behind the last row nothing is removed, unless it stands alone.
  const whole = over.filter(({ position }) => position !== next).at(-1) ?? first;
  writer.trimBelow(whole.position + 1);
  return changesDueAt(reader);
}
