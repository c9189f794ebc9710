/** Reads of cases: nodes, edges, filters, pages, search, grants. */
import type { AnyNode, Edge, Grant, Listing, Node, NodeType, Page } from "@entdb/client";
import type { Step } from "./format.ts";
import { isList, isObject, type Json, type JsonObject } from "./json.ts";
import { optional } from "./optional.ts";
import { caseFields, nativeValue } from "./values.ts";
import { edgeTypeOf, nodeTypeOf, type Party, type World } from "./world.ts";
import { nativeFields } from "./writes.ts";

export async function get(party: Party, step: Step, world: World): Promise<unknown> {
  const type = nodeTypeOf(party, step["type"]);
  const id = world.native(step["id"]) as never;
  const node = await party.client.get(type, id, reading(step, world));
  return node === undefined ? null : nodeOf(party, node, world);
}

export async function getMany(party: Party, step: Step, world: World): Promise<unknown> {
  const type = nodeTypeOf(party, step["type"]);
  const ids = (step["ids"] as readonly string[]).map((id) => world.native(id) as never);
  const { nodes, missing } = await party.client.getMany(type, ids, reading(step, world));
  return {
    nodes: nodes.map((node) => nodeOf(party, node, world)),
    missing: missing.map((id) => world.nameOf(id)),
  };
}

export async function getByKey(party: Party, step: Step, world: World): Promise<unknown> {
  const type = nodeTypeOf(party, step["type"]);
  const key = nativeFields(type, step["key"], world);
  const node = await party.client.getByKey(type, key as never, reading(step, world));
  return node === undefined ? null : nodeOf(party, node, world);
}

export function query(party: Party, step: Step, world: World): Promise<unknown> {
  const type = nodeTypeOf(party, step["type"]);
  const listing = party.client.query(type, {
    ...reading(step, world),
    ...paging(step),
    ...filtering(type, step, world),
    orderBy: ((step["order"] ?? []) as readonly string[]).map(attributeName) as never,
    withTotalCount: step["with_total_count"] === true,
  });
  return listed(listing, step, world, (node) => nodeOf(party, node, world));
}

export function count(party: Party, step: Step, world: World): Promise<unknown> {
  const type = nodeTypeOf(party, step["type"]);
  return party.client.count(type, {
    ...reading(step, world),
    ...filtering(type, step, world),
  });
}

export function edges(party: Party, step: Step, world: World): Promise<unknown> {
  const node = world.native(step["node"]) as never;
  const type = step["type"] === undefined ? undefined : edgeTypeOf(party, step["type"]);
  const withNodes: boolean = step["with_nodes"] === true;
  const options = {
    ...reading(step, world),
    ...paging(step),
    ...optional("type", type),
    withNodes,
  };
  const listing =
    step["direction"] === "in"
      ? party.client.edgesIn(node, options)
      : party.client.edgesOut(node, options);
  return listed(
    listing as Listing<Edge & { readonly node: Node | undefined }>,
    step,
    world,
    (edge) => ({
      ...edgeOf(party, edge, world),
      ...(edge.node === undefined ? {} : { node: nodeOf(party, edge.node, world) }),
    }),
  );
}

export function connected(party: Party, step: Step, world: World): Promise<unknown> {
  const listing = party.client.connected(
    world.native(step["node"]) as never,
    edgeTypeOf(party, step["type"]),
    {
      ...reading(step, world),
      ...paging(step),
      ...optional("direction", step["direction"] as "in" | undefined),
      ...optional("depth", step["depth"] as number | undefined),
    },
  );
  return listed(listing, step, world, ({ node, distance }) => {
    const reached = nodeOf(party, node as Node, world);
    return { is: reached.is, distance, node: reached };
  });
}

export function search(party: Party, step: Step, world: World): Promise<unknown> {
  const types = ((step["types"] ?? []) as readonly string[]).map((name) => nodeTypeOf(party, name));
  const listing = party.client.search(step["query"] as string, {
    ...reading(step, world),
    ...paging(step),
    types,
    ...optional("fields", step["fields"] as never),
    prefix: step["prefix"] === true,
  });
  return listed(listing, step, world, ({ node, highlights }) => ({
    is: world.nameOf(node.id),
    node: nodeOf(party, node as AnyNode, world),
    found: highlights.map(({ field, parts }) => ({ field: field ?? null, text: marked(parts) })),
  }));
}

export async function grants({ client }: Party, step: Step, world: World): Promise<unknown> {
  const found = await client.grants(world.native(step["node"]) as never, reading(step, world));
  return {
    owner: found.ownerActor,
    grants: found.grants.map(caseGrant),
  };
}

export function caseGrant({ principal, permission, expiresAt }: Grant) {
  return { principal, permission, expires_at: expiresAt?.getTime() ?? null };
}

/** A text with what was found in it between « and ». */
export function marked(parts: readonly { readonly text: string; readonly found: boolean }[]) {
  return parts.map(({ text, found }) => (found ? `«${text}»` : text)).join("");
}

/** A node as cases write it. `is` is what a case may expect of it alone. */
export function nodeOf(party: Party, node: Node, world: World) {
  const type = party.types.find((one) => one.definition === "node" && one.typeId === node.typeId);
  return {
    is: world.nameOf(node.id),
    id: node.id,
    type: node.type,
    version: node.version,
    owner: node.ownerActor,
    deleted: node.deleted,
    created_at: node.createdAt.getTime(),
    updated_at: node.updatedAt.getTime(),
    fields: type === undefined ? {} : caseFields(type.fields, node.fields, world),
  };
}

function edgeOf(party: Party, edge: Edge, world: World) {
  const type = party.types.find(
    (one) => one.definition === "edge" && one.edgeTypeId === edge.edgeTypeId,
  );
  return {
    is: world.nameOf(edge.id),
    id: edge.id,
    type: edge.type,
    from: world.nameOf(edge.from),
    to: world.nameOf(edge.to),
    fields: type === undefined ? {} : caseFields(type.fields, edge.fields, world),
  };
}

/**
 * A list as a step asks for it: whole; `paged`, as its pages; or `page`, the first one or the one
 * behind a cursor.
 */
export async function listed<Item>(
  listing: Listing<Item>,
  step: Step,
  world: World,
  caseItem: (item: Item) => unknown,
): Promise<unknown> {
  const casePage = (page: Page<Item>) => ({
    items: page.items.map(caseItem),
    cursor: page.nextCursor ?? null,
    ...("totalCount" in page ? { total: page.totalCount ?? null } : {}),
    ...("unreadCount" in page ? { unread: page.unreadCount } : {}),
  });
  if (step["page"] === true) {
    return casePage(await listing.page(world.native(step["cursor"]) as string | undefined));
  }
  if (step["paged"] === true) {
    const pages: unknown[] = [];
    for await (const page of listing.pages()) pages.push(casePage(page).items);
    return { pages };
  }
  return (await listing.toArray(step["limit"] as number | undefined)).map(caseItem);
}

function filtering(type: NodeType, step: Step, world: World) {
  const where = step["where"];
  return where === undefined ? {} : { where: whereOf(type, where, world) as never };
}

export function paging(step: Step) {
  return optional("pageSize", step["page_size"] as number | undefined);
}

/** How fresh a read is to be, and how long it may take. */
export function reading(step: Step, world: World) {
  return {
    ...optional("atLeast", world.native(step["at_least"]) as string | null | undefined),
    ...(step["strong"] === true ? { consistency: "strong" as const } : {}),
    ...optional("timeoutMs", step["timeout_ms"] as number | undefined),
    ...(step["include_deleted"] === true ? { includeDeleted: true } : {}),
  };
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  id: "$id",
  version: "$version",
  created_at: "$createdAt",
  updated_at: "$updatedAt",
};

function attributeName(term: string): string {
  const name = term.replace(/^-/, "");
  const attribute = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined;
  return attribute === undefined ? term : term.replace(name, attribute);
}

const ATTRIBUTE_KINDS = { $id: "ref", $version: "int" } as const;
const ITEM_KINDS = { list_str: "str", list_int: "int" } as const;

/** A filter of a case: `and`, `or`, or what is said of one field or attribute. */
function whereOf(type: NodeType, where: Json, world: World): unknown {
  if (!isObject(where)) return where;
  const clauses = (json: Json) => (json as readonly Json[]).map((one) => whereOf(type, one, world));
  if ("and" in where) return { $and: clauses(where["and"] as Json) };
  if ("or" in where) return { $or: clauses(where["or"] as Json) };
  const name = attributeName(where["field"] as string);
  return { [name]: comparison(type, name, where, world) };
}

function comparison(type: NodeType, name: string, where: JsonObject, world: World): unknown {
  const operator = where["op"] as string;
  if (operator === "is_null") return { isNull: true };
  const attribute = Object.hasOwn(ATTRIBUTE_KINDS, name)
    ? ATTRIBUTE_KINDS[name as keyof typeof ATTRIBUTE_KINDS]
    : "timestamp";
  const kind = name.startsWith("$") ? attribute : (type.fields[name]?.kind ?? "str");
  const item =
    operator === "contains" && Object.hasOwn(ITEM_KINDS, kind)
      ? ITEM_KINDS[kind as keyof typeof ITEM_KINDS]
      : kind;
  const value = where["value"] ?? null;
  const asked = (json: Json) => nativeValue({ kind: item }, json, world);
  const native = operator === "in" && isList(value) ? value.map(asked) : asked(value);
  return { [operator]: native };
}
