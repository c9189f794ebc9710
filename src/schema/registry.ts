import { EntError, type ErrorReason } from "../base/errors.ts";
import { didYouMean, suggest } from "../base/suggest.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { EdgeType, Field, FormerName, NodeType, Schema, UniqueKey } from "./types.ts";

/**
 * One tenant's schema, compiled for look-ups by id and by name. Immutable: a change of
 * schema makes a new registry.
 */
export class SchemaRegistry {
  readonly schema: Schema;
  /** Whether rows may hold values of fields that were removed. */
  readonly hasRemovedFields: boolean;
  readonly #nodeTypes = new Map<number, CompiledNodeType>();
  readonly #nodeTypesByName = new Map<string, CompiledNodeType>();
  readonly #edgeTypes = new Map<number, CompiledEdgeType>();
  readonly #edgeTypesByName = new Map<string, CompiledEdgeType>();
  /** By names that they have no more; what is called so today comes first. */
  readonly #formerNodeTypes = new Map<string, CompiledNodeType>();
  readonly #formerEdgeTypes = new Map<string, CompiledEdgeType>();
  #fingerprint: string | undefined;

  /** Takes a schema that has been checked (`parseSchema`, `mergeSchema`). */
  constructor(schema: Schema) {
    this.schema = schema;
    this.hasRemovedFields = [...schema.nodeTypes, ...schema.edgeTypes].some(
      (type) => type.reservedFieldIds.length > 0,
    );
    for (const type of schema.nodeTypes) {
      const label = `node type ${type.typeId} (${type.name})`;
      const former = formerFields(schema, "node_type", type.typeId);
      const table = new FieldTable(label, type.fields, type.uniqueKeys, former);
      const compiled = { ...type, table };
      this.#nodeTypes.set(type.typeId, compiled);
      this.#nodeTypesByName.set(type.name, compiled);
    }
    for (const type of schema.edgeTypes) {
      const label = `edge type ${type.edgeTypeId} (${type.name})`;
      const former = formerFields(schema, "edge_type", type.edgeTypeId);
      const compiled = { ...type, table: new FieldTable(label, type.fields, [], former) };
      this.#edgeTypes.set(type.edgeTypeId, compiled);
      this.#edgeTypesByName.set(type.name, compiled);
    }
    for (const { of, typeId, fieldId, name } of schema.formerNames ?? []) {
      if (fieldId !== 0) continue;
      if (of === "node_type") this.#formerNodeTypes.set(name, this.nodeType(typeId));
      else this.#formerEdgeTypes.set(name, this.edgeType(typeId));
    }
  }

  /** "sha256:…" of the schema, made when first asked for. */
  get fingerprint(): string {
    this.#fingerprint ??= fingerprintOf(this.schema);
    return this.#fingerprint;
  }

  /** Throws TYPE_UNKNOWN. */
  nodeType(typeId: number): CompiledNodeType {
    const type = this.#nodeTypes.get(typeId);
    if (type !== undefined) return type;
    throw unknownType("TYPE_UNKNOWN", "node type", typeId, this.#nodeTypesByName);
  }

  /** Throws EDGE_TYPE_UNKNOWN. */
  edgeType(edgeTypeId: number): CompiledEdgeType {
    const type = this.#edgeTypes.get(edgeTypeId);
    if (type !== undefined) return type;
    throw unknownType("EDGE_TYPE_UNKNOWN", "edge type", edgeTypeId, this.#edgeTypesByName);
  }

  findNodeType(typeId: number): CompiledNodeType | undefined {
    return this.#nodeTypes.get(typeId);
  }

  findEdgeType(edgeTypeId: number): CompiledEdgeType | undefined {
    return this.#edgeTypes.get(edgeTypeId);
  }

  /** By its name, or by one that it had. Throws TYPE_UNKNOWN with the nearest names. */
  nodeTypeByName(name: string): CompiledNodeType {
    const type = this.#nodeTypesByName.get(name) ?? this.#formerNodeTypes.get(name);
    if (type !== undefined) return type;
    throw unknownType("TYPE_UNKNOWN", "node type", name, this.#nodeTypesByName);
  }

  /** By its name, or by one that it had. Throws EDGE_TYPE_UNKNOWN with the nearest names. */
  edgeTypeByName(name: string): CompiledEdgeType {
    const type = this.#edgeTypesByName.get(name) ?? this.#formerEdgeTypes.get(name);
    if (type !== undefined) return type;
    throw unknownType("EDGE_TYPE_UNKNOWN", "edge type", name, this.#edgeTypesByName);
  }
}

export interface CompiledNodeType extends NodeType {
  readonly table: FieldTable;
}

export interface CompiledEdgeType extends EdgeType {
  readonly table: FieldTable;
}

/** The fields (and unique keys) of one node or edge type. */
export class FieldTable {
  /** "node type 2 (Task)", for sentences. */
  readonly label: string;
  /** In ascending id. */
  readonly fields: readonly Field[];
  /** The fields that a create must end up with: required ones, and those with a default. Ascending. */
  readonly filled: readonly Field[];
  readonly #byId = new Map<number, Field>();
  readonly #byName = new Map<string, Field>();
  readonly #formerNames: readonly FormerName[];
  readonly #keys: readonly UniqueKey[];

  constructor(
    label: string,
    fields: readonly Field[],
    keys: readonly UniqueKey[],
    formerNames: readonly FormerName[] = [],
  ) {
    this.#formerNames = formerNames;
    this.label = label;
    this.fields = fields;
    this.filled = fields.filter((field) => field.required || field.defaultValue !== undefined);
    this.#keys = keys;
    for (const field of fields) {
      this.#byId.set(field.fieldId, field);
      this.#byName.set(field.name, field);
    }
  }

  find(fieldId: number): Field | undefined {
    return this.#byId.get(fieldId);
  }

  /** Throws FIELD_UNKNOWN, telling which fields there are. */
  get(fieldId: number): Field {
    const field = this.#byId.get(fieldId);
    if (field !== undefined) return field;
    throw unknownField(this, String(fieldId), [], { field_id: String(fieldId) });
  }

  /** By its name, or by one that it had. Throws FIELD_UNKNOWN with the nearest names. */
  getByName(name: string): Field {
    const field = this.#byName.get(name) ?? this.#findByFormerName(name);
    if (field !== undefined) return field;
    const shown = name.slice(0, 64);
    throw unknownField(this, JSON.stringify(shown), suggest(name, this.#byName.keys()), {
      field_name: shown,
    });
  }

  #findByFormerName(name: string): Field | undefined {
    const former = this.#formerNames.find((candidate) => candidate.name === name);
    return former && this.#byId.get(former.fieldId);
  }

  /** Throws KEY_UNKNOWN. */
  key(keyId: number): UniqueKey {
    const key = this.#keys.find((candidate) => candidate.keyId === keyId);
    if (key !== undefined) return key;
    throw this.#unknownKey(String(keyId), []);
  }

  /** Throws KEY_UNKNOWN with the nearest names. */
  keyByName(name: string): UniqueKey {
    const key = this.findKeyByName(name);
    if (key !== undefined) return key;
    const names = this.#keys.map((candidate) => candidate.name);
    throw this.#unknownKey(JSON.stringify(name.slice(0, 64)), suggest(name, names));
  }

  findKeyByName(name: string): UniqueKey | undefined {
    return this.#keys.find((candidate) => candidate.name === name);
  }

  #unknownKey(asked: string, suggestions: readonly string[]): EntError {
    const keys = this.#keys.map((key) => `${key.keyId} (${key.name})`);
    return notInSchema(
      "KEY_UNKNOWN",
      `${this.label} has no unique key ${asked}; it has ${listed(keys)}.`,
      didYouMean(suggestions, "Ask by one of its keys, or by a unique field."),
      { suggestions: suggestions.join(",") },
    );
  }
}

const NO_NAMES: readonly FormerName[] = [];

function formerFields(schema: Schema, of: FormerName["of"], typeId: number): readonly FormerName[] {
  if (schema.formerNames === undefined) return NO_NAMES;
  return schema.formerNames.filter(
    (former) => former.of === of && former.typeId === typeId && former.fieldId !== 0,
  );
}

const MAX_LISTED = 20;

function listed(items: readonly string[]): string {
  if (items.length === 0) return "none";
  const more = items.length > MAX_LISTED ? `, and ${items.length - MAX_LISTED} more` : "";
  return items.slice(0, MAX_LISTED).join(", ") + more;
}

function unknownField(
  table: FieldTable,
  asked: string,
  suggestions: readonly string[],
  details: Readonly<Record<string, string>>,
): EntError {
  const fields = table.fields.map((field) => `${field.fieldId} (${field.name})`);
  return notInSchema(
    "FIELD_UNKNOWN",
    `${table.label} has no field ${asked}; it has ${listed(fields)}.`,
    didYouMean(suggestions, "Use a field of the type, or register a schema that has it."),
    { ...details, suggestions: suggestions.join(",") },
  );
}

function unknownType(
  reason: ErrorReason,
  what: string,
  asked: number | string,
  byName: ReadonlyMap<string, { readonly name: string }>,
): EntError {
  const suggestions = typeof asked === "string" ? suggest(asked, byName.keys()) : [];
  const shown = typeof asked === "string" ? JSON.stringify(asked.slice(0, 64)) : asked;
  const names = [...byName.keys()];
  return notInSchema(
    reason,
    `The tenant has no ${what} ${shown}; it has ${listed(names)}.`,
    didYouMean(suggestions, "Register a schema that has the type, or use one that is there."),
    { suggestions: suggestions.join(",") },
  );
}

/** All of these are the client's argument at odds with the tenant's schema; suggestions only where there are some. */
function notInSchema(
  reason: ErrorReason,
  message: string,
  hint: string,
  details: Readonly<Record<string, string>>,
): EntError {
  const given = Object.entries(details).filter(([, text]) => text !== "");
  return new EntError({
    code: "invalid_argument",
    reason,
    message: message.charAt(0).toUpperCase() + message.slice(1),
    hint,
    details: Object.fromEntries(given),
  });
}
