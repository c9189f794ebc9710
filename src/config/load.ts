/**
 * The configuration of this process: the one place that reads the environment, and the file
 * that it or `--config` names. What comes out is frozen and whole, or CONFIG_INVALID naming
 * everything that is wrong.
 */

import { readFileSync } from "node:fs";
import { messageOf } from "../base/errors.ts";
import { accessProblems, settledAuth } from "./check-access.ts";
import { backupProblems } from "./check-backup.ts";
import { threadProblems } from "./check-threads.ts";
import { settledWal, walProblems } from "./check-wal.ts";
import { configInvalid } from "./config-invalid.ts";
import { readNamedFile } from "./named-file.ts";
import {
  CONFIG_FILE_ENVIRONMENT,
  CONFIG_FILE_FLAG,
  type Config,
  OPTIONS,
  type OptionKey,
} from "./options.ts";
import { type Origin, type Problem, resolve } from "./resolve.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadInput {
  /** What the command line gave, by option key; a switch as a boolean. */
  readonly flags?: { readonly [K in OptionKey]?: string | boolean | undefined };
  /** The path that `--config` gave. */
  readonly configPath?: string | undefined;
  /** Whether defaults are those of `entdb dev`. Defaults to false. */
  readonly dev?: boolean;
  /** Defaults to this process's. */
  readonly environment?: Environment;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<OptionKey, Origin>>;
}

/** Reads every source and checks the whole. Throws CONFIG_INVALID. */
export function loadConfig(input: LoadInput = {}): LoadedConfig {
  const environment = input.environment ?? process.env;
  const { values, origins, problems } = resolve(OPTIONS, {
    flags: input.flags ?? {},
    environment,
    file: readConfigFile(input.configPath, environment),
    dev: input.dev ?? false,
    readSecret: (path) => readFileSync(path, "utf8"),
  });
  const given = values as Config;
  const config: Config = Object.freeze({
    ...given,
    auth: settledAuth(given),
    wal: settledWal(given),
  });
  const all = problems.length > 0 ? problems : contradictions(config);
  if (all.length > 0) throw configInvalid(all);
  return { config, origins: Object.freeze(origins) as Record<OptionKey, Origin> };
}

/**
 * The credential that a command sends: from the file that its flag names, or else from
 * ENTDB_API_KEY or the file that ENTDB_API_KEY_FILE names. Never from the command line, which
 * every user of the machine can read. Undefined for none. Throws CONFIG_INVALID.
 */
export function clientCredential(
  flag: string | undefined,
  environment: Environment = process.env,
): string | undefined {
  const text = environment["ENTDB_API_KEY"] ?? "";
  const path = flag ?? environment["ENTDB_API_KEY_FILE"] ?? "";
  if (flag === undefined && text !== "" && path !== "") {
    const message = "and ENTDB_API_KEY_FILE are both set: give one of them";
    throw configInvalid([{ name: "ENTDB_API_KEY", message }]);
  }
  const isFile = path !== "";
  const name = flag !== undefined ? "--api-key-file" : `ENTDB_API_KEY${isFile ? "_FILE" : ""}`;
  const credential = isFile ? readNamedFile(name, path).trim() : text;
  if (credential === "") return undefined;
  // The text itself is never shown, whatever is wrong with it.
  if (!/^[\x21-\x7e]+$/.test(credential)) {
    throw configInvalid([{ name, message: "holds something that is no key and no token" }]);
  }
  return credential;
}

/** What a server is given that is to run with its defaults: this process's variables but for EntDB's own. */
export function environmentWithoutSettings(
  environment: Environment = process.env,
): Record<string, string | undefined> {
  const others = Object.entries(environment).filter(([name]) => !name.startsWith("ENTDB_"));
  return Object.fromEntries(others);
}

function readConfigFile(
  flag: string | undefined,
  environment: Environment,
): { path: string; entries: Readonly<Record<string, unknown>> } | undefined {
  const path = flag ?? environment[CONFIG_FILE_ENVIRONMENT] ?? "";
  if (path === "") return undefined;
  const name = flag === undefined ? CONFIG_FILE_ENVIRONMENT : CONFIG_FILE_FLAG;
  try {
    return { path, entries: Bun.TOML.parse(readFileSync(path, "utf8")) as Record<string, unknown> };
  } catch (error) {
    const why = messageOf(error);
    throw configInvalid([{ name, message: `names ${path}, which cannot be read as TOML: ${why}` }]);
  }
}

/** Settings that are right one by one, but not together, or not in this version. */
function contradictions(config: Config): Problem[] {
  const problems: Problem[] = [];
  problems.push(...walProblems(config), ...accessProblems(config), ...backupProblems(config));
  if (config.grpcPort === config.httpPort && config.grpcPort !== 0) {
    problems.push({ name: "ENTDB_HTTP_PORT", message: "is the same as ENTDB_GRPC_PORT" });
  }
  problems.push(...threadProblems(config, process.platform));
  return problems;
}
