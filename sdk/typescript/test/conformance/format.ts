/**
 * Cases as they stand in `sdk/conformance`: read, checked for what a reader could get wrong, and
 * with what is written short in them written out. The README there says what each member means.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SchemaJson } from "../fixtures/schema-json.ts";
import { type Json, type JsonObject, writtenOut } from "./json.ts";

/** The error that a step ends with. */
export interface ExpectedError {
  readonly reason: string;
  /** Who refuses: the client before it sends anything, or the server. Left out: either. */
  readonly by?: "client" | "server";
  readonly details?: Json;
}

/** One call, by the name that all SDKs share, with what goes into it and what must come out. */
export interface Step extends JsonObject {
  readonly call: string;
}

/** A server that trusts what clients say, or one that asks for credentials. */
export type ServerName = "trusted" | "credentials";

/** A client besides the case's own. */
export interface ClientSpec {
  readonly schema?: string;
  readonly server?: ServerName;
  /** Whether it tries again what may be tried again. Defaults to true. */
  readonly retry?: boolean;
  readonly actor?: string;
  readonly tenant?: string;
  readonly credential?: string;
}

export interface Case {
  readonly family: string;
  readonly name: string;
  readonly schema: string;
  /** RPCs that it must be seen to send: "GetNode". */
  readonly covers: readonly string[];
  readonly sdks: readonly string[];
  readonly server: ServerName;
  /** Whether its clients come through a proxy that can lose answers. */
  readonly proxy: boolean;
  readonly clients: Readonly<Record<string, ClientSpec>>;
  /** What not every event store has, and it is about. */
  readonly needs: readonly string[];
  readonly steps: readonly Step[];
}

/** What every SDK makes of a reason of the server's. */
export interface ReasonRow {
  readonly codes: readonly string[];
  readonly typescript: string;
  readonly python: string;
  /** False where the message says all there is to say. Defaults to true. */
  readonly hint?: false;
  /** Why no case can provoke it. */
  readonly unprovoked?: string;
}

const ROOT = join(import.meta.dirname, "../../../conformance");
const FINGERPRINTS = join(import.meta.dirname, "../../../../test/golden/fingerprints.json");

function readJson(path: string): JsonObject {
  return JSON.parse(readFileSync(path, "utf8")) as JsonObject;
}

/** The files of cases, by their names. */
export function loadFamilies(): Map<string, JsonObject> {
  const folder = join(ROOT, "cases");
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Map(names.sort().map((name) => [name, readJson(join(folder, name))]));
}

/** What a file of cases may say. */
export function loadCaseSchema(): JsonObject {
  return readJson(join(ROOT, "case.schema.json"));
}

/** The cases of all families, in the order of their files. */
export function loadCases(): Case[] {
  return [...loadFamilies().values()].flatMap((family) => {
    const cases = family["cases"] as readonly (JsonObject & Partial<Case>)[];
    return cases.map((one) => ({
      server: "trusted" as const,
      proxy: false,
      clients: {},
      sdks: (family["sdks"] ?? ["typescript", "python"]) as string[],
      schema: family["schema"] as string,
      covers: [],
      needs: [],
      ...(writtenOut(one) as JsonObject & Pick<Case, "name" | "steps">),
      family: family["family"] as string,
    }));
  });
}

export function loadReasons(): Readonly<Record<string, ReasonRow>> {
  return readJson(join(ROOT, "reasons.json"))["reasons"] as unknown as Record<string, ReasonRow>;
}

/** A schema by its name: of `schemas.json`, or "golden:" and the name of a golden vector. */
export function loadSchema(name: string): SchemaJson {
  if (name.startsWith("golden:")) {
    const vectors = readJson(FINGERPRINTS)["vectors"] as unknown as readonly GoldenVector[];
    const vector = vectors.find((one) => `golden:${one.name}` === name);
    if (vector !== undefined) return vector.schema;
  }
  const schemas = readJson(join(ROOT, "schemas.json")) as unknown as Record<string, SchemaJson>;
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`there is no schema ${name}`);
  return schema;
}

/** The names of the golden vectors, as schemas. */
export function goldenSchemas(): string[] {
  const vectors = readJson(FINGERPRINTS)["vectors"] as unknown as readonly GoldenVector[];
  return vectors.map(({ name }) => `golden:${name}`);
}

interface GoldenVector {
  readonly name: string;
  readonly schema: SchemaJson;
}
