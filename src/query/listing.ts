import { ByteWriter } from "../base/bytes.ts";
import type { Direction } from "../record/graph.ts";
import { writeValue } from "../record/value-codec.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import type { Listing, PlacePart } from "./cursor.ts";
import { operandShape } from "./operand.ts";
import {
  COMPARISONS,
  type Filter,
  NODE_ATTRIBUTES,
  type NodeQuery,
  type Operand,
} from "./query.ts";

/**
 * The lists that have pages, for their cursors: each question in canonical bytes, and
 * what a row's place is made of. Cursors live as long as a client keeps one, so a change
 * to these bytes makes every cursor that is out there INVALID_CURSOR; nothing worse.
 */

/** Takes a query from `parseQuery`. A place is `placeOf` in `order.ts`. */
export function queryListing(query: NodeQuery, type: CompiledNodeType): Listing {
  const writer = new ByteWriter(256);
  writer.varint(query.typeId);
  writer.u8(query.includeDeleted ? 1 : 0);
  writer.u8(query.filter === undefined ? 0 : 1);
  if (query.filter !== undefined) writeFilter(writer, query.filter);
  writer.varint(query.order.length);
  for (const term of query.order) {
    writeOperand(writer, term.operand);
    writer.u8(term.descending ? 1 : 0);
  }
  const terms = query.order.map(
    ({ operand }): PlacePart => ({
      kind: operandShape(type, operand).kind,
      nullable: operand.of === "field",
    }),
  );
  return { kind: "query", question: writer.take(), place: [...terms, ID] };
}

/** A place is the edge's type and the id of its other end. */
export function edgesListing(nodeId: string, direction: Direction, edgeTypeId: number): Listing {
  return {
    kind: "edges",
    question: walkQuestion(nodeId, direction, edgeTypeId, 0),
    place: [INT, ID],
  };
}

/** A place is the distance and the node's id. */
export function connectedListing(
  nodeId: string,
  direction: Direction,
  edgeTypeId: number,
  depth: number,
): Listing {
  return {
    kind: "connected",
    question: walkQuestion(nodeId, direction, edgeTypeId, depth),
    place: [INT, ID],
  };
}

/** A place is the score and the node's id. `match` is the search as the index takes it. */
export function searchListing(
  match: string,
  typeIds: readonly number[],
  fieldIds: readonly number[],
): Listing {
  const writer = new ByteWriter(256);
  writer.text(match);
  for (const ids of [typeIds, fieldIds]) {
    writer.varint(ids.length);
    for (const id of ids) writer.varint(id);
  }
  return { kind: "search", question: writer.take(), place: [FLOAT, ID] };
}

/** A place is the item's own: the record and the row of it that it came of. */
export function mailboxListing(request: {
  readonly userId: string;
  readonly unreadOnly: boolean;
  readonly typeId: number;
  readonly thread: string;
}): Listing {
  const writer = new ByteWriter(64);
  writer.text(request.userId);
  writer.u8(request.unreadOnly ? 1 : 0);
  writer.varint(request.typeId);
  writer.text(request.thread);
  return { kind: "mailbox", question: writer.take(), place: [INT, INT] };
}

/** A place is the score and the item's own. */
export function mailboxSearchListing(userId: string, match: string): Listing {
  const writer = new ByteWriter(256);
  writer.text(userId);
  writer.text(match);
  return { kind: "mailbox_search", question: writer.take(), place: [FLOAT, INT, INT] };
}

const ID: PlacePart = { kind: "ref", nullable: false };
const FLOAT: PlacePart = { kind: "float", nullable: false };
const INT: PlacePart = { kind: "int", nullable: false };

function walkQuestion(
  nodeId: string,
  direction: Direction,
  edgeTypeId: number,
  depth: number,
): Uint8Array {
  const writer = new ByteWriter(64);
  writer.text(nodeId);
  writer.u8(direction === "out" ? 0 : 1);
  writer.varint(edgeTypeId);
  writer.varint(depth);
  return writer.take();
}

const AND = COMPARISONS.length;
const OR = AND + 1;

function writeFilter(writer: ByteWriter, filter: Filter): void {
  if ("filters" in filter) {
    writer.u8(filter.op === "and" ? AND : OR);
    writer.varint(filter.filters.length);
    for (const part of filter.filters) writeFilter(writer, part);
    return;
  }
  writer.u8(COMPARISONS.indexOf(filter.op));
  writeOperand(writer, filter.operand);
  writer.varint(filter.values.length);
  for (const value of filter.values) writeValue(writer, value);
}

function writeOperand(writer: ByteWriter, operand: Operand): void {
  if (operand.of === "field") {
    writer.u8(0);
    writer.varint(operand.fieldId);
  } else writer.u8(1 + NODE_ATTRIBUTES.indexOf(operand.attribute));
}
