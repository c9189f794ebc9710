import type { Command } from "commander";
import { addConfigFlags, configTexts } from "../config-flags.ts";
import type { CliContext } from "../context.ts";

/** `entdb serve`: the server, until it is told to stop. */
export function declareServe(
  command: Command,
  context: CliContext,
  words: readonly string[] | undefined,
): void {
  addConfigFlags(command, "serve", words).action(
    async (flags: Record<string, unknown> & { config?: string }) => {
      const { loadConfig } = await import("../../config/load.ts");
      const { serve } = await import("../serve.ts");
      const { config } = loadConfig({ flags: configTexts(flags), configPath: flags.config });
      context.conclude(await serve(context, config));
    },
  );
}
