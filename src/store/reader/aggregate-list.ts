import type { Database } from "bun:sqlite";
import type { Aggregate } from "../../record/event.ts";
import { AggregateReader } from "./aggregate-reader.ts";
import { EventReader } from "./event-reader.ts";

/** A list of aggregates as a read worker makes it. */
export interface AggregateListWork {
  /** Empty: every type. */
  readonly aggregateType: string;
  readonly prefix: string;
  /** Types that whoever asks may not read. */
  readonly hiddenTypes: readonly string[];
  /** The id behind which to begin; empty: the first. */
  readonly after: string;
  readonly limit: number;
}

export interface AggregateList {
  readonly aggregates: readonly Aggregate[];
  readonly lastGlobalNonce: number;
}

/** Yields between pages that were looked at; run it in one read transaction. */
export function* listAggregates(
  db: Database,
  work: AggregateListWork,
): Generator<void, AggregateList> {
  const reader = new AggregateReader(db);
  const hidden = new Set(work.hiddenTypes);
  const aggregates: Aggregate[] = [];
  let { after } = work;
  while (aggregates.length < work.limit && !hidden.has(work.aggregateType)) {
    const rows = reader.list(after, work.prefix, work.aggregateType, work.limit);
    const readable = rows.filter(({ aggregateType }) => !hidden.has(aggregateType));
    aggregates.push(...readable.slice(0, work.limit - aggregates.length));
    const last = rows.at(-1);
    if (last === undefined || rows.length < work.limit) break;
    after = last.aggregateId;
    yield;
  }
  return { aggregates, lastGlobalNonce: new EventReader(db).lastGlobalNonce };
}
