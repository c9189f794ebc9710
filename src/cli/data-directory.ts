import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import { type Config, OPTIONS } from "../config/options.ts";
import type { CliContext } from "./context.ts";

/** Which data directory a command that works on files is about. */
export interface DirectoryFlags {
  readonly dataDir?: string | undefined;
  readonly config?: string | undefined;
}

/**
 * The configuration that a server started here would run with, as far as files are
 * concerned. When nothing names a data directory and the one of `entdb dev` stands in the
 * current directory, it is meant, and stderr says so.
 */
export async function configForFiles(context: CliContext, flags: DirectoryFlags): Promise<Config> {
  const given = flags.dataDir === undefined ? {} : { dataDir: flags.dataDir };
  const { config, origins } = loadConfig({ flags: given, configPath: flags.config });
  const devDirectory = OPTIONS.dataDir.devDefault ?? "";
  if (origins.dataDir.kind !== "default" || !existsSync(join(devDirectory, "format.json"))) {
    return config;
  }
  await context.output.note(`Using ${devDirectory}; --data-dir names another directory.`);
  return { ...config, dataDir: devDirectory };
}
