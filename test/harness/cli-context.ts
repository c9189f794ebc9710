import type { Clock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { Output, type Sink } from "../../src/cli/output.ts";

/** A context that keeps what a command writes, and answers its questions with what a test gives. */
export interface RecordedContext extends CliContext {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exitCode: () => number;
}

export interface RecordedContextOptions {
  /** What the person answers; undefined: nobody is there. */
  readonly answer?: string;
  readonly input?: string;
  readonly isTerminal?: boolean;
  readonly noColor?: boolean;
}

export function recordedContext(options: RecordedContextOptions = {}): RecordedContext {
  const out = recordingSink(options.isTerminal ?? false);
  const err = recordingSink(options.isTerminal ?? false);
  let exitCode = 0;
  return {
    output: new Output(out.sink, err.sink, options.noColor ?? false),
    clock: stillClock,
    random: systemRandom,
    ask: (question) => {
      if (options.answer !== undefined) void err.sink.write(question);
      return Promise.resolve(options.answer);
    },
    readInput: () => Promise.resolve(options.input ?? ""),
    onStopSignal: () => () => undefined,
    conclude: (code) => {
      exitCode = code;
    },
    exitNow: (code) => {
      throw new Error(`the process would have ended with ${code}`);
    },
    stdout: out.text,
    stderr: err.text,
    exitCode: () => exitCode,
  };
}

/** Time stands still: no time-out ever fires. */
const stillClock: Clock = {
  now: () => 1_700_000_000_000,
  monotonic: () => 0,
  sleep: () => Promise.resolve(),
  timer: () => () => undefined,
};

function recordingSink(isTerminal: boolean): { sink: Sink; text: () => string } {
  let written = "";
  return {
    sink: {
      isTerminal,
      closed: false,
      write: (text) => {
        written += text;
        return Promise.resolve();
      },
    },
    text: () => written,
  };
}
