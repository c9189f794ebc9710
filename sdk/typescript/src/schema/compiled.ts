/**
 * Types made ready for use: fields by name and by number, in both directions, each looked up
 * once and not at every call.
 */
import { UnknownFieldError, ValidationError } from "../errors/refusals.ts";
import type { Value as WireValue } from "../gen/entdb/v1/model_pb.ts";
import { didYouMean, suggest } from "../values/suggest.ts";
import { decodeValue, encodeValue, NULL_VALUE, type ValueInit } from "../values/value.ts";
import type { TypeDefinition } from "./define.ts";
import type { Field } from "./field.ts";

/** A field with its name, and its place for people. */
export interface CompiledField {
  readonly name: string;
  readonly field: Field;
  /** "Task.title". */
  readonly place: string;
}

/** The fields of one type. */
export class CompiledType {
  readonly #name: string;
  readonly #byName = new Map<string, CompiledField>();
  readonly #byId = new Map<number, CompiledField>();
  /** Required, and without a default: a create must name them. */
  readonly #needed: readonly CompiledField[];

  constructor(type: TypeDefinition) {
    this.#name = type.name;
    for (const [name, field] of Object.entries(type.fields)) {
      const compiled = { name, field, place: `${type.name}.${name}` };
      this.#byName.set(name, compiled);
      this.#byId.set(field.fieldId, compiled);
    }
    this.#needed = [...this.#byName.values()].filter(
      ({ field }) => field.required && field.default === undefined,
    );
  }

  /** The field of this name. Throws {@link UnknownFieldError} with the nearest names. */
  field(name: string): CompiledField {
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    const names = [...this.#byName.keys()];
    const near = suggest(name, names);
    throw new UnknownFieldError(
      {
        reason: "FIELD_UNKNOWN",
        message: `${this.#name} has no field ${JSON.stringify(name)}.`,
        hint: didYouMean(near, `Its fields are ${names.slice(0, 10).join(", ")}.`),
        details: { field: name },
      },
      { fieldName: name, suggestions: near },
    );
  }

  /** What a create writes. Throws for unknown, missing and misshapen fields. */
  encodeNew(fields: object): Record<number, ValueInit> {
    const encoded: Record<number, ValueInit> = {};
    for (const [name, value] of this.#entries(fields)) {
      const { field, place } = this.field(name);
      if (value !== undefined && value !== null) {
        encoded[field.fieldId] = encodeValue(field, value, place);
      }
    }
    for (const { field, place } of this.#needed) {
      if (encoded[field.fieldId] === undefined) throw requiredMissing(place);
    }
    return encoded;
  }

  /** What an update writes: null clears, undefined is passed over. */
  encodePatch(fields: object): Record<number, ValueInit> {
    const encoded: Record<number, ValueInit> = {};
    for (const [name, value] of this.#entries(fields)) {
      if (value === undefined) continue;
      const { field, place } = this.field(name);
      if (value === null && field.required) throw requiredMissing(place);
      encoded[field.fieldId] = value === null ? NULL_VALUE : encodeValue(field, value, place);
    }
    return encoded;
  }

  /** What a program reads. Fields that this schema does not know are passed over. */
  decode(values: Readonly<Record<number, WireValue>>): Record<string, unknown> {
    const decoded: Record<string, unknown> = {};
    for (const fieldId in values) {
      const compiled = this.#byId.get(Number(fieldId));
      const value = values[fieldId];
      if (compiled === undefined || value === undefined) continue;
      decoded[compiled.name] = decodeValue(compiled.field, value, compiled.place);
    }
    return decoded;
  }

  /** What comes from outside may be no object at all. */
  #entries(fields: object): [string, unknown][] {
    const isRecord = typeof fields === "object" && fields !== null && !Array.isArray(fields);
    if (isRecord) return Object.entries(fields);
    throw new ValidationError({
      reason: "INVALID_VALUE",
      message: `${this.#name} takes its fields as an object.`,
      hint: "Give names and values: { title: … }.",
    });
  }

  /** The name of a field by its number; undefined for one that this schema does not know. */
  nameOf(fieldId: number): string | undefined {
    return this.#byId.get(fieldId)?.name;
  }
}

const compiledTypes = new WeakMap<TypeDefinition, CompiledType>();

/** The type, compiled: once for each definition. */
export function compiled(type: TypeDefinition): CompiledType {
  let found = compiledTypes.get(type);
  if (found === undefined) {
    found = new CompiledType(type);
    compiledTypes.set(type, found);
  }
  return found;
}

function requiredMissing(place: string): ValidationError {
  return new ValidationError({
    reason: "FIELD_REQUIRED",
    message: `${place} is required.`,
    hint: "Give it a value; 0, false and the empty text are values.",
    details: { field: place },
  });
}
