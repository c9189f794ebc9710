import { ByteReader, ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import type { ErrorCode, ErrorReason } from "../base/errors.ts";
import type { SchemaDifference } from "../schema/types.ts";
import type { AppendResult } from "./event.ts";
import type { AppliedOutcome, OperationResult, Outcome } from "./outcome.ts";

/**
 * An outcome is stored in two parts. The *decision* (state, ids, versions, reason,
 * details) is what apply came to: it is under the outcome digest and the content hash,
 * and a replay must come to the same bytes for ever. The *wording* (sentence, hint,
 * schema differences in words) is for people, may be put better in a later release, and
 * is under neither.
 *
 *     decision = version:u8 (1) state:u8
 *       state 1 applied:  count:varint { flags:u8 nodeId edgeId version:varint append }
 *       state 2 rejected: code reason count:varint { name value }   names ascending
 *       flags: 1 has nodeId, 2 has edgeId, 4 created, 8 has append
 *       append = aggregateId count:varint lastAggregateNonce:varint lastGlobalNonce:varint
 */
const VERSION = 1;
const APPLIED = 1;
const REJECTED = 2;
const HAS_NODE = 1;
const HAS_EDGE = 2;
const CREATED = 4;
const APPENDED = 8;
const shared = new ByteWriter(1024);

export function encodeDecision(outcome: Outcome): Uint8Array {
  shared.reset();
  shared.u8(VERSION);
  if (outcome.state === "applied") {
    shared.u8(APPLIED);
    shared.varint(outcome.results.length);
    for (const result of outcome.results) writeResult(result);
    return shared.take();
  }
  shared.u8(REJECTED);
  shared.text(outcome.code);
  shared.text(outcome.reason);
  const details = Object.entries(outcome.details).sort(([a], [b]) => (a < b ? -1 : 1));
  shared.varint(details.length);
  for (const [name, value] of details) {
    shared.text(name);
    shared.text(value);
  }
  return shared.take();
}

function writeResult(result: OperationResult): void {
  const flags =
    (result.nodeId === "" ? 0 : HAS_NODE) |
    (result.edgeId === "" ? 0 : HAS_EDGE) |
    (result.created ? CREATED : 0) |
    (result.append === undefined ? 0 : APPENDED);
  shared.u8(flags);
  if (result.nodeId !== "") shared.text(result.nodeId);
  if (result.edgeId !== "") shared.text(result.edgeId);
  shared.varint(result.version);
  if (result.append !== undefined) writeAppend(result.append);
}

function writeAppend(append: AppendResult): void {
  shared.text(append.aggregateId);
  shared.varint(append.count);
  shared.varint(append.lastAggregateNonce);
  shared.varint(append.lastGlobalNonce);
}

/** The part for people as JSON text, or null when there is nothing to say. */
export function encodeWording(outcome: Outcome): string | null {
  if (outcome.state === "rejected") {
    return JSON.stringify({ message: outcome.message, hint: outcome.hint });
  }
  if (outcome.schemaDifferences.length === 0) return null;
  return JSON.stringify({ differences: outcome.schemaDifferences });
}

/** Throws {@link MalformedBytesError} when the bytes are not what {@link encodeDecision} wrote. */
export function decodeOutcome(decision: Uint8Array, wording: string | null): Outcome {
  const reader = new ByteReader(decision);
  if (reader.u8() !== VERSION) throw new MalformedBytesError("outcome of an unknown version");
  const state = reader.u8();
  const words = wording === null ? {} : (JSON.parse(wording) as Wording);
  if (state === APPLIED) return readApplied(reader, words);
  if (state !== REJECTED) throw new MalformedBytesError(`outcome of unknown state ${state}`);
  const code = reader.text() as ErrorCode;
  const reason = reader.text() as ErrorReason;
  const details: Record<string, string> = {};
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.text();
    details[name] = reader.text();
  }
  return {
    state: "rejected",
    code,
    reason,
    message: words.message ?? "The transaction was rejected.",
    hint: words.hint ?? "",
    details,
  };
}

interface Wording {
  readonly message?: string;
  readonly hint?: string;
  readonly differences?: readonly SchemaDifference[];
}

function readApplied(reader: ByteReader, words: Wording): AppliedOutcome {
  const results: OperationResult[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const flags = reader.u8();
    const nodeId = flags & HAS_NODE ? reader.text() : "";
    const edgeId = flags & HAS_EDGE ? reader.text() : "";
    const version = reader.varint();
    const result = { nodeId, edgeId, version, created: (flags & CREATED) !== 0 };
    results.push(flags & APPENDED ? { ...result, append: readAppend(reader) } : result);
  }
  return { state: "applied", results, schemaDifferences: words.differences ?? [] };
}

function readAppend(reader: ByteReader): AppendResult {
  const aggregateId = reader.text();
  const count = reader.varint();
  const lastAggregateNonce = reader.varint();
  return { aggregateId, count, lastAggregateNonce, lastGlobalNonce: reader.varint() };
}
