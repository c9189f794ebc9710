/**
 * Ids and their grammar: a prefix and 26 characters of base32. The types keep an id of one
 * thing from being taken for another, and a name from being taken for an id.
 */
import { InvalidArgumentError } from "../errors/refusals.ts";

/** The id of a node: "nd_" and 26 characters. */
export type NodeId = `nd_${string}`;

/** The id of an edge: "ed_" and 26 characters. */
export type EdgeId = `ed_${string}`;

/** The id of an item of a mailbox: "mi_" and 26 characters. */
export type MailboxItemId = `mi_${string}`;

/** Something that stands for a node's id until its transaction has made one. */
export interface NodeReference {
  /** What stands in the request: "$alias.id". */
  readonly "~reference": () => string;
}

const BODY = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** Whether the text is a node's id, in form. */
export function isNodeId(text: string): text is NodeId {
  return typeof text === "string" && text.startsWith("nd_") && BODY.test(text.slice(3));
}

/** Whether the text is an edge's id, in form. */
export function isEdgeId(text: string): text is EdgeId {
  return typeof text === "string" && text.startsWith("ed_") && BODY.test(text.slice(3));
}

/** A text from outside, such as a URL, as a node's id. Throws {@link InvalidArgumentError} (INVALID_ID). */
export function nodeId(text: string): NodeId {
  if (isNodeId(text)) return text;
  throw badId(text, "node", "nd_");
}

/** A text from outside as an edge's id. Throws {@link InvalidArgumentError} (INVALID_ID). */
export function edgeId(text: string): EdgeId {
  if (isEdgeId(text)) return text;
  throw badId(text, "edge", "ed_");
}

/** What stands in a request for a node. Throws {@link InvalidArgumentError} (INVALID_ID). */
export function nodeIdText(node: string | NodeReference): string {
  return isNodeReference(node) ? node["~reference"]() : nodeId(node);
}

/** Whether the value stands for a node that is not there yet. */
export function isNodeReference(value: unknown): value is NodeReference {
  return typeof value === "object" && value !== null && "~reference" in value;
}

function badId(text: string, what: string, prefix: string): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_ID",
    message: `${JSON.stringify(String(text).slice(0, 64))} is not the id of a ${what}.`,
    hint: `An id is "${prefix}" and 26 lower-case base32 characters; hand ids on as they were given out.`,
  });
}
