import { EntError, type ErrorDetails, type ErrorReason } from "../../src/base/errors.ts";
import { isJsonObject } from "../../src/base/json.ts";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import type { MembershipStep } from "../../src/record/transaction.ts";
import { createNode, int, membership, type Values } from "./operations.ts";
import type { TestPartition } from "./partition.ts";
import type { RestApp, RestAppAnswer } from "./rest-app.ts";
import type { TenantClient } from "./tenant-client.ts";

/** What a row of the table of limits works in: a tenant of its own, with types and no nodes. */
export interface LimitBed {
  readonly partition: TestPartition;
  readonly rest: RestApp;
  /** Somebody who holds every right in the tenant. */
  readonly tenant: TenantClient;
}

/** Does what the limit counts, of this size: at the limit it resolves, one past it rejects. */
export interface TakenLimit {
  readonly take: (bed: LimitBed, size: number) => Promise<unknown>;
  /** Defaults to LIMIT_EXCEEDED. */
  readonly reason?: ErrorReason;
  /** The limit is the least that is taken. */
  readonly isLeast?: boolean;
}

/** For what fills up: everything that is let in, then one more, which is not. */
export interface FilledLimit {
  readonly fill: (bed: LimitBed, size: number) => Promise<unknown>;
  readonly oneMore: (bed: LimitBed) => Promise<unknown>;
  /** Defaults to LIMIT_EXCEEDED. */
  readonly reason?: ErrorReason;
  /** What the operator of the bed has set; by default the limit is as the table has it. */
  readonly set?: number;
}

/** What the beds of these rows are set to, so that their limits are met soon. */
export const SET_ROWS = 60;

export const THING = 1;
export const WIDE = 2;
export const LINK = 100;
export const TEXT = 1;
export const TAGS = 2;
export const META = 3;
export const COUNT = 4;
/** Fields of WIDE, one more than preconditions may name. */
export const WIDE_FIELDS = 33;

export const LIMIT_SCHEMA = {
  node_types: [
    {
      type_id: THING,
      name: "Thing",
      fields: [
        { field_id: TEXT, name: "text", kind: "str", searchable: true },
        { field_id: TAGS, name: "tags", kind: "list_str" },
        { field_id: META, name: "meta", kind: "json" },
        { field_id: COUNT, name: "count", kind: "int" },
      ],
    },
    {
      type_id: WIDE,
      name: "Wide",
      fields: several(WIDE_FIELDS, (i) => ({ field_id: i + 1, name: `f${i}`, kind: "int" })),
    },
  ],
  edge_types: [{ edge_type_id: LINK, name: "Link" }],
};

/** So many of something, made from their numbers. */
export function several<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** The first fields of WIDE, all 0. */
export function zeros(count: number): Values {
  return Object.fromEntries(several(count, (i) => [i + 1, int(0)]));
}

export function things(count: number): RequestedOperation[] {
  return several(count, (i) => createNode(THING, { [COUNT]: int(i) }));
}

/** Steps of membership in as few transactions as they fit in, the last of them on its own when there is one too many. */
export async function inSteps(
  { tenant }: LimitBed,
  count: number,
  step: (i: number) => MembershipStep,
): Promise<void> {
  const all = several(count, (i) => membership(step(i)));
  for (let from = 0; from < count; from += 1_000) {
    await tenant.execute(all.slice(from, from + 1_000));
  }
}

/** What REST answered; a refusal is thrown, as the engine would have thrown it. */
export async function accepted(asking: Promise<RestAppAnswer>): Promise<RestAppAnswer> {
  const answer = await asking;
  const error = answer.json["error"];
  if (!isJsonObject(error)) return answer;
  throw new EntError({
    code: "unknown",
    reason: answer.reason as ErrorReason,
    message: String(error["message"]),
    hint: String(error["hint"]),
    details: error["details"] as ErrorDetails,
  });
}
