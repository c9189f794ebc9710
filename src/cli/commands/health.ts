import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { EXIT } from "../failure.ts";
import {
  addOutputFlag,
  addServerFlags,
  type OutputFlags,
  type ServerFlags,
  serverClient,
} from "../flags.ts";

/** `entdb health`: exit 0 when the server is healthy, 5 when it is not or does not answer. */
export function declareHealth(command: Command, context: CliContext): void {
  addOutputFlag(addServerFlags(command)).action(async (flags: ServerFlags & OutputFlags) => {
    const health = await serverClient(context, flags).get("/health");
    await context.output.record(flags.output, health);
    if (health["status"] !== "healthy") context.conclude(EXIT.unavailable);
  });
}
