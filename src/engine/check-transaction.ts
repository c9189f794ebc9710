import { invalid } from "../base/errors.ts";
import { isEdgeId, isNodeId } from "../base/ids.ts";
import { limitDetails, limits } from "../base/limits.ts";
import type {
  CreateEdge,
  CreateNode,
  EdgeTarget,
  MailboxChange,
  Operation,
} from "../record/transaction.ts";
import { checkFields } from "../schema/check-value.ts";
import { parseSchema } from "../schema/parse-schema.ts";
import type { Fields, Value } from "../schema/value.ts";
import { type LogIdentity, offsetOfToken } from "../wal/position.ts";
import {
  checkAggregateGrants,
  checkAppend,
  checkStoreCheckpoint,
  placesOf,
} from "./check-events.ts";
import { checkMembership } from "./check-membership.ts";
import { checkMailboxChange, checkNewNodeSharing, checkSharing } from "./check-sharing.ts";
import type { RequestedOperation } from "./engine.ts";

/**
 * The shape of a transaction, checked before the append: limits, ids, aliases, values.
 * What depends on the tenant's state is decided at apply. Refusals here bind nothing.
 */
export interface IdMaker {
  nodeId(): string;
  edgeId(): string;
  eventId(): string;
}

/** Who asks, and of which log; a log has the positions that he may name. */
export interface Asker {
  readonly actor: string;
  readonly log: LogIdentity;
}

export interface CheckedTransaction {
  /** As sent, values in their normal form: what the request hash is made over. */
  readonly sent: readonly RequestedOperation[];
  /** As it goes into the log: aliases resolved, ids made. */
  readonly resolved: readonly Operation[];
}

const ALIAS = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const ALIAS_REFERENCE = /^\$([A-Za-z_][A-Za-z0-9_]{0,63})\.id$/;
const TYPE_ID_MAX = 2 ** 31 - 1;

/**
 * Throws INVALID_REQUEST, INVALID_ID, INVALID_VALUE, INVALID_PRINCIPAL, ALIAS_*,
 * EVENT_ALREADY_EXISTS, LIMIT_EXCEEDED, SCHEMA_INVALID, INVALID_POSITION, POSITION_FROM_ANOTHER_LOG.
 */
export function checkTransaction(
  operations: readonly RequestedOperation[],
  ids: IdMaker,
  asker: Asker,
  field = "operations[]",
): CheckedTransaction {
  const { operationsPerTransaction: most } = limits;
  if (operations.length === 0) {
    throw invalid("INVALID_REQUEST", "The transaction has no operations.", "Send at least one.");
  }
  if (operations.length > most) {
    throw invalid(
      "LIMIT_EXCEEDED",
      `The transaction has ${operations.length} operations; at most ${most} are allowed.`,
      "Split it into several transactions.",
      limitDetails("operationsPerTransaction"),
    );
  }
  const checker = new TransactionChecker(ids, asker);
  const sent: RequestedOperation[] = [];
  const resolved: Operation[] = [];
  for (const [i, operation] of operations.entries()) {
    const step = checker.check(operation, placeOf(operation, i, field));
    sent.push(step.sent);
    resolved.push(step.resolved);
  }
  return { sent, resolved };
}

/** How the request's `operationsField` calls one of them. */
function placeOf({ op }: RequestedOperation, index: number, field: string): string {
  if (field === "operations[].op") return `operations[${index}].${op}`;
  return field.replace("[]", `[${index}]`);
}

interface CheckedOperation {
  readonly sent: RequestedOperation;
  readonly resolved: Operation;
}

/** Goes through the operations in their order, so that an alias is known to later ones only. */
class TransactionChecker {
  readonly #ids: IdMaker;
  readonly #asker: Asker;
  readonly #aliases = new Map<string, string>();
  #events = 0;

  constructor(ids: IdMaker, asker: Asker) {
    this.#ids = ids;
    this.#asker = asker;
  }

  check(operation: RequestedOperation, path: string): CheckedOperation {
    switch (operation.op) {
      case "create_node":
        return this.#createNode(operation, path);
      case "create_edge":
        return this.#createEdge(operation, path);
      case "update_node": {
        const sent = {
          ...operation,
          fields: this.#fields(operation.fields, `${path}.fields`),
          preconditions: this.#fields(operation.preconditions, `${path}.preconditions`),
        };
        checkVersion(operation.expectedVersion, path);
        checkPreconditionCount(operation.preconditions.size, path);
        const id = this.#nodeId(operation.id, `${path}.id`);
        const resolved = {
          ...sent,
          id,
          fields: this.#resolveRefs(sent.fields, path),
          preconditions: this.#resolveRefs(sent.preconditions, path),
        };
        return { sent, resolved };
      }
      case "delete_node":
      case "restore_node":
      case "purge_node": {
        checkVersion(operation.expectedVersion, path);
        const id = this.#nodeId(operation.id, `${path}.id`);
        return { sent: operation, resolved: { ...operation, id } };
      }
      case "update_edge": {
        const sent = { ...operation, fields: this.#fields(operation.fields, `${path}.fields`) };
        const target = this.#target(operation.target, path);
        return {
          sent,
          resolved: { ...sent, target, fields: this.#resolveRefs(sent.fields, path) },
        };
      }
      case "delete_edge":
        return {
          sent: operation,
          resolved: { ...operation, target: this.#target(operation.target, path) },
        };
      case "register_schema": {
        const sent = { ...operation, schema: parseSchema(operation.schema) };
        return { sent, resolved: sent };
      }
      case "set_visibility":
      case "grant":
      case "revoke": {
        const sent = checkSharing(operation, path);
        const nodeId = this.#nodeId(operation.nodeId, `${path}.node_id`);
        return { sent, resolved: { ...sent, nodeId } };
      }
      case "mark_read":
      case "delete_mailbox_items": {
        const sent = checkMailboxChange(this.#mailboxChange(operation), path);
        return { sent, resolved: sent };
      }
      case "membership": {
        const sent = { ...operation, step: checkMembership(operation.step) };
        return { sent, resolved: sent };
      }
      case "schema_lock":
        return { sent: operation, resolved: operation };
      case "append_events":
        this.#countEvents(operation.events.length);
        return checkAppend(operation, placesOf(path), () => this.#ids.eventId());
      case "store_checkpoint":
        checkStoreCheckpoint(operation, path);
        return { sent: operation, resolved: operation };
      case "set_aggregate_grants": {
        const sent = checkAggregateGrants(operation, path);
        return { sent, resolved: sent };
      }
    }
  }

  #countEvents(more: number): void {
    this.#events += more;
    const { eventsPerTransaction: most } = limits;
    if (this.#events <= most) return;
    throw invalid(
      "LIMIT_EXCEEDED",
      `The transaction appends more than ${most} events.`,
      "Split it into several transactions.",
      limitDetails("eventsPerTransaction"),
    );
  }

  /** Says what was left to be understood: whose mailbox, and up to which offset. */
  #mailboxChange(operation: MailboxChange & { readonly upTo?: Uint8Array }): MailboxChange {
    const { upTo, ...change } = operation;
    const { actor, log } = this.#asker;
    const userId = change.userId === "" ? actor : change.userId;
    if (upTo === undefined || upTo.length === 0) return { ...change, userId };
    return { ...change, userId, beforeOffset: offsetOfToken(upTo, log) + 1 };
  }

  #createNode(operation: CreateNode & { alias?: string }, path: string): CheckedOperation {
    checkTypeId(operation.typeId, `${path}.type_id`);
    const fields = this.#fields(operation.fields, `${path}.fields`);
    const refs = this.#resolveRefs(fields, path);
    const id = operation.id === "" ? this.#ids.nodeId() : operation.id;
    if (!isNodeId(id)) throw notAnId(id, "node", `${path}.id`);
    this.#define(operation.alias, id, path);
    const shared = checkNewNodeSharing(operation.sharing, path);
    const { sharing: _, ...plain } = operation;
    const sharing = shared && { sharing: shared };
    const { typeId, returnExisting } = operation;
    return {
      sent: { ...plain, ...sharing, fields },
      resolved: { op: "create_node", typeId, id, returnExisting, fields: refs, ...sharing },
    };
  }

  #createEdge(operation: CreateEdge & { alias?: string }, path: string): CheckedOperation {
    checkTypeId(operation.edgeTypeId, `${path}.edge_type_id`);
    const fields = this.#fields(operation.fields, `${path}.fields`);
    const refs = this.#resolveRefs(fields, path);
    const fromId = this.#nodeId(operation.fromId, `${path}.from_id`);
    const toId = this.#nodeId(operation.toId, `${path}.to_id`);
    const id = operation.id === "" ? this.#ids.edgeId() : operation.id;
    if (!isEdgeId(id)) throw notAnId(id, "edge", `${path}.id`);
    this.#define(operation.alias, id, path);
    const { edgeTypeId, returnExisting } = operation;
    return {
      sent: { ...operation, fields },
      resolved: { op: "create_edge", edgeTypeId, id, fromId, toId, returnExisting, fields: refs },
    };
  }

  #define(alias: string | undefined, id: string, path: string): void {
    if (alias === undefined || alias === "") return;
    if (!ALIAS.test(alias)) {
      throw invalid(
        "ALIAS_INVALID",
        `${path}.alias is not valid.`,
        `An alias has 1 to ${limits.aliasChars} letters, digits and underscores and begins with a letter or underscore.`,
        { field: `${path}.alias` },
      );
    }
    if (this.#aliases.has(alias)) {
      throw invalid(
        "ALIAS_DUPLICATE",
        `${path} defines the alias ${alias} a second time.`,
        "Give every operation an alias of its own.",
        { field: `${path}.alias` },
      );
    }
    this.#aliases.set(alias, id);
  }

  #nodeId(text: string, path: string): string {
    const id = this.#resolve(text, path);
    if (!isNodeId(id)) throw notAnId(text, "node", path);
    return id;
  }

  #target(target: EdgeTarget, path: string): EdgeTarget {
    if (target.by === "id") {
      const id = this.#resolve(target.id, `${path}.id`);
      if (!isEdgeId(id)) throw notAnId(target.id, "edge", `${path}.id`);
      return { by: "id", id };
    }
    checkTypeId(target.edgeTypeId, `${path}.edge_type_id`);
    return {
      by: "ends",
      edgeTypeId: target.edgeTypeId,
      fromId: this.#nodeId(target.fromId, `${path}.from_id`),
      toId: this.#nodeId(target.toId, `${path}.to_id`),
    };
  }

  #resolve(text: string, path: string): string {
    if (!text.startsWith("$")) return text;
    const alias = ALIAS_REFERENCE.exec(text)?.[1];
    const id = alias === undefined ? undefined : this.#aliases.get(alias);
    if (id !== undefined) return id;
    throw invalid(
      "ALIAS_UNKNOWN",
      `${path} is ${JSON.stringify(text.slice(0, 80))}, which no earlier operation defines.`,
      'Write "$name.id", and give the earlier create operation the alias "name".',
      { field: path },
    );
  }

  /** Values in their normal form. A ref may be an alias; everything else of it is checked once resolved. */
  #fields(fields: Fields, path: string): Fields {
    for (const fieldId of fields.keys()) checkTypeId(fieldId, path);
    if (!hasAliasRef(fields)) return checkFields(fields, path);
    const plain = new Map<number, Value>();
    for (const [fieldId, value] of fields) if (!isAliasRef(value)) plain.set(fieldId, value);
    const normal = checkFields(plain, path);
    const whole = new Map<number, Value>();
    for (const [fieldId, value] of fields) whole.set(fieldId, normal.get(fieldId) ?? value);
    return whole;
  }

  #resolveRefs(fields: Fields, path: string): Fields {
    if (!hasAliasRef(fields)) return fields;
    const resolved = new Map<number, Value>();
    for (const [fieldId, value] of fields) {
      const where = `${path}.fields[${fieldId}]`;
      const ref = isAliasRef(value) ? this.#nodeId(value.value, where) : undefined;
      resolved.set(fieldId, ref === undefined ? value : { kind: "ref", value: ref });
    }
    return resolved;
  }
}

function isAliasRef(value: Value): value is Value & { kind: "ref" } {
  return value.kind === "ref" && value.value.startsWith("$");
}

function hasAliasRef(fields: Fields): boolean {
  for (const value of fields.values()) if (isAliasRef(value)) return true;
  return false;
}

/** Numbers of types, fields and keys: 1 to 2^31 - 1. Throws INVALID_REQUEST. */
export function checkTypeId(id: number, path: string): void {
  if (Number.isInteger(id) && id >= 1 && id <= TYPE_ID_MAX) return;
  throw invalid(
    "INVALID_REQUEST",
    `${path} is ${id}, which is not a number of a type or field.`,
    `Numbers of types and fields are 1 to ${TYPE_ID_MAX}.`,
    { field: path },
  );
}

function checkVersion(version: number, path: string): void {
  if (Number.isSafeInteger(version) && version >= 0) return;
  throw invalid(
    "INVALID_REQUEST",
    `${path}.expected_version is ${version}.`,
    "Send the version that you read, or leave it out.",
    { field: `${path}.expected_version` },
  );
}

function checkPreconditionCount(count: number, path: string): void {
  const most = limits.preconditionsPerOperation;
  if (count <= most) return;
  throw invalid(
    "LIMIT_EXCEEDED",
    `${path} has ${count} preconditions; at most ${most} are allowed.`,
    "Compare the version instead (expected_version).",
    limitDetails("preconditionsPerOperation"),
  );
}

/** Throws INVALID_ID unless the text is a node's id in form. */
export function checkNodeId(id: string, path: string): void {
  if (!isNodeId(id)) throw notAnId(id, "node", path);
}

function notAnId(text: string, what: "node" | "edge", path: string): Error {
  const prefix = what === "node" ? "nd_" : "ed_";
  return invalid(
    "INVALID_ID",
    `${path} is ${JSON.stringify(text.slice(0, 80))}, which is not the id of a${what === "edge" ? "n" : ""} ${what}.`,
    `Such an id is "${prefix}" and 26 lower-case base32 characters, as an earlier answer gave it.`,
    { field: path },
  );
}
