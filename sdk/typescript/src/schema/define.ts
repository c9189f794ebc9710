/**
 * Node and edge types as values. What a program writes down here is its schema: the client
 * sends it along when the server does not know it yet, and everything that is read or written
 * is typed by it. Numbers are identity for ever; names may change.
 */
import { SchemaError } from "../errors/refusals.ts";
import { suggest } from "../values/suggest.ts";
import type { Field } from "./field.ts";

/** Fields by name. */
export type FieldMap = Readonly<Record<string, Field>>;

/** Fields that together are unique among the live nodes of a type. */
export interface UniqueKey {
  readonly keyId: number;
  /** Names of fields, in the order in which the key is stored. At most 8. */
  readonly fields: readonly string[];
}

/** What a grant allows. Each one allows those before it too. */
export type Permission = "read" | "write" | "delete" | "admin";

/** What nodes of a type get that are created without principals and grants of their own. */
export interface DefaultGrant {
  /** "role:editor", "group:eng", "tenant:*", … */
  readonly principal: string;
  readonly permission: Permission;
}

/** A node type. Made by {@link defineNode}. */
export interface NodeType<
  Name extends string = string,
  Fields extends FieldMap = FieldMap,
  Keys extends Readonly<Record<string, UniqueKey>> = Readonly<Record<string, UniqueKey>>,
> {
  readonly definition: "node";
  readonly typeId: number;
  readonly name: Name;
  readonly fields: Fields;
  readonly uniqueKeys: Keys;
  readonly defaultGrants: readonly DefaultGrant[];
  readonly description: string;
  readonly deprecated: boolean;
  readonly reservedFieldIds: readonly number[];
}

/** An edge type. Made by {@link defineEdge}. */
export interface EdgeType<
  Name extends string = string,
  Fields extends FieldMap = FieldMap,
  From extends NodeType | undefined = NodeType | undefined,
  To extends NodeType | undefined = NodeType | undefined,
> {
  readonly definition: "edge";
  readonly edgeTypeId: number;
  readonly name: Name;
  readonly fields: Fields;
  /** The type that the edge leaves; undefined: any. */
  readonly from: From;
  /** The type that the edge enters; undefined: any. */
  readonly to: To;
  readonly uniquePerFrom: boolean;
  readonly description: string;
  readonly deprecated: boolean;
  readonly reservedFieldIds: readonly number[];
}

/** A type of a schema. */
export type TypeDefinition = NodeType | EdgeType;

type KeysOf<Fields extends FieldMap> = Readonly<
  Record<string, { readonly keyId: number; readonly fields: readonly (keyof Fields & string)[] }>
>;

/** What {@link defineNode} is told. */
export interface NodeTypeInit<
  Name extends string,
  Fields extends FieldMap,
  Keys extends KeysOf<Fields>,
> {
  readonly typeId: number;
  readonly name: Name;
  readonly fields: Fields;
  /** By name. A node that lacks one of the members is exempt. */
  readonly uniqueKeys?: Keys;
  /** None: a node is its owner's alone. */
  readonly defaultGrants?: readonly DefaultGrant[];
  readonly description?: string;
  readonly deprecated?: boolean;
  /** Numbers of fields that were removed on purpose, never to be used again. */
  readonly reservedFieldIds?: readonly number[];
}

/** Makes a node type. Throws {@link SchemaError} for numbers and names that cannot be. */
export function defineNode<
  const Name extends string,
  const Fields extends FieldMap,
  const Keys extends KeysOf<Fields> = Readonly<Record<never, never>>,
>(init: NodeTypeInit<Name, Fields, Keys>): NodeType<Name, Fields, Keys> {
  const type = {
    definition: "node",
    typeId: init.typeId,
    name: init.name,
    fields: init.fields,
    uniqueKeys: init.uniqueKeys ?? ({} as Keys),
    defaultGrants: init.defaultGrants ?? [],
    description: init.description ?? "",
    deprecated: init.deprecated ?? false,
    reservedFieldIds: init.reservedFieldIds ?? [],
  } as const;
  checkId(type.typeId, `typeId of ${type.name}`);
  checkType(type.name, type.fields);
  for (const [name, key] of Object.entries(type.uniqueKeys)) {
    checkName(name, `unique key of ${type.name}`);
    checkId(key.keyId, `keyId of ${type.name}.${name}`);
    for (const member of key.fields) checkMember(type.name, name, member, type.fields);
  }
  return type;
}

/** What {@link defineEdge} is told. */
export interface EdgeTypeInit<
  Name extends string,
  Fields extends FieldMap,
  From extends NodeType | undefined,
  To extends NodeType | undefined,
> {
  readonly edgeTypeId: number;
  readonly name: Name;
  /** Left out: nodes of any type. */
  readonly from?: From;
  readonly to?: To;
  readonly fields?: Fields;
  /** At most one edge of this type leaves a node. Defaults to false. */
  readonly uniquePerFrom?: boolean;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly reservedFieldIds?: readonly number[];
}

/** Makes an edge type. Throws {@link SchemaError} for numbers and names that cannot be. */
export function defineEdge<
  const Name extends string,
  const Fields extends FieldMap = Readonly<Record<never, never>>,
  const From extends NodeType | undefined = undefined,
  const To extends NodeType | undefined = undefined,
>(init: EdgeTypeInit<Name, Fields, From, To>): EdgeType<Name, Fields, From, To> {
  const type = {
    definition: "edge",
    edgeTypeId: init.edgeTypeId,
    name: init.name,
    fields: init.fields ?? ({} as Fields),
    from: init.from as From,
    to: init.to as To,
    uniquePerFrom: init.uniquePerFrom ?? false,
    description: init.description ?? "",
    deprecated: init.deprecated ?? false,
    reservedFieldIds: init.reservedFieldIds ?? [],
  } as const;
  checkId(type.edgeTypeId, `edgeTypeId of ${type.name}`);
  checkType(type.name, type.fields);
  return type;
}

const MAX_ID = 2 ** 31 - 1;
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  "id",
  "type_id",
  "tenant_id",
  "owner_actor",
  "version",
  "created_at",
  "updated_at",
  "deleted",
]);

function checkType(typeName: string, fields: FieldMap): void {
  checkName(typeName, "type");
  const names = new Map<number, string>();
  for (const [name, { fieldId }] of Object.entries(fields)) {
    const place = `field of ${typeName}`;
    checkName(name, place);
    if (RESERVED_NAMES.has(name)) {
      throw invalidSchema(`The name ${name} of a ${place} is reserved.`, "Choose another name.");
    }
    checkId(fieldId, `number of ${typeName}.${name}`);
    const other = names.get(fieldId);
    if (other !== undefined) {
      throw invalidSchema(
        `${typeName}.${name} and ${typeName}.${other} both have the number ${fieldId}.`,
        "Give each field a number of its own, and keep it for ever.",
      );
    }
    names.set(fieldId, name);
  }
}

function checkMember(type: string, key: string, member: string, fields: FieldMap): void {
  if (Object.hasOwn(fields, member)) return;
  const near = suggest(member, Object.keys(fields));
  throw invalidSchema(
    `The unique key ${key} of ${type} names ${member}, which is no field of the type.`,
    near.length === 0 ? "Name fields of the type." : `Did you mean ${near.join(" or ")}?`,
  );
}

function checkId(id: number, what: string): void {
  if (Number.isInteger(id) && id >= 1 && id <= MAX_ID) return;
  throw invalidSchema(
    `The ${what} is ${id}.`,
    `Give it a whole number from 1 to ${MAX_ID}, and keep that number for ever.`,
  );
}

function checkName(name: string, what: string): void {
  if (NAME.test(name)) return;
  throw invalidSchema(
    `${JSON.stringify(name)} cannot be the name of a ${what}.`,
    "A name begins with a letter and has at most 63 letters, digits and underscores.",
  );
}

function invalidSchema(message: string, hint: string): SchemaError {
  return new SchemaError({ code: "invalid_argument", reason: "SCHEMA_INVALID", message, hint });
}
