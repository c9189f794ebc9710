import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { EXIT } from "../failure.ts";
import {
  addOutputFlag,
  addServerFlags,
  type OutputFlags,
  type ServerFlags,
  serverClient,
} from "../flags.ts";

/** `entdb archive`: how the archive of a running server is. `entdb log --from-archive` shows what is in it. */
export function declareArchive(command: Command, context: CliContext): void {
  const status = new Command("status").description(
    "show how far the log is archived, and what stands in the way",
  );
  addOutputFlag(addServerFlags(status)).action(async (flags: ServerFlags & OutputFlags) => {
    const state = await serverClient(context, flags).get("/admin/archive");
    await context.output.record(flags.output, state);
    if ("failure" in state) context.conclude(EXIT.unavailable);
  });
  command.addCommand(status);
}
