import { type EntError, invalid } from "../../base/errors.ts";
import type { CompiledEdgeType, CompiledNodeType, SchemaRegistry } from "../../schema/registry.ts";

/** A node type, named by number or by name. Throws TYPE_UNKNOWN; INVALID_REQUEST for none or both. */
export function nodeTypeOf(
  registry: SchemaRegistry,
  named: { readonly type_id?: number | undefined; readonly type?: string | undefined },
  place: string,
): CompiledNodeType {
  const { type_id: typeId, type } = named;
  if (typeId !== undefined && type !== undefined) throw both(place, "type_id", "type");
  if (typeId !== undefined) return registry.nodeType(typeId);
  if (type !== undefined) return registry.nodeTypeByName(type);
  throw none(place, "type_id", "type");
}

/** An edge type, named by number or by name. Throws EDGE_TYPE_UNKNOWN; INVALID_REQUEST for none or both. */
export function edgeTypeOf(
  registry: SchemaRegistry,
  named: { readonly edge_type_id?: number | undefined; readonly edge_type?: string | undefined },
  place: string,
): CompiledEdgeType {
  const { edge_type_id: edgeTypeId, edge_type: type } = named;
  if (edgeTypeId !== undefined && type !== undefined)
    throw both(place, "edge_type_id", "edge_type");
  if (edgeTypeId !== undefined) return registry.edgeType(edgeTypeId);
  if (type !== undefined) return registry.edgeTypeByName(type);
  throw none(place, "edge_type_id", "edge_type");
}

/** A node type in a URL: digits are its number, anything else its name. Throws TYPE_UNKNOWN. */
export function nodeTypeOfText(registry: SchemaRegistry, text: string): CompiledNodeType {
  return /^[0-9]{1,10}$/.test(text)
    ? registry.nodeType(Number(text))
    : registry.nodeTypeByName(text);
}

/** An edge type in a URL: digits are its number, anything else its name, which begins with a letter. */
export function edgeTypeOfText(registry: SchemaRegistry, text: string): CompiledEdgeType {
  return /^[0-9]{1,10}$/.test(text)
    ? registry.edgeType(Number(text))
    : registry.edgeTypeByName(text);
}

function both(place: string, byNumber: string, byName: string): EntError {
  return invalid(
    "INVALID_REQUEST",
    `${at(place, byName)} and ${byNumber} name the type twice.`,
    `Send ${byNumber} or ${byName}.`,
    { field: at(place, byName) },
  );
}

function none(place: string, byNumber: string, byName: string): EntError {
  return invalid(
    "INVALID_REQUEST",
    `${at(place, byNumber)} is required.`,
    `Send ${byNumber}, or the type's name as ${byName}.`,
    { field: at(place, byNumber) },
  );
}

function at(place: string, member: string): string {
  return place === "" ? member : `${place}.${member}`;
}
