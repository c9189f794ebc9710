/**
 * A transaction as it is put together: its operations in their order, all or nothing. What is
 * wrong with one of them by itself is thrown at once, at the line that adds it.
 *
 * Operations see what earlier ones did. What one creates, later ones take wherever they take
 * a node's or an edge's id.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { LimitExceededError } from "../errors/refusals.ts";
import type { Append, Appended } from "../events/event-store.ts";
import { wireAppend, wireCheckpoint } from "../events/wire.ts";
import { OnConflict, type OperationSchema } from "../gen/entdb/v1/entdb_service_pb.ts";
import { compiled } from "../schema/compiled.ts";
import type { EdgeType, NodeType, Permission, TypeDefinition } from "../schema/define.ts";
import type { CreateFields, FieldConditions, PatchFields } from "../schema/infer.ts";
import { type ReservedTypes, SCHEMA_MODES, wireSchema } from "../schema/wire-schema.ts";
import { wireCount, wireMoment } from "../values/checked-number.ts";
import { chosen } from "../values/choice.ts";
import type { EdgeId, MailboxItemId, NodeId } from "../values/ids.ts";
import { edgeId, nodeIdText } from "../values/ids.ts";
import { permissionNumber } from "../values/permission.ts";
import { type PositionToken, tokenBytes } from "../values/positions.ts";
import { encodeValue, NULL_VALUE } from "../values/value.ts";
import {
  type Aliased,
  aliasing,
  alreadySent,
  appendOutcome,
  type EdgeOutcome,
  edgeOutcome,
  type NodeOutcome,
  nodeOutcome,
  type OtherOutcome,
  ofAnotherPlan,
  type Place,
  Planned,
  PlannedEdge,
  PlannedNode,
} from "./planned.ts";

/** A node of a type: its id, or one that the plan creates. */
export type NodeTarget<T extends NodeType = NodeType> = NodeId | PlannedNode<T>;

/** What an edge type takes as an end: nodes of its type, or of any where it names none. */
export type EndTarget<End extends NodeType | undefined> = NodeTarget<
  End extends NodeType ? End : NodeType
>;

/** An edge: its id, one that the plan creates, or its type and ends. */
export type EdgeTarget<T extends EdgeType = EdgeType> =
  | EdgeId
  | PlannedEdge<T>
  | { readonly from: EndTarget<T["from"]>; readonly to: EndTarget<T["to"]> };

/** What happens when a unique value, or the edge, is there already. */
export type OnConflictOption = "fail" | "returnExisting";

/** A right on one node. */
export interface Grant {
  /** "user:alice", "role:editor", "group:eng", or "tenant:*": everybody of the tenant. */
  readonly principal: string;
  readonly permission: Permission;
  /** From when on it no longer holds. Left out: never. */
  readonly expiresAt?: Date;
}

/** What the recipients' mailbox items say besides their node. */
export interface Mail {
  /** Items of one thread can be listed together. At most 128 characters. */
  readonly thread?: string;
  /** At most 16 pairs, of at most 64 and 256 characters. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a node is created with besides its fields. */
export interface CreateOptions {
  /** A name of its own in the request; without one it gets one when it is referred to. */
  readonly alias?: string;
  /** An id of the caller's own making. Left out: the server makes one. */
  readonly id?: NodeId;
  /** Defaults to "fail". */
  readonly onConflict?: OnConflictOption;
  /** Who may read it. With principals or grants the type's default grants are left out. */
  readonly principals?: readonly string[];
  readonly grants?: readonly Grant[];
  /** Actors who may read it and get an item in their mailbox. */
  readonly recipients?: readonly string[];
  readonly mail?: Mail;
}

/** What an edge is created with besides its fields. */
export interface LinkOptions {
  readonly alias?: string;
  readonly id?: EdgeId;
  /** Defaults to "fail". */
  readonly onConflict?: OnConflictOption;
}

/** On what an operation on a node depends. */
export interface VersionCondition {
  /** The version that the node must have before this transaction. */
  readonly expectedVersion?: number;
}

/** On what an update depends. */
export interface UpdateOptions<T extends NodeType> extends VersionCondition {
  /** What fields must hold, as earlier operations of the plan left them. */
  readonly where?: FieldConditions<T["fields"]>;
}

/** Which items of a mailbox: these, everything delivered up to a position, or both. */
export interface MailboxSelection {
  readonly items?: readonly MailboxItemId[];
  readonly upTo?: PositionToken;
  /** Whose mailbox. Left out: the actor's own. */
  readonly user?: string;
}

/** An operation as messages are made from it. */
export type OperationInit = MessageInitShape<typeof OperationSchema>;
type OneOperation = NonNullable<OperationInit["operation"]>;

const MAX_OPERATIONS = 1_000;

/** Throws for types that the client does not have, or of another sort. */
type Knows = (type: TypeDefinition, sort: TypeDefinition["definition"]) => void;

/** The operations of one transaction. Handed to the function that `atomic` is given. */
export class Plan {
  readonly #knows: Knows;
  readonly #operations: OperationInit[] = [];
  readonly #aliases = new Set<string>();
  #registers = false;
  #isSent = false;

  constructor(knows: Knows) {
    this.#knows = knows;
  }

  /** Creates a node, owned by the actor. */
  create<T extends NodeType>(
    type: T,
    fields: CreateFields<T["fields"]>,
    options: CreateOptions = {},
  ): PlannedNode<T> {
    this.#knows(type, "node");
    const value = {
      typeId: type.typeId,
      fields: compiled(type).encodeNew(fields),
      onConflict: onConflictNumber(options.onConflict),
      principals: [...(options.principals ?? [])],
      grants: (options.grants ?? []).map(wireGrant),
      recipients: [...(options.recipients ?? [])],
      ...(options.id === undefined ? {} : { id: nodeIdText(options.id) }),
      ...(options.mail === undefined ? {} : { mail: wireMail(options.mail) }),
    };
    const place = this.#add({ case: "createNode", value });
    return new PlannedNode(place, type, this.#naming(value, place, options.alias));
  }

  /** A merge patch: what is named is set, null clears, the rest stays. */
  update<T extends NodeType>(
    type: T,
    node: NodeTarget<T>,
    patch: PatchFields<T["fields"]>,
    options: UpdateOptions<T> = {},
  ): Planned<NodeOutcome> {
    this.#knows(type, "node");
    const fields = compiled(type);
    const conditions = Object.entries(options.where ?? {}).map(([name, value]) => {
      const { field, place } = fields.field(name);
      const wire =
        value === null || value === undefined ? NULL_VALUE : encodeValue(field, value, place);
      return { fieldId: field.fieldId, value: wire };
    });
    return this.#onNode({
      case: "updateNode",
      value: {
        id: nodeIdText(node),
        fields: fields.encodePatch(patch),
        expectedVersion: wireCount("expectedVersion", options.expectedVersion ?? 0),
        preconditions: conditions,
      },
    });
  }

  /** Soft: the node can be restored; it frees its unique values and hides its edges. */
  delete(node: NodeTarget, options: VersionCondition = {}): Planned<NodeOutcome> {
    return this.#onNode({ case: "deleteNode", value: step(node, options) });
  }

  /** Takes a soft delete back. */
  restore(node: NodeTarget, options: VersionCondition = {}): Planned<NodeOutcome> {
    return this.#onNode({ case: "restoreNode", value: step(node, options) });
  }

  /** Gone for good, with its edges. */
  purge(node: NodeTarget, options: VersionCondition = {}): Planned<NodeOutcome> {
    return this.#onNode({ case: "purgeNode", value: step(node, options) });
  }

  /** Creates an edge. There is at most one of a type between two nodes in one direction. */
  link<T extends EdgeType>(
    type: T,
    from: EndTarget<T["from"]>,
    to: EndTarget<T["to"]>,
    ...rest: LinkRest<T>
  ): PlannedEdge<T> {
    this.#knows(type, "edge");
    const [fields = {}, options = {}] = rest as readonly [object?, LinkOptions?];
    const value = {
      edgeTypeId: type.edgeTypeId,
      fromId: nodeIdText(from),
      toId: nodeIdText(to),
      fields: compiled(type).encodeNew(fields),
      onConflict: onConflictNumber(options.onConflict),
      ...(options.id === undefined ? {} : { id: edgeId(options.id) }),
    };
    const place = this.#add({ case: "createEdge", value });
    return new PlannedEdge(place, type, this.#naming(value, place, options.alias));
  }

  /** A merge patch of an edge's fields. */
  updateEdge<T extends EdgeType>(
    type: T,
    edge: EdgeTarget<T>,
    patch: PatchFields<T["fields"]>,
  ): Planned<EdgeOutcome> {
    this.#knows(type, "edge");
    const value = { target: wireEdgeTarget(type, edge), fields: compiled(type).encodePatch(patch) };
    return new Planned(this.#add({ case: "updateEdge", value }), edgeOutcome);
  }

  /** Removes an edge. */
  unlink<T extends EdgeType>(type: T, edge: EdgeTarget<T>): Planned<EdgeOutcome> {
    this.#knows(type, "edge");
    const value = { target: wireEdgeTarget(type, edge) };
    return new Planned(this.#add({ case: "deleteEdge", value }), edgeOutcome);
  }

  /** Replaces the grants to read by those to these principals. None: the owner, and who holds more. */
  setVisibility(node: NodeTarget, principals: readonly string[]): Planned<NodeOutcome> {
    const value = { nodeId: nodeIdText(node), principals: [...principals] };
    return this.#onNode({ case: "setVisibility", value });
  }

  /** Gives somebody a right on a node. */
  grant(node: NodeTarget, grant: Grant): Planned<NodeOutcome> {
    const value = { nodeId: nodeIdText(node), grant: wireGrant(grant) };
    return this.#onNode({ case: "grant", value });
  }

  /** Takes a right back; without a permission, all that the principal holds. */
  revoke(node: NodeTarget, principal: string, permission?: Permission): Planned<NodeOutcome> {
    const value = {
      nodeId: nodeIdText(node),
      principal,
      ...(permission === undefined ? {} : { permission: permissionNumber(permission) }),
    };
    return this.#onNode({ case: "revoke", value });
  }

  /** Marks items of a mailbox as read, or as unread. */
  markRead(
    selection: MailboxSelection,
    options: { readonly unread?: boolean } = {},
  ): Planned<OtherOutcome> {
    const value = { ...wireSelection(selection), unread: options.unread ?? false };
    return new Planned(this.#add({ case: "markRead", value }), () => ({}));
  }

  /** Removes items of a mailbox; their nodes stay. */
  deleteMailboxItems(selection: MailboxSelection): Planned<OtherOutcome> {
    const value = wireSelection(selection);
    return new Planned(this.#add({ case: "deleteMailboxItems", value }), () => ({}));
  }

  /** Appends events to an aggregate, with whatever else the plan does. */
  appendEvents(append: Append): Planned<Appended> {
    const value = wireAppend(append, {});
    return new Planned(this.#add({ case: "appendEvents", value }), appendOutcome);
  }

  /** Moves a consumer's checkpoint, so that what the plan does for an event is done once. */
  storeCheckpoint(
    consumer: string,
    globalNonce: number,
    options: { readonly expected?: number } = {},
  ): Planned<OtherOutcome> {
    const value = wireCheckpoint(consumer, globalNonce, options.expected);
    return new Planned(this.#add({ case: "storeCheckpoint", value }), () => ({}));
  }

  /** Changes the tenant's schema in this transaction: merges these types, or makes it equal to them. */
  registerSchema(
    types: readonly TypeDefinition[],
    options: { readonly mode?: "merge" | "replace"; readonly reserved?: ReservedTypes } = {},
  ): Planned<OtherOutcome> {
    this.#registers = true;
    const mode = chosen(SCHEMA_MODES, options.mode ?? "merge", "mode");
    const value = { schema: wireSchema(types, options.reserved), mode };
    return new Planned(this.#add({ case: "registerSchema", value }), () => ({}));
  }

  /** For the client: what is to be sent. From here on nothing can be added. */
  "~operations"(): { readonly operations: OperationInit[]; readonly registersSchema: boolean } {
    this.#isSent = true;
    return { operations: this.#operations, registersSchema: this.#registers };
  }

  #onNode(operation: OneOperation): Planned<NodeOutcome> {
    return new Planned(this.#add(operation), nodeOutcome);
  }

  /** How later operations name what this one creates: in this plan alone, where the name is its own. */
  #naming(operation: Aliased, { index }: Place, alias: string | undefined): () => string {
    const refer = aliasing(operation, index, this.#aliases, alias);
    return () => {
      if (this.#isSent) throw ofAnotherPlan();
      return refer();
    };
  }

  #add(operation: OneOperation): Place {
    if (this.#isSent) throw alreadySent();
    if (this.#operations.length >= MAX_OPERATIONS) {
      throw new LimitExceededError({
        reason: "LIMIT_EXCEEDED",
        message: `A transaction has at most ${MAX_OPERATIONS} operations.`,
        hint: "Split it into several.",
        details: { limit: String(MAX_OPERATIONS) },
      });
    }
    const index = this.#operations.push({ operation } as OperationInit) - 1;
    return { plan: this, index };
  }
}

/** An edge whose type has fields that must be given takes them; one without may leave them out. */
type LinkRest<T extends EdgeType> =
  Readonly<Record<never, never>> extends CreateFields<T["fields"]>
    ? [fields?: CreateFields<T["fields"]>, options?: LinkOptions]
    : [fields: CreateFields<T["fields"]>, options?: LinkOptions];

function step(node: NodeTarget, options: VersionCondition) {
  const expectedVersion = wireCount("expectedVersion", options.expectedVersion ?? 0);
  return { id: nodeIdText(node), expectedVersion };
}

function wireEdgeTarget(type: EdgeType, edge: EdgeTarget) {
  if (typeof edge === "string") return { case: "id", value: edgeId(edge) } as const;
  if (edge instanceof PlannedEdge) return { case: "id", value: edge["~reference"]() } as const;
  const ends = { fromId: nodeIdText(edge.from), toId: nodeIdText(edge.to) };
  return { case: "key", value: { edgeTypeId: type.edgeTypeId, ...ends } } as const;
}

/** As operations carry it. */
export function wireGrant(grant: Grant) {
  return {
    principal: grant.principal,
    permission: permissionNumber(grant.permission),
    expiresAt: wireMoment("expiresAt", grant.expiresAt),
  };
}

function wireMail(mail: Mail) {
  return { thread: mail.thread ?? "", metadata: { ...mail.metadata } };
}

/** A selection as requests and operations carry it. */
export function wireSelection(selection: MailboxSelection) {
  const upTo = selection.upTo === undefined ? new Uint8Array(0) : tokenBytes(selection.upTo);
  return { userId: selection.user ?? "", items: { itemIds: [...(selection.items ?? [])], upTo } };
}

const ON_CONFLICT = { fail: OnConflict.FAIL, returnExisting: OnConflict.RETURN_EXISTING } as const;

function onConflictNumber(option: OnConflictOption = "fail"): OnConflict {
  return chosen(ON_CONFLICT, option, "onConflict");
}
