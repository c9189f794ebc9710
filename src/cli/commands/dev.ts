import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { buildInfo } from "../../base/build-info.ts";
import { addConfigFlags, configTexts } from "../config-flags.ts";
import type { CliContext } from "../context.ts";
import { usageFailure } from "../failure.ts";

type DevFlags = Record<string, unknown> & {
  readonly config?: string;
  readonly dataDir?: string;
  readonly throwAway?: true;
};

/** `entdb dev`: a server for this machine alone, and everything needed to try it. */
export function declareDev(
  command: Command,
  context: CliContext,
  words: readonly string[] | undefined,
): void {
  command.option(
    "--throw-away",
    "keep the data in a temporary directory that is removed at the end",
  );
  addConfigFlags(command, "dev", words).action((flags: DevFlags) =>
    flags.throwAway ? devThrowAway(context, flags) : dev(context, flags, flags.dataDir),
  );
}

async function devThrowAway(context: CliContext, flags: DevFlags): Promise<void> {
  if (flags.dataDir !== undefined) {
    throw usageFailure(
      "--throw-away makes a directory of its own.",
      "Leave out one of --throw-away and --data-dir.",
    );
  }
  const directory = mkdtempSync(join(tmpdir(), "entdb-dev-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const exitNow = (code: number) => {
    remove();
    return context.exitNow(code);
  };
  try {
    await dev({ ...context, exitNow }, flags, directory);
  } finally {
    remove();
  }
}

async function dev(context: CliContext, flags: DevFlags, dataDir: string | undefined) {
  const { loadConfig } = await import("../../config/load.ts");
  const { serve } = await import("../serve.ts");
  const { welcomeText } = await import("../dev-welcome.ts");
  const texts = { ...configTexts(flags), ...(dataDir === undefined ? {} : { dataDir }) };
  const { config } = loadConfig({ flags: texts, configPath: flags.config, dev: true });
  const code = await serve(context, config, async ({ httpUrl, grpcUrl }) => {
    await context.output.text(
      welcomeText({
        version: buildInfo.version,
        httpUrl,
        grpcUrl,
        dataDir: resolve(config.dataDir),
        throwAway: flags.throwAway ?? false,
      }),
    );
  });
  context.conclude(code);
}
