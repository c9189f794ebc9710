/** Full-text search over nodes. */
import { freshnessOf, type ReadOptions, readAnswer, type Session } from "../client/session.ts";
import { InvalidArgumentError } from "../errors/refusals.ts";
import type { SearchHit as WireHit } from "../gen/entdb/v1/entdb_service_pb.ts";
import { compiled } from "../schema/compiled.ts";
import type { NodeType } from "../schema/define.ts";
import { type Highlight, highlightOf } from "./highlight.ts";
import { Listing, type PageOptions, pageOf } from "./listing.ts";
import { type AnyNode, decodeNodeOfAnyType } from "./node.ts";

/** Where and how to search. */
export interface SearchOptions<T extends NodeType> extends ReadOptions, PageOptions {
  /** Left out: every type of the tenant that has searchable fields. */
  readonly types?: readonly T[];
  /** With exactly one type: the fields in which to look. Left out: all that are searchable. */
  readonly fields?: readonly (keyof T["fields"] & string)[];
  /** The last word may be the beginning of one. Defaults to false. */
  readonly prefix?: boolean;
}

/** What was found in one field. */
export interface FieldHighlight extends Highlight {
  /** Undefined for a field that this schema does not know. */
  readonly field: string | undefined;
}

/** A node that was found. */
export interface SearchHit<T extends NodeType> {
  readonly node: AnyNode<T>;
  /** Greater is better. Comparable within one answer only. */
  readonly score: number;
  readonly highlights: readonly FieldHighlight[];
}

/** Nodes that hold all of these words, the best first. No character has a special meaning. */
export function searchNodes<T extends NodeType>(
  session: Session,
  query: string,
  options: SearchOptions<T>,
): Listing<SearchHit<T>> {
  const types = options.types ?? [];
  for (const type of types) session.schema.require(type, "node");
  const question = {
    context: session.identity,
    query,
    typeIds: types.map(({ typeId }) => typeId),
    fieldIds: fieldIdsOf(types, options.fields ?? []),
    prefix: options.prefix ?? false,
  };
  return new Listing(options, async (page) => {
    const request = { ...question, ...page, read: freshnessOf(session, options) };
    const call = session.caller.call(
      (stub) => session.rpc.searchNodes(request, stub),
      "safe",
      options,
    );
    const answer = await readAnswer(session, options, call);
    const hits = answer.hits.flatMap((hit) => decodeHit<T>(session, hit) ?? []);
    return pageOf(hits, answer);
  });
}

function decodeHit<T extends NodeType>(
  session: Session,
  { node: wire, score, highlights }: WireHit,
): SearchHit<T> | undefined {
  if (wire === undefined) return undefined;
  const type = session.schema.nodeType(wire.typeId);
  return {
    node: decodeNodeOfAnyType(session.schema, wire) as AnyNode<T>,
    score,
    highlights: highlights.map(({ fieldId, text }) => ({
      field: type === undefined ? undefined : compiled(type).nameOf(fieldId),
      ...highlightOf(text),
    })),
  };
}

function fieldIdsOf(types: readonly NodeType[], names: readonly string[]): number[] {
  if (names.length === 0) return [];
  const [type] = types;
  if (type === undefined || types.length > 1) {
    throw new InvalidArgumentError({
      reason: "SEARCH_INVALID",
      message: "Fields are given with exactly one type.",
      hint: "Name the type whose fields they are, or leave the fields out.",
    });
  }
  return names.map((name) => compiled(type).field(name).field.fieldId);
}
