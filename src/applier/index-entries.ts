import { EntError } from "../base/errors.ts";
import type { NodeType } from "../schema/types.ts";
import type { Fields, Value } from "../schema/value.ts";
import {
  compositeIndexValue,
  compositeKeyId,
  type IndexValue,
  indexValue,
} from "../store/index-value.ts";
import type { GraphStatements, TransactionScope } from "./scope.ts";

/**
 * Keeps the two index tables equal to the live nodes: what a node's fields put there,
 * and what a change takes away and adds.
 */
export interface Entry {
  readonly unique: boolean;
  /** Field id, or a composite key's id made negative. */
  readonly keyId: number;
  readonly value: IndexValue;
  readonly name: string;
}

/** What the fields of a live node of the type put into the indexes. */
export function entriesOf(type: NodeType, fields: Fields): Entry[] {
  const entries: Entry[] = [];
  for (const field of type.fields) {
    if (!field.unique && !field.indexed) continue;
    const value = fields.get(field.fieldId);
    const stored = value && indexValue(value);
    if (stored === undefined) continue;
    entries.push({ unique: field.unique, keyId: field.fieldId, value: stored, name: field.name });
  }
  for (const key of type.uniqueKeys) {
    const members = key.fieldIds.map((fieldId) => fields.get(fieldId));
    if (members.some((member) => member === undefined)) continue;
    entries.push({
      unique: true,
      keyId: compositeKeyId(key.keyId),
      value: compositeIndexValue(members as Value[]),
      name: key.name,
    });
  }
  return entries;
}

/** A unique field or key that another live node holds already. */
export interface UniqueConflict {
  readonly holderId: string;
  readonly keyName: string;
}

/** The first unique field or key of these fields that a node other than `nodeId` holds. Writes nothing. */
export function findUniqueConflict(
  scope: TransactionScope,
  type: NodeType,
  nodeId: string,
  fields: Fields,
): UniqueConflict | undefined {
  for (const entry of entriesOf(type, fields)) {
    if (!entry.unique) continue;
    const holderId = scope.graph.nodes.findIdByUnique(type.typeId, entry.keyId, entry.value);
    if (holderId !== undefined && holderId !== nodeId) return { holderId, keyName: entry.name };
  }
  return undefined;
}

/**
 * The refusal that a conflict is, unless the operation asked for the node that is there.
 * Values are unique in the whole tenant, so it says that the value is taken to everybody, but
 * by which node only to those who may read that node.
 */
export function uniqueConflictError(
  scope: TransactionScope,
  type: NodeType,
  conflict: UniqueConflict,
): EntError {
  const mayRead = mayReadHolder(scope, conflict);
  return new EntError({
    code: "already_exists",
    reason: "UNIQUE_CONFLICT",
    message: `Another ${type.name} holds this value of ${conflict.keyName}.`,
    hint: mayRead
      ? "Use another value, or on_conflict RETURN_EXISTING to be answered with the node that is there."
      : "Use another value; you may not read the node that holds this one.",
    details: {
      type_id: String(type.typeId),
      key: conflict.keyName,
      ...(mayRead && { existing_node_id: conflict.holderId }),
    },
  });
}

/** Whether the record's actor may be told which node holds the value. */
export function mayReadHolder(scope: TransactionScope, conflict: UniqueConflict): boolean {
  const holder = scope.graph.nodes.find(conflict.holderId);
  return holder !== undefined && scope.access.mayRead(holder);
}

/** Adds what a node that becomes live puts into the indexes. */
export function addEntries(
  scope: TransactionScope,
  type: NodeType,
  nodeId: string,
  fields: Fields,
): void {
  for (const entry of entriesOf(type, fields)) addEntry(scope.graph, type.typeId, nodeId, entry);
}

/** Takes away what a node that stops being live had in the indexes. */
export function removeEntries(
  scope: TransactionScope,
  type: NodeType,
  nodeId: string,
  fields: Fields,
): void {
  for (const entry of entriesOf(type, fields)) {
    removeEntry(scope.graph, type.typeId, nodeId, entry);
  }
}

/** Moves a live node's entries from its old fields to its new ones; what stays equal is not touched. */
export function moveEntries(
  scope: TransactionScope,
  type: NodeType,
  nodeId: string,
  before: Fields,
  after: Fields,
): void {
  const kept = entriesOf(type, after);
  for (const old of entriesOf(type, before)) {
    const same = kept.findIndex((entry) => isSameEntry(entry, old));
    if (same >= 0) kept.splice(same, 1);
    else removeEntry(scope.graph, type.typeId, nodeId, old);
  }
  for (const entry of kept) addEntry(scope.graph, type.typeId, nodeId, entry);
}

export function addEntry(
  { indexWriter }: GraphStatements,
  typeId: number,
  nodeId: string,
  entry: Entry,
): void {
  if (entry.unique) indexWriter.addUnique(typeId, entry.keyId, entry.value, nodeId);
  else indexWriter.addField(typeId, entry.keyId, entry.value, nodeId);
}

export function removeEntry(
  { indexWriter }: GraphStatements,
  typeId: number,
  nodeId: string,
  entry: Entry,
): void {
  if (entry.unique) indexWriter.removeUnique(typeId, entry.keyId, entry.value);
  else indexWriter.removeField(typeId, entry.keyId, entry.value, nodeId);
}

/** Whether two entries of one node are one row of one index. */
export function isSameEntry(a: Entry, b: Entry): boolean {
  return a.unique === b.unique && a.keyId === b.keyId && equal(a.value, b.value);
}

function equal(a: IndexValue, b: IndexValue): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  return a === b;
}
