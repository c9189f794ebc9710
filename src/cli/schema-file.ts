import { resolve } from "node:path";
import { EntError, messageOf } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../base/json.ts";
import { type JsonWritable, stringifyJson } from "../base/json-write.ts";
import { parseSchema } from "../schema/parse-schema.ts";
import { decodeSchema, encodeSchema } from "../schema/schema-json.ts";
import type { Schema } from "../schema/types.ts";
import { CommandFailure, EXIT, usageFailure } from "./failure.ts";

/**
 * A schema from a file: JSON, or a TypeScript (or JavaScript) module whose default export
 * or export `schema` is the same object as a plain value. The module is run, with the
 * rights of whoever calls the command.
 */
export interface SchemaFile {
  /** As REST takes it. */
  readonly json: JsonObject;
  /** Checked by itself: what it refers to may be in the tenant's schema. */
  readonly schema: Schema;
}

/** Throws a usage failure for a file that holds no schema; its reason is SCHEMA_INVALID or LIMIT_EXCEEDED for one that is wrong. */
export async function readSchemaFile(path: string): Promise<SchemaFile> {
  const content = isModule(path) ? await moduleSchema(path) : await jsonSchema(path);
  if (!isJsonObject(content)) {
    throw usageFailure(`${path} holds no schema: it is not an object.`, SHAPE_HINT);
  }
  // What `entdb schema get -o json` shows can be pushed as it is.
  const json = Object.fromEntries(
    Object.entries(content).filter(([member]) => !SHOWN_ONLY.has(member)),
  );
  if (json["node_types"] === undefined && json["edge_types"] === undefined) {
    const message = `${path} holds no schema: it has neither node_types nor edge_types.`;
    throw usageFailure(message, SHAPE_HINT);
  }
  return { json, schema: schemaIn(path, json) };
}

function schemaIn(path: string, json: JsonObject): Schema {
  try {
    return parseSchema(decodeSchema(json));
  } catch (error) {
    throw error instanceof EntError ? wrongFile(path, error) : error;
  }
}

/** Says which file it is: some commands read two. */
function wrongFile(path: string, cause: EntError): CommandFailure {
  const { code, reason, message, hint, details } = cause;
  return new CommandFailure({
    code: code.toUpperCase(),
    reason,
    message: `${path}: ${message}`,
    exitCode: EXIT.usage,
    hint,
    details,
    cause,
  });
}

/** What the server says of the tenant's schema and nobody sends. */
const SHOWN_ONLY: ReadonlySet<string> = new Set(["fingerprint", "locked", "build", "former_names"]);

/**
 * The text of a file for what the server answered: types in ascending id, members in one
 * order, so that two snapshots differ where the schemas do.
 */
export function snapshotText(answer: JsonObject): string {
  const { node_types = [], edge_types = [], reserved_type_ids, reserved_edge_type_ids } = answer;
  const form = {
    node_types,
    edge_types,
    ...(reserved_type_ids === undefined ? {} : { reserved_type_ids }),
    ...(reserved_edge_type_ids === undefined ? {} : { reserved_edge_type_ids }),
  };
  const schema = encodeSchema(parseSchema(decodeSchema(form)));
  return `${stringifyJson(schema as JsonWritable, { indent: 2 })}\n`;
}

const SHAPE_HINT =
  "A schema is {node_types: […], edge_types: […]}, as `entdb schema get -o json` shows it.";

function isModule(path: string): boolean {
  return /\.[cm]?[jt]s$/.test(path);
}

async function jsonSchema(path: string): Promise<JsonValue> {
  const file = Bun.file(path);
  if (!(await file.exists())) throw usageFailure(`There is no file ${path}.`);
  try {
    return parseJson(await file.text(), { keepSources: true });
  } catch (cause) {
    const why = messageOf(cause);
    throw usageFailure(`${path} is not JSON: ${why}`);
  }
}

async function moduleSchema(path: string): Promise<JsonValue> {
  const absolute = resolve(path);
  if (!(await Bun.file(absolute).exists())) throw usageFailure(`There is no file ${path}.`);
  let module: { readonly default?: unknown; readonly schema?: unknown };
  try {
    module = await import(absolute);
  } catch (cause) {
    const why = messageOf(cause);
    throw usageFailure(`${path} cannot be loaded: ${why}`);
  }
  const schema = module.default ?? module.schema;
  if (schema === undefined) {
    throw usageFailure(`${path} exports neither a default nor \`schema\`.`, SHAPE_HINT);
  }
  // Through JSON: what is none (functions, classes) must not reach the wire in some other shape.
  return parseJson(stringifyModule(schema, path), { keepSources: true });
}

function stringifyModule(schema: unknown, path: string): string {
  try {
    const text = JSON.stringify(schema, (_key, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    return text ?? "null";
  } catch (cause) {
    const why = messageOf(cause);
    throw usageFailure(`${path} exports what is not plain data: ${why}`, SHAPE_HINT);
  }
}
