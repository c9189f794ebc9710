/** Queries and counts over the nodes of one type. */
import { freshnessOf, type ReadOptions, readAnswer, type Session } from "../client/session.ts";
import type { NodeType } from "../schema/define.ts";
import { safeNumber } from "../values/value.ts";
import { encodeOrder, encodeWhere, type OrderBy, type Where } from "./filter.ts";
import { Listing, type Page, type PageOptions, pageOf } from "./listing.ts";
import { decodeNode, type Node } from "./node.ts";

/** Which nodes are counted. */
export interface CountOptions<T extends NodeType> extends ReadOptions {
  /** Left out: all of the type. */
  readonly where?: Where<T>;
  /** Also those that are deleted and not purged. Defaults to false. */
  readonly includeDeleted?: boolean;
}

/** Which nodes come, and how. */
export interface QueryOptions<T extends NodeType> extends CountOptions<T>, PageOptions {
  /** At most 4; the id is always the last. Absent values come last in both directions. Left out: by id. */
  readonly orderBy?: readonly OrderBy<T>[];
  /** Asks each page for the number of all results, which costs a count. Defaults to false. */
  readonly withTotalCount?: boolean;
}

/** One page of a query. */
export interface QueryPage<T extends NodeType> extends Page<Node<T>> {
  /** Undefined when it was not asked for, or would have cost too much. */
  readonly totalCount: number | undefined;
}

/** The nodes of a type that a filter lets through. */
export function queryNodes<T extends NodeType>(
  session: Session,
  type: T,
  options: QueryOptions<T>,
): Listing<Node<T>, QueryPage<T>> {
  session.schema.require(type, "node");
  const question = {
    ...questionOf(session, type, options),
    order: encodeOrder(type, options.orderBy ?? []),
    withTotalCount: options.withTotalCount ?? false,
  };
  return new Listing(options, async (page) => {
    const request = { ...question, ...page, read: freshnessOf(session, options) };
    const call = session.caller.call(
      (stub) => session.rpc.queryNodes(request, stub),
      "safe",
      options,
    );
    const answer = await readAnswer(session, options, call);
    const { totalCount } = answer;
    const nodes = answer.nodes.map((node) => decodeNode(type, node));
    return {
      ...pageOf(nodes, answer),
      totalCount: totalCount === undefined ? undefined : safeNumber(totalCount, "count"),
    };
  });
}

/** How many there are. */
export async function countNodes<T extends NodeType>(
  session: Session,
  type: T,
  options: CountOptions<T>,
): Promise<number> {
  session.schema.require(type, "node");
  const request = {
    ...questionOf(session, type, options),
    read: freshnessOf(session, options),
  };
  const call = session.caller.call(
    (stub) => session.rpc.countNodes(request, stub),
    "safe",
    options,
  );
  return safeNumber((await readAnswer(session, options, call)).count, "count");
}

function questionOf<T extends NodeType>(session: Session, type: T, options: CountOptions<T>) {
  const filter = encodeWhere(type, options.where);
  return {
    context: session.identity,
    typeId: type.typeId,
    includeDeleted: options.includeDeleted ?? false,
    ...(filter === undefined ? {} : { filter }),
  };
}
