/** Values of cases as values of this SDK, by the kinds of their fields, and back. */
import type { Field } from "@entdb/client";
import { isList, isObject, type Json } from "./json.ts";

/** Ids by the names that cases give them, and names by ids. */
export interface Names {
  /** What stands for a text that may be a name: "@alice". */
  native(text: Json | undefined): unknown;
  /** The name of an id; the id itself where it has none. */
  nameOf(id: string | undefined): string | null;
}

/** A value for the SDK. What is no value of the kind is handed on as it stands, to be refused. */
export function nativeValue(field: Pick<Field, "kind">, json: Json, names: Names): unknown {
  if (isObject(json) && field.kind !== "json") return special(json);
  if (json === null) return null;
  switch (field.kind) {
    case "int":
      return intOf(json);
    case "list_int":
      return isList(json) ? json.map(intOf) : json;
    case "bytes":
      return typeof json === "string" ? new Uint8Array(Buffer.from(json, "base64")) : json;
    case "ref":
      return names.native(json);
    default:
      return isObject(json) && ("$raw" in json || "$number" in json) ? special(json) : json;
  }
}

/** A value that JSON has no word for, or one that no field of the kind takes. */
function special(json: { readonly [name: string]: Json }): unknown {
  if ("$raw" in json) return json["$raw"];
  if ("$number" in json) return Number(json["$number"]);
  if ("$ordinal" in json) return `#${json["$ordinal"]}`;
  throw new Error(`no value: ${JSON.stringify(json)}`);
}

function intOf(json: Json): unknown {
  return typeof json === "string" && /^-?\d+$/.test(json) ? BigInt(json) : json;
}

/** A value as cases write it. */
export function caseValue(field: Pick<Field, "kind">, value: unknown, names: Names): Json {
  switch (field.kind) {
    case "int":
      return String(value);
    case "list_int":
      return (value as readonly bigint[]).map(String);
    case "timestamp":
      return (value as Date).getTime();
    case "bytes":
      return Buffer.from(value as Uint8Array).toString("base64");
    case "ref":
      return names.nameOf(value as string);
    case "enum": {
      const ordinal = /^#(\d+)$/.exec(value as string)?.[1];
      return ordinal === undefined ? (value as string) : { $ordinal: Number(ordinal) };
    }
    default:
      return value as Json;
  }
}

/** All fields of a type, as cases write them. */
export function caseFields(
  definitions: Readonly<Record<string, Field>>,
  fields: object,
  names: Names,
): { readonly [name: string]: Json } {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const field = definitions[name];
      if (field === undefined) throw new Error(`a field came that the type lacks: ${name}`);
      return [name, caseValue(field, value, names)];
    }),
  );
}
