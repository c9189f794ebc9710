import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./failure.ts";
import type { Note } from "./server-notes.ts";

/** What a started server offers the command that started it. */
export interface RunningServer {
  /** `http://127.0.0.1:50051`, with the port that was really taken. */
  readonly grpcUrl: string;
  readonly httpUrl: string;
  /** Lets what is under way finish, then closes everything. Idempotent. */
  stop(): Promise<void>;
  /** Never resolves; rejects when a service fails in a way that the server cannot recover from. */
  readonly failed: Promise<never>;
}

export interface ServerRun {
  start(): Promise<RunningServer>;
  /** Tells that the server is ready, and where. */
  announce(server: RunningServer): Promise<void>;
  /** Tells what goes on. */
  readonly note: Note;
  /** How long a graceful stop may take, in milliseconds. */
  readonly stopTimeoutMs: number;
}

/**
 * Runs a server until it is told to stop. The first SIGINT or SIGTERM lets what runs finish
 * and ends with 0; a second one, or a stop that takes longer than its bound, ends with 1
 * at once (nothing acknowledged is lost: the log has it). A signal during the start stops
 * the server as soon as it stands. Throws what the start throws, and what a service failed with.
 */
export async function runServer(context: CliContext, run: ServerRun): Promise<ExitCode> {
  const stopping = Promise.withResolvers<void>();
  let signals = 0;
  const forget = context.onStopSignal((signal) => {
    signals++;
    if (signals > 1) context.exitNow(EXIT.failure);
    void run.note("entdb stopping", { signal, hint: "a second signal ends it at once" });
    stopping.resolve();
  });
  try {
    const server = await run.start();
    try {
      if (signals === 0) await run.announce(server);
      await Promise.race([stopping.promise, server.failed]);
    } finally {
      await stopWithin(context, server, run);
    }
    await run.note("entdb stopped");
    return EXIT.ok;
  } finally {
    forget();
  }
}

async function stopWithin(
  context: CliContext,
  server: RunningServer,
  run: ServerRun,
): Promise<void> {
  const { stopTimeoutMs, note } = run;
  const disarm = context.clock.timer(stopTimeoutMs, () => {
    void note("entdb did not stop in time and ends now", {
      ms: stopTimeoutMs,
      hint: "what was acknowledged is in the log",
    }).then(() => context.exitNow(EXIT.failure));
  });
  try {
    await server.stop();
  } finally {
    disarm();
  }
}
