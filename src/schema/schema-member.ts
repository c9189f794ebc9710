import { EntError, invalid } from "../base/errors.ts";
import {
  isJsonList,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  sourceOf,
} from "../base/json.ts";
import { didYouMean, suggest } from "../base/suggest.ts";
import { PERMISSIONS, type Permission } from "./types.ts";
import { FIELD_KINDS, type FieldKind, type Value } from "./value.ts";
import { type ValueShape, valueFromJson } from "./value-json.ts";

/**
 * One object of a schema's JSON form, read member by member. Every refusal is
 * SCHEMA_INVALID and names the path, "node_types[0].fields[2].kind".
 */
export class SchemaMember {
  readonly #object: JsonObject;
  readonly #path: string;

  /** The path is empty for the schema itself. */
  constructor(json: JsonValue | undefined, path: string) {
    if (!isJsonObject(json))
      throw refused(path || "schema", "must be an object", "Send a JSON object.");
    this.#object = json;
    this.#path = path;
  }

  /** Refuses members that are none of these, with the nearest. */
  allow(names: readonly string[]): void {
    for (const name of Object.keys(this.#object)) {
      if (names.includes(name)) continue;
      const hint = didYouMean(suggest(name, names), `Its members are ${names.join(", ")}.`);
      throw refused(this.#at(name.slice(0, 64)), "is not a member of the schema's form", hint);
    }
  }

  /** Whichever of two names is used; the first when neither is. Both at once are refused. */
  oneOf(name: string, olderName: string): string {
    if (!Object.hasOwn(this.#object, olderName)) return name;
    if (!Object.hasOwn(this.#object, name)) return olderName;
    throw refused(this.#at(olderName), `is the older name of ${name}`, `Send ${name} alone.`);
  }

  id(name: string, absent?: number): number {
    const json = this.#get(name);
    if (json === undefined && absent !== undefined) return absent;
    return idOf(json, this.#at(name));
  }

  ids(name: string): readonly number[] {
    return this.#items(name).map((json, i) => idOf(json, `${this.#at(name)}[${i}]`));
  }

  text(name: string, absent?: string): string {
    const json = this.#get(name);
    if (json === undefined && absent !== undefined) return absent;
    return textOf(json, this.#at(name));
  }

  texts(name: string): readonly string[] {
    return this.#items(name).map((json, i) => textOf(json, `${this.#at(name)}[${i}]`));
  }

  flag(name: string): boolean {
    const json = this.#get(name) ?? false;
    if (typeof json === "boolean") return json;
    throw refused(this.#at(name), "must be true or false", "Send true, false, or leave it out.");
  }

  kind(name: string): FieldKind {
    const text = this.text(name);
    const kind = FIELD_KINDS.find((candidate) => candidate === text);
    if (kind !== undefined) return kind;
    const near = suggest(text, FIELD_KINDS);
    throw refused(
      this.#at(name),
      `${JSON.stringify(text.slice(0, 64))} is not a kind`,
      didYouMean(near, `Use one of ${FIELD_KINDS.join(", ")}.`),
    );
  }

  permission(name: string): Permission {
    const text = this.text(name);
    const permission = PERMISSIONS.find((candidate) => candidate === text);
    if (permission !== undefined) return permission;
    throw refused(
      this.#at(name),
      `${JSON.stringify(text.slice(0, 64))} is not a permission`,
      didYouMean(suggest(text, PERMISSIONS), `Use one of ${PERMISSIONS.join(", ")}.`),
    );
  }

  value(name: string, shape: ValueShape): Value | undefined {
    const json = this.#get(name);
    if (json === undefined) return undefined;
    try {
      return valueFromJson(shape, json, this.#at(name), sourceOf(this.#object, name));
    } catch (cause) {
      if (!(cause instanceof EntError)) throw cause;
      throw invalid("SCHEMA_INVALID", cause.message, cause.hint, cause.details);
    }
  }

  list(name: string): SchemaMember[] {
    return this.#items(name).map((json, i) => new SchemaMember(json, `${this.#at(name)}[${i}]`));
  }

  #items(name: string): readonly JsonValue[] {
    const json = this.#get(name) ?? [];
    if (isJsonList(json)) return json;
    throw refused(this.#at(name), "must be a list", "Send a JSON list.");
  }

  /** null says the same as leaving the member out. */
  #get(name: string): JsonValue | undefined {
    const json = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
    return json === null ? undefined : json;
  }

  #at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

function idOf(json: JsonValue | undefined, path: string): number {
  if (typeof json === "number" && Number.isInteger(json)) return json;
  throw refused(path, "must be a whole number", "Ids are numbers, 1 to 2147483647.");
}

function textOf(json: JsonValue | undefined, path: string): string {
  if (typeof json === "string") return json;
  throw refused(path, "must be a string", "Send text in double quotes.");
}

function refused(path: string, problem: string, hint: string): EntError {
  return invalid("SCHEMA_INVALID", `${path}: ${problem}.`, hint, { path });
}
