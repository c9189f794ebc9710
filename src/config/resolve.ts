/**
 * Decides what each setting is: flag over environment over file over default, and remembers
 * where each came from. A name that no option has, or a text that no parser takes, is never
 * passed over: everything that is wrong is told at once, each with where it stands.
 */
import { messageOf } from "../base/errors.ts";
import { didYouMean, suggest } from "../base/suggest.ts";
import {
  CLIENT_ENVIRONMENT,
  CONFIG_FILE_ENVIRONMENT,
  environmentName,
  fileName,
  flagName,
  type OptionTable,
} from "./options.ts";
import { ParseError } from "./parse.ts";

export type OriginKind = "flag" | "environment" | "file" | "default";

/** Where a setting's value came from. */
export interface Origin {
  readonly kind: OriginKind;
  /** As the person wrote it: "--grpc-port", "ENTDB_GRPC_PORT", "grpc_port in /etc/entdb.toml"; empty for a default. */
  readonly name: string;
}

/** Something wrong with the configuration. */
export interface Problem {
  /** The name as it was written. */
  readonly name: string;
  readonly message: string;
}

export interface Sources {
  /** By option key. A switch may be a boolean; undefined: not given. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file:
    | { readonly path: string; readonly entries: Readonly<Record<string, unknown>> }
    | undefined;
  /** Whether defaults are those of `entdb dev`. */
  readonly dev: boolean;
  /** Reads the file that a `…_FILE` variable names; throws when it cannot. */
  readonly readSecret: (path: string) => string;
}

export interface Resolved {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origins: Readonly<Record<string, Origin>>;
  readonly problems: readonly Problem[];
}

interface Found {
  readonly text: string;
  readonly origin: Origin;
}

/** Never throws: what is wrong is in `problems`, and such a setting has its default. */
export function resolve(table: OptionTable, sources: Sources): Resolved {
  const problems = unknownNames(table, sources);
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const [key, row] of Object.entries(table)) {
    const byDefault = sources.dev && row.devDefault !== undefined ? row.devDefault : row.default;
    values[key] = byDefault;
    origins[key] = { kind: "default", name: "" };
    const found = find(key, row.secret ?? false, sources, problems);
    if (found === undefined) continue;
    try {
      values[key] = row.parser.parse(found.text);
      origins[key] = found.origin;
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const given = row.secret ? "" : `, not ${JSON.stringify(found.text)}`;
      problems.push({ name: found.origin.name, message: `${error.message}${given}` });
    }
  }
  return { values, origins, problems };
}

/** The text of the first source that has one. */
function find(
  key: string,
  secret: boolean,
  sources: Sources,
  problems: Problem[],
): Found | undefined {
  const flag = sources.flags[key];
  if (flag !== undefined && secret) {
    problems.push({ name: flagName(key), message: "is a secret, which a command line gives away" });
  } else if (flag !== undefined) {
    return { text: String(flag), origin: { kind: "flag", name: flagName(key) } };
  }
  return fromEnvironment(key, secret, sources, problems) ?? fromFile(key, sources, problems);
}

/** An empty variable counts as unset: that is how a container passes on one that it does not have. */
function fromEnvironment(
  key: string,
  secret: boolean,
  sources: Sources,
  problems: Problem[],
): Found | undefined {
  const name = environmentName(key);
  const text = sources.environment[name] ?? "";
  const path = secret ? (sources.environment[`${name}_FILE`] ?? "") : "";
  if (text !== "" && path !== "") {
    problems.push({ name, message: `and ${name}_FILE are both set: give one of them` });
  }
  if (text !== "") return { text, origin: { kind: "environment", name } };
  if (path === "") return undefined;
  const origin = { kind: "environment", name: `${name}_FILE` } as const;
  try {
    // Editors and `echo` end a file with a newline that is no part of the secret.
    return { text: sources.readSecret(path).replace(/\r?\n$/, ""), origin };
  } catch (error) {
    problems.push({
      name: origin.name,
      message: `names a file that cannot be read: ${messageOf(error)}`,
    });
    return undefined;
  }
}

function fromFile(key: string, sources: Sources, problems: Problem[]): Found | undefined {
  const value = sources.file?.entries[fileName(key)];
  if (value === undefined || sources.file === undefined) return undefined;
  const name = `${fileName(key)} in ${sources.file.path}`;
  const text = textOf(value);
  if (text !== undefined) return { text, origin: { kind: "file", name } };
  problems.push({ name, message: "must be a text, a number, true, false or a list of texts" });
  return undefined;
}

/** A value of the file as the text that the environment would have; undefined when there is none. */
function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    return value.every((part) => typeof part === "string") ? value.join(",") : undefined;
  }
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
}

function unknownNames(table: OptionTable, { environment, file, flags }: Sources): Problem[] {
  const keys = Object.keys(table);
  const secrets = keys.filter((key) => table[key]?.secret);
  const known = new Set([
    ...keys.map(environmentName),
    ...secrets.map((key) => `${environmentName(key)}_FILE`),
    ...Object.keys(CLIENT_ENVIRONMENT),
    CONFIG_FILE_ENVIRONMENT,
  ]);
  const problems: Problem[] = [];
  for (const name of Object.keys(environment)) {
    if (!name.startsWith("ENTDB_") || known.has(name)) continue;
    problems.push({ name, message: unknown(name, known) });
  }
  const fileNames = keys.map(fileName);
  for (const name of Object.keys(file?.entries ?? {})) {
    if (fileNames.includes(name)) continue;
    problems.push({ name: `${name} in ${file?.path}`, message: unknown(name, fileNames) });
  }
  for (const key of Object.keys(flags)) {
    if (!keys.includes(key)) problems.push({ name: flagName(key), message: unknown(key, keys) });
  }
  return problems;
}

/** Says so, and names the nearest one; what all names begin with says nothing about nearness. */
function unknown(name: string, names: Iterable<string>): string {
  const bare = (full: string) => full.replace(/^ENTDB_/, "");
  const nearest = suggest(bare(name), [...names].map(bare)).slice(0, 1);
  const meant = nearest.map((found) => (bare(name) === name ? found : `ENTDB_${found}`));
  return `is no setting of EntDB. ${didYouMean(meant, "")}`.trim();
}
