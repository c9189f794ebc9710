import type { Command } from "commander";
import { buildInfo } from "../../base/build-info.ts";
import type { CliContext } from "../context.ts";
import { addOutputFlag, type OutputFlags } from "../flags.ts";

/** `entdb version`. */
export function declareVersion(command: Command, context: CliContext): void {
  addOutputFlag(command).action(async ({ output }: OutputFlags) => {
    if (output === "table") return context.output.text(`entdb ${buildInfo.version}\n`);
    await context.output.record(output, {
      version: buildInfo.version,
      commit: buildInfo.commit,
      bun: Bun.version,
      platform: `${process.platform}-${process.arch}`,
    });
  });
}
