import { resolve } from "node:path";
import type { Config } from "../config/options.ts";
import { startServer } from "../server/server.ts";
import type { CliContext } from "./context.ts";
import type { ExitCode } from "./failure.ts";
import { type RunningServer, runServer } from "./run-server.ts";
import { bannerNotes, durabilityWord, serverNotes } from "./server-notes.ts";

/**
 * Starts a server with this configuration and runs it until it is told to stop. `welcome`
 * is told once it is ready. Throws what the start throws.
 */
export async function serve(
  context: CliContext,
  config: Config,
  welcome: (server: RunningServer) => Promise<void> = () => Promise.resolve(),
): Promise<ExitCode> {
  const note = serverNotes(context, config.logFormat);
  for (const sentence of bannerNotes(config)) await note(sentence);
  const began = context.clock.monotonic();
  return runServer(context, {
    start: () => startServer(config, { tellAdminKey: (key) => context.output.note(keyNote(key)) }),
    announce: async (server) => {
      await note("entdb ready", {
        grpc: server.grpcUrl,
        http: server.httpUrl,
        mode: config.auth,
        durability: durabilityWord(config),
        data_dir: resolve(config.dataDir),
        pid: process.pid,
        start_ms: Math.round(context.clock.monotonic() - began),
      });
      await welcome(server);
    },
    note,
    // The server itself gives calls the grace; beyond it there is only closing files.
    stopTimeoutMs: config.shutdownGraceMs + CLOSING_MS,
  });
}

/** Among JSON lines it is a line of text on purpose: what gathers the log is not to keep the key. */
function keyNote(key: string): string {
  return `
This server asks for credentials, and this is its first key. It may do everything, it is
shown this once, and it is kept nowhere. Store it safely:

    ${key}
`;
}

const CLOSING_MS = 10_000;
