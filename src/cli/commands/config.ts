import { Command } from "commander";
import type { JsonObject } from "../../base/json.ts";
import { addConfigFlags, configTexts } from "../config-flags.ts";
import type { CliContext } from "../context.ts";
import { addOutputFlag, type OutputFlags } from "../flags.ts";

/** `entdb config`: what a server started here and now would run with. */
export function declareConfig(command: Command, context: CliContext): void {
  command.addCommand(showCommand(context));
}

type ShowFlags = OutputFlags &
  Record<string, unknown> & {
    readonly config?: string;
    readonly origin?: true;
    readonly dev?: true;
  };

function showCommand(context: CliContext): Command {
  const command = new Command("show")
    .description("show every setting in effect; secrets are hidden")
    .option("--origin", "also where each setting comes from")
    .option("--dev", "with the defaults of `entdb dev`");
  addOutputFlag(command);
  return addConfigFlags(command, "serve").action(async (flags: ShowFlags) => {
    const { loadConfig } = await import("../../config/load.ts");
    const { describeConfig } = await import("../../config/describe.ts");
    const loaded = loadConfig({
      flags: configTexts(flags),
      configPath: flags.config,
      dev: flags.dev ?? false,
    });
    const rows = describeConfig(loaded).map((setting): JsonObject => {
      const { kind, name } = setting.origin;
      const origin = kind === "default" ? "default" : `${kind} ${name}`;
      const row = { name: setting.environment, value: setting.value };
      return flags.origin ? { ...row, origin } : row;
    });
    const columns = flags.origin ? ["name", "value", "origin"] : ["name", "value"];
    await context.output.rows(
      flags.output,
      rows,
      columns.map((title) => ({ title, cell: (row) => row[title] })),
    );
  });
}
