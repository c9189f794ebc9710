/**
 * Filters and orders, typed by the type that is asked for: which fields there are, which
 * comparisons their kinds take, and with what. What is a node's own and no field of its type
 * begins with "$", as no field's name does.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "../errors/refusals.ts";
import {
  type ComparisonSchema,
  FilterOperator,
  type FilterSchema,
  NodeAttribute,
  type OrderTermSchema,
} from "../gen/entdb/v1/filter_pb.ts";
import { compiled } from "../schema/compiled.ts";
import type { NodeType } from "../schema/define.ts";
import {
  type Field,
  type FieldShape,
  field,
  type IntInput,
  type TimestampInput,
} from "../schema/field.ts";
import type { ShapeOf } from "../schema/infer.ts";
import { isNodeReference, type NodeId } from "../values/ids.ts";
import { didYouMean, suggest } from "../values/suggest.ts";
import { encodeValue } from "../values/value.ts";

interface Equality<V> {
  readonly eq?: V;
  /** False of an absent field, as every comparison is. */
  readonly neq?: V;
}

interface Order<V> extends Equality<V> {
  readonly gt?: V;
  readonly gte?: V;
  readonly lt?: V;
  readonly lte?: V;
  /** One of at most 100. */
  readonly in?: readonly V[];
}

interface Absence {
  /** The only test for absence. */
  readonly isNull?: true;
}

interface Text {
  /** % any run, _ any one character, \ escapes. Case-sensitive. */
  readonly like?: string;
  /** A part of the text. */
  readonly contains?: string;
}

interface Membership<V> {
  /** One of the list's items. */
  readonly contains?: V;
}

type ItemOf<V> = V extends readonly (infer Item)[] ? Item : never;

/** The comparisons that a field of this shape takes. */
type OperatorsOf<S extends FieldShape> = S["kind"] extends "json"
  ? Absence
  : S["kind"] extends "str"
    ? Absence & Order<S["write"]> & Text
    : S["kind"] extends "list_str" | "list_int"
      ? Absence & Equality<S["write"]> & Membership<ItemOf<S["write"]>>
      : Absence & Order<S["write"]>;

/** What a field is compared with: a value (equal), null (absent), or comparisons that all must hold. */
type Condition<S extends FieldShape> =
  | OperatorsOf<S>
  | (S["kind"] extends "json" ? never : S["write"])
  | null;

/** Which nodes of a type. All that is said must hold. */
export type Where<T extends NodeType> = {
  readonly [K in keyof T["fields"] & string]?: Condition<ShapeOf<T["fields"][K]>>;
} & {
  readonly $id?: NodeId | Order<NodeId>;
  readonly $version?: IntInput | Order<IntInput>;
  readonly $createdAt?: TimestampInput | Order<TimestampInput>;
  readonly $updatedAt?: TimestampInput | Order<TimestampInput>;
  /** All of these. */
  readonly $and?: readonly Where<T>[];
  /** One of these. */
  readonly $or?: readonly Where<T>[];
};

type Attribute = "$id" | "$version" | "$createdAt" | "$updatedAt";

/** By what results are ordered: a field or an attribute, descending with "-" before it. */
export type OrderBy<T extends NodeType> =
  | (keyof T["fields"] & string)
  | `-${keyof T["fields"] & string}`
  | Attribute
  | `-${Attribute}`;

type FilterInit = MessageInitShape<typeof FilterSchema>;
type OperandInit = Pick<MessageInitShape<typeof ComparisonSchema>, "operand">["operand"];

const OPERATORS: Readonly<Record<string, FilterOperator>> = {
  eq: FilterOperator.EQ,
  neq: FilterOperator.NEQ,
  gt: FilterOperator.GT,
  gte: FilterOperator.GTE,
  lt: FilterOperator.LT,
  lte: FilterOperator.LTE,
  in: FilterOperator.IN,
  like: FilterOperator.LIKE,
  contains: FilterOperator.CONTAINS,
  isNull: FilterOperator.IS_NULL,
};

/** Attributes, and the fields that their values are written like. */
const ATTRIBUTES: Readonly<Record<Attribute, { number: NodeAttribute; like: Field }>> = {
  $id: { number: NodeAttribute.ID, like: field.ref(1) },
  $version: { number: NodeAttribute.VERSION, like: field.int(1) },
  $createdAt: { number: NodeAttribute.CREATED_AT, like: field.timestamp(1) },
  $updatedAt: { number: NodeAttribute.UPDATED_AT, like: field.timestamp(1) },
};

const ITEM_OF_LIST_STR = field.str(1);
const ITEM_OF_LIST_INT = field.int(1);

/** The filter for the wire; undefined for one that says nothing. */
export function encodeWhere<T extends NodeType>(
  type: T,
  where: Where<T> | undefined,
): FilterInit | undefined {
  if (where === undefined) return undefined;
  const filters = conjuncts(type, where);
  return filters.length === 0 ? undefined : all(filters);
}

/** The order for the wire. */
export function encodeOrder<T extends NodeType>(
  type: T,
  order: readonly OrderBy<T>[],
): MessageInitShape<typeof OrderTermSchema>[] {
  return order.map((term) => {
    const descending = term.startsWith("-");
    const { operand } = operandOf(type, descending ? term.slice(1) : term);
    return { operand, descending };
  });
}

function conjuncts(type: NodeType, where: object): FilterInit[] {
  return Object.entries(where).flatMap(([name, condition]): FilterInit[] => {
    if (condition === undefined) return [];
    if (name === "$and") return alternatives(type, condition).map(all);
    if (name === "$or") {
      const filters = alternatives(type, condition).map(all);
      return [{ node: { case: "or", value: { filters } } }];
    }
    return comparisons(type, name, condition);
  });
}

function alternatives(type: NodeType, wheres: unknown): FilterInit[][] {
  return (wheres as readonly object[]).map((where) => conjuncts(type, where));
}

function all(filters: readonly FilterInit[]): FilterInit {
  const [only] = filters;
  if (only !== undefined && filters.length === 1) return only;
  return { node: { case: "and", value: { filters: [...filters] } } };
}

/** What is said of one field or attribute. */
function comparisons(type: NodeType, name: string, condition: unknown): FilterInit[] {
  const { operand, like, place } = operandOf(type, name);
  const compare = (
    operator: FilterOperator,
    values: readonly unknown[],
    as: Field,
  ): FilterInit => ({
    node: {
      case: "comparison",
      value: { operand, operator, values: values.map((value) => encodeValue(as, value, place)) },
    },
  });
  if (condition === null) return [compare(FilterOperator.IS_NULL, [], like)];
  if (!isOperators(condition)) return [compare(FilterOperator.EQ, [condition], like)];
  return Object.entries(condition).flatMap(([word, value]) => {
    if (value === undefined) return [];
    const operator = OPERATORS[word];
    if (operator === undefined) throw unknownOperator(place, word);
    if (operator === FilterOperator.IS_NULL) return [compare(operator, [], like)];
    const values = operator === FilterOperator.IN ? (value as readonly unknown[]) : [value];
    return [compare(operator, values, operator === FilterOperator.CONTAINS ? itemOf(like) : like)];
  });
}

/** Comparisons are plain objects; no value but JSON's is, and JSON is not compared. */
function isOperators(condition: unknown): condition is Readonly<Record<string, unknown>> {
  return (
    typeof condition === "object" &&
    !Array.isArray(condition) &&
    !(condition instanceof Date) &&
    !(condition instanceof Uint8Array) &&
    !isNodeReference(condition)
  );
}

function operandOf(
  type: NodeType,
  name: string,
): { readonly operand: OperandInit & object; readonly like: Field; readonly place: string } {
  if (name.startsWith("$")) {
    const attribute = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name as Attribute] : undefined;
    if (attribute === undefined) throw unknownAttribute(name);
    const operand = { case: "attribute", value: attribute.number } as const;
    return { operand, like: attribute.like, place: name };
  }
  const { field: found, place } = compiled(type).field(name);
  return { operand: { case: "fieldId", value: found.fieldId }, like: found, place };
}

function itemOf(list: Field): Field {
  if (list.kind === "list_str") return ITEM_OF_LIST_STR;
  return list.kind === "list_int" ? ITEM_OF_LIST_INT : list;
}

function unknownOperator(place: string, word: string): InvalidArgumentError {
  const words = Object.keys(OPERATORS);
  return new InvalidArgumentError({
    reason: "INVALID_FILTER",
    message: `${place}: ${JSON.stringify(word)} is no comparison.`,
    hint: didYouMean(suggest(word, words), `Comparisons are ${words.join(", ")}.`),
  });
}

function unknownAttribute(name: string): InvalidArgumentError {
  const names = [...Object.keys(ATTRIBUTES), "$and", "$or"];
  return new InvalidArgumentError({
    reason: "INVALID_FILTER",
    message: `${JSON.stringify(name)} is nothing that filters or orders look at.`,
    hint: didYouMean(suggest(name, names), `Besides fields there are ${names.join(", ")}.`),
  });
}
