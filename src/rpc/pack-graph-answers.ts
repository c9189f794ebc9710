/** What reads of nodes and edges answer, as the bytes of the messages that `encode-graph-answers.ts` makes. */
import {
  lengthTag,
  numberTag,
  openMessage,
  writeBytes,
  writeFlag,
  writeNumber,
  writeText,
  writeTexts,
} from "../base/protobuf.ts";
import type { ConnectedPage, EdgePage, NodePage } from "../engine/engine.ts";
import type { Read } from "../engine/reading.ts";
import type { Node } from "../record/graph.ts";
import { absentIsEmpty } from "./decode-read.ts";
import type { PackedBytes } from "./methods.ts";
import { writeEdge, writeNode } from "./pack-graph.ts";
import { packed } from "./packed.ts";

/** `GetNodeResponse`, and `GetNodeByKeyResponse`, which has the same members. */
export function packNodeAnswer(read: Read<{ node: Node }>): PackedBytes {
  return packed((writer) => {
    writeNode(writer, FIRST, read.node);
    writeBytes(writer, NODE.positionToken, read.positionToken);
  });
}

/** `GetNodesResponse` */
export function packNodesAnswer(read: Read<{ nodes: Node[]; missingIds: string[] }>): PackedBytes {
  return packed((writer) => {
    for (const node of read.nodes) writeNode(writer, FIRST, node);
    writeTexts(writer, NODES.missingIds, read.missingIds);
    writeBytes(writer, NODES.positionToken, read.positionToken);
  });
}

/** `QueryNodesResponse` */
export function packQueryAnswer(page: Read<NodePage>): PackedBytes {
  return packed((writer) => {
    for (const node of page.nodes) writeNode(writer, FIRST, node);
    writeBytes(writer, QUERY.nextCursor, absentIsEmpty(page.nextCursor));
    writeFlag(writer, QUERY.hasMore, page.hasMore);
    if (page.totalCount !== undefined) {
      // Also 0, which is another thing than absence.
      writer.varint(QUERY.totalCount);
      writer.varint(page.totalCount);
    }
    writeText(writer, QUERY.totalCountAbsentReason, page.totalCountAbsentReason ?? "");
    writeBytes(writer, QUERY.positionToken, page.positionToken);
  });
}

/** `ListEdgesResponse` */
export function packEdgesAnswer(page: Read<EdgePage>): PackedBytes {
  return packed((writer) => {
    for (const edge of page.edges) writeEdge(writer, FIRST, edge);
    for (const node of page.nodes) writeNode(writer, EDGES.nodes, node);
    writeBytes(writer, EDGES.nextCursor, absentIsEmpty(page.nextCursor));
    writeFlag(writer, EDGES.hasMore, page.hasMore);
    writeBytes(writer, EDGES.positionToken, page.positionToken);
  });
}

/** `ListConnectedResponse` */
export function packConnectedAnswer(page: Read<ConnectedPage>): PackedBytes {
  return packed((writer) => {
    for (const { node, distance } of page.nodes) {
      const connected = openMessage(writer, FIRST);
      writeNode(writer, FIRST, node);
      writeNumber(writer, CONNECTED.distance, distance);
      writer.closeRun(connected);
    }
    writeBytes(writer, CONNECTED.nextCursor, absentIsEmpty(page.nextCursor));
    writeFlag(writer, CONNECTED.hasMore, page.hasMore);
    writeBytes(writer, CONNECTED.positionToken, page.positionToken);
  });
}

/** All of them begin with what was asked for. */
const FIRST = lengthTag(1);
const NODE = { positionToken: lengthTag(2) } as const;
const NODES = { missingIds: lengthTag(2), positionToken: lengthTag(3) } as const;

const QUERY = {
  nextCursor: lengthTag(2),
  hasMore: numberTag(3),
  totalCount: numberTag(4),
  totalCountAbsentReason: lengthTag(5),
  positionToken: lengthTag(6),
} as const;

const EDGES = {
  nodes: lengthTag(2),
  nextCursor: lengthTag(3),
  hasMore: numberTag(4),
  positionToken: lengthTag(5),
} as const;

const CONNECTED = {
  distance: numberTag(2),
  nextCursor: lengthTag(2),
  hasMore: numberTag(3),
  positionToken: lengthTag(4),
} as const;
