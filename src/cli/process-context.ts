import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import type { CliContext } from "./context.ts";
import { Output, streamSink } from "./output.ts";

/** The context of a command that a person or a script started: this process, its streams and signals. */
export function processContext(): CliContext {
  return {
    // Bun reads NO_COLOR for us.
    output: new Output(
      streamSink(process.stdout),
      streamSink(process.stderr),
      !Bun.enableANSIColors,
    ),
    clock: systemClock,
    random: systemRandom,
    ask: async (question) => {
      if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
      const { createInterface } = await import("node:readline/promises");
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
    readInput: () => Bun.stdin.text(),
    onStopSignal(listener) {
      const onInterrupt = () => listener("SIGINT");
      const onTerminate = () => listener("SIGTERM");
      process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
      return () => {
        process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
      };
    },
    conclude: () => undefined,
    exitNow: (code) => process.exit(code),
  };
}
