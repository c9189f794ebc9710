/** The types that a client was given, and what of them the server has to be told. */
import { SchemaError, ValidationError } from "../errors/refusals.ts";
import type { EdgeType, NodeType, TypeDefinition } from "../schema/define.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { type ReservedTypes, type SchemaInit, wireSchema } from "../schema/wire-schema.ts";
import { didYouMean, suggest } from "../values/suggest.ts";

/** A client's types. */
export class ClientSchema {
  readonly types: readonly TypeDefinition[];
  /** Empty for a client without types. */
  readonly fingerprint: string;
  readonly #known: ReadonlySet<TypeDefinition>;
  readonly #nodeTypes: ReadonlyMap<number, NodeType>;
  readonly #edgeTypes: ReadonlyMap<number, EdgeType>;
  readonly #reserved: ReservedTypes;
  #wire: SchemaInit | undefined;

  /** Throws {@link SchemaError} when two types have one number or one name. */
  constructor(types: readonly TypeDefinition[], reserved: ReservedTypes) {
    this.types = types;
    this.#known = new Set(types);
    this.#reserved = reserved;
    this.#nodeTypes = new Map(
      types.flatMap((type) => (type.definition === "node" ? [[type.typeId, type]] : [])),
    );
    this.#edgeTypes = new Map(
      types.flatMap((type) => (type.definition === "edge" ? [[type.edgeTypeId, type]] : [])),
    );
    const names = new Set(types.map(({ definition, name }) => `${definition} ${name}`));
    if (this.#nodeTypes.size + this.#edgeTypes.size < types.length || names.size < types.length) {
      throw new SchemaError({
        code: "invalid_argument",
        reason: "SCHEMA_INVALID",
        message: "Two types of the client have the same number or the same name.",
        hint: "Give each type a number and a name of its own, and name each once.",
      });
    }
    this.fingerprint = types.length === 0 ? "" : fingerprintOf(types, reserved);
  }

  /** The message that tells the server of these types. */
  get wire(): SchemaInit {
    this.#wire ??= wireSchema(this.types, this.#reserved);
    return this.#wire;
  }

  /** Throws {@link ValidationError} for a type that the client was not given, or of another sort. */
  require(type: TypeDefinition, sort?: TypeDefinition["definition"]): void {
    if (sort !== undefined && type?.definition !== sort) throw notOfSort(type, sort);
    if (this.#known.has(type) || this.types.length === 0) return;
    const near = suggest(
      type.name,
      this.types.map(({ name }) => name),
    );
    throw new ValidationError({
      reason: type.definition === "node" ? "TYPE_UNKNOWN" : "EDGE_TYPE_UNKNOWN",
      message: `The client was made without the type ${type.name}.`,
      hint: didYouMean(near, "Name it among the types of the client's schema."),
    });
  }

  nodeType(typeId: number): NodeType | undefined {
    return this.#nodeTypes.get(typeId);
  }

  edgeType(edgeTypeId: number): EdgeType | undefined {
    return this.#edgeTypes.get(edgeTypeId);
  }
}

/** A compiler would have said so; to go on would be to ask for something else. */
function notOfSort(type: TypeDefinition | undefined, sort: string): ValidationError {
  return new ValidationError({
    reason: sort === "node" ? "TYPE_UNKNOWN" : "EDGE_TYPE_UNKNOWN",
    message: `${type?.name ?? String(type)} is no ${sort} type.`,
    hint: `Give what ${sort === "node" ? "defineNode" : "defineEdge"} made.`,
  });
}
