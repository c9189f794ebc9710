/** What an operation of a plan is known by until its transaction has been answered. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "../errors/refusals.ts";
import type { Appended } from "../events/event-store.ts";
import type { CreateEdgeSchema, CreateNodeSchema } from "../gen/entdb/v1/entdb_service_pb.ts";
import type { EdgeType, NodeType } from "../schema/define.ts";
import type { EdgeId, NodeId, NodeReference } from "../values/ids.ts";

/** What became of an operation on a node. */
export interface NodeOutcome {
  readonly id: NodeId;
  /** After the transaction; undefined when the transaction was only waited for until it was durable. */
  readonly version: number | undefined;
  /** False when what was there already was answered instead. */
  readonly created: boolean;
}

/** What became of an operation on an edge. */
export interface EdgeOutcome {
  readonly id: EdgeId;
  /** False when what was there already was answered instead. */
  readonly created: boolean;
}

/** What became of an operation that is about no node and no edge. */
export type OtherOutcome = Readonly<Record<never, never>>;

/** The outcome of one operation, whatever it was about. */
export interface OperationOutcome {
  readonly alias: string;
  readonly nodeId: NodeId | undefined;
  readonly edgeId: EdgeId | undefined;
  readonly version: number | undefined;
  readonly created: boolean;
  /** Of an append; undefined when the transaction was only waited for until it was durable. */
  readonly appended: Appended | undefined;
}

/** Which operation of which plan. */
export interface Place {
  readonly plan: object;
  /** From 0. */
  readonly index: number;
}

/** An operation of a plan. Return it from the plan to be given its outcome. */
export class Planned<Outcome> {
  /** Its place among the operations, from 0. */
  readonly index: number;
  /** For the compiler alone. */
  declare readonly "~outcome"?: Outcome;
  readonly #plan: object;
  readonly #outcomeOf: (answer: OperationOutcome) => Outcome;

  constructor({ plan, index }: Place, outcomeOf: (answer: OperationOutcome) => Outcome) {
    this.index = index;
    this.#plan = plan;
    this.#outcomeOf = outcomeOf;
  }

  /** Throws {@link InvalidArgumentError} unless it is of this plan. */
  "~require"(plan: object): void {
    if (plan !== this.#plan) throw ofAnotherPlan();
  }

  /** Its outcome, out of those of the whole transaction. */
  "~resolve"(answers: readonly OperationOutcome[]): Outcome | undefined {
    const answer = answers[this.index];
    return answer === undefined ? undefined : this.#outcomeOf(answer);
  }
}

/** What may be given a name. */
export type Aliased =
  | MessageInitShape<typeof CreateNodeSchema>
  | MessageInitShape<typeof CreateEdgeSchema>;

/** A node that the plan creates. Later operations take it wherever they take a node's id. */
export class PlannedNode<T extends NodeType = NodeType>
  extends Planned<NodeOutcome>
  implements NodeReference
{
  readonly type: T;
  readonly #refer: () => string;

  constructor(place: Place, type: T, refer: () => string) {
    super(place, nodeOutcome);
    this.type = type;
    this.#refer = refer;
  }

  "~reference"(): string {
    return this.#refer();
  }
}

/** An edge that the plan creates. Later operations take it wherever they take an edge's id. */
export class PlannedEdge<T extends EdgeType = EdgeType> extends Planned<EdgeOutcome> {
  readonly type: T;
  readonly #refer: () => string;

  constructor(place: Place, type: T, refer: () => string) {
    super(place, edgeOutcome);
    this.type = type;
    this.#refer = refer;
  }

  "~reference"(): string {
    return this.#refer();
  }
}

/** A plan's return value, with an outcome in the place of each operation. */
export type Resolved<R> =
  R extends Planned<infer Outcome>
    ? Outcome
    : R extends object
      ? { readonly [K in keyof R]: Resolved<R[K]> }
      : undefined;

/** Throws {@link InvalidArgumentError} where an operation of another plan stands in a value, whose outcome would be taken for this one's. */
export function requireOf(plan: object, value: unknown): void {
  if (value instanceof Planned) value["~require"](plan);
  else if (value !== null && typeof value === "object") {
    for (const item of Object.values(value)) requireOf(plan, item);
  }
}

/** Puts outcomes in the places of operations, through records and arrays. */
export function resolve(value: unknown, answers: readonly OperationOutcome[]): unknown {
  if (value instanceof Planned) return value["~resolve"](answers);
  if (Array.isArray(value)) return value.map((item) => resolve(item, answers));
  if (value === null || typeof value !== "object") return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, resolve(item, answers)]),
  );
}

/** Where an append led is not known before it was applied. */
const NOT_APPLIED: Appended = {
  aggregateId: "",
  firstAggregateNonce: 0,
  lastAggregateNonce: 0,
  firstGlobalNonce: 0,
  lastGlobalNonce: 0,
};

const ALIAS = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * How later operations of the plan name what this one creates. An operation that nobody refers
 * to and that was given no alias has none. Throws {@link InvalidArgumentError} for an alias that cannot be.
 */
export function aliasing(
  operation: Aliased,
  index: number,
  taken: Set<string>,
  given: string | undefined,
): () => string {
  if (given !== undefined) {
    if (!ALIAS.test(given)) throw badAlias("ALIAS_INVALID", given, "cannot be an alias");
    if (taken.has(given)) throw badAlias("ALIAS_DUPLICATE", given, "is an alias already");
    taken.add(given);
    operation.alias = given;
  }
  return () => {
    operation.alias ??= freeAlias(index, taken);
    return `$${operation.alias}.id`;
  };
}

function freeAlias(index: number, taken: Set<string>): string {
  let alias = `_${index}`;
  while (taken.has(alias)) alias = `_${alias}`;
  taken.add(alias);
  return alias;
}

function badAlias(reason: string, alias: string, problem: string): InvalidArgumentError {
  return new InvalidArgumentError({
    reason,
    message: `${JSON.stringify(alias)} ${problem} in this plan.`,
    hint: "An alias has up to 64 letters, digits and underscores, and is one operation's.",
  });
}

/** What another plan creates has no name in this one, and the name that it had there may be another's here. */
export function ofAnotherPlan(): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: "What stands here is an operation of another plan.",
    hint: "Return it from that plan, and use its id out of the results.",
  });
}

/** What would be left out without a word. */
export function alreadySent(): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: "The plan has been sent: what is put into it now would be left out.",
    hint: "Put operations into a plan while `atomic` calls the function that builds it.",
  });
}

export function nodeOutcome(answer: OperationOutcome): NodeOutcome {
  const { version, created } = answer;
  return { id: answer.nodeId ?? ("" as NodeId), version, created };
}

export function appendOutcome(answer: OperationOutcome): Appended {
  return answer.appended ?? NOT_APPLIED;
}

export function edgeOutcome(answer: OperationOutcome): EdgeOutcome {
  return { id: answer.edgeId ?? ("" as EdgeId), created: answer.created };
}
