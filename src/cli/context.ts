import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { ExitCode } from "./failure.ts";
import type { Output } from "./output.ts";

/** What a command may touch of the world around it; a test hands in its own. */
export interface CliContext {
  readonly output: Output;
  readonly clock: Clock;
  readonly random: Random;
  /** One line from the person in front of it, without its end; undefined when nobody is there. */
  ask(question: string): Promise<string | undefined>;
  /** All of stdin, as text. */
  readInput(): Promise<string>;
  /** Calls back on every SIGINT and SIGTERM. The returned function takes the listener away. */
  onStopSignal(listener: (signal: "SIGINT" | "SIGTERM") => void): () => void;
  /** The exit code of a command that ends without throwing; 0 unless this is called. */
  conclude(code: ExitCode): void;
  /** Ends the process at once. Only for the second stop signal. */
  exitNow(code: number): never;
}
