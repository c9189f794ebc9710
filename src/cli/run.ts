import { type Command, CommanderError } from "commander";
import type { CliContext } from "./context.ts";
import { EXIT, failureOf } from "./failure.ts";
import type { OutputFormat } from "./format.ts";
import { buildProgram, forEachCommand, SHORT_HELP } from "./program.ts";

/**
 * Runs one command line (without the program's own name). Never throws: what goes wrong is
 * told on stderr, and the exit code says which kind it was.
 */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  if (argv.length === 0) {
    await context.output.text(SHORT_HELP);
    return EXIT.ok;
  }
  let exitCode: number = EXIT.ok;
  let running: Command | undefined;
  const line = asCommandLine(argv);
  const concluding: CliContext = {
    ...context,
    conclude(code) {
      exitCode = code;
      context.conclude(code);
    },
  };
  const program = buildProgram(concluding, line);
  const pending: Promise<void>[] = [];
  forEachCommand(program, (command) => {
    command.exitOverride().configureOutput({
      writeOut: (text) => pending.push(context.output.text(text)),
      writeErr: (text) => pending.push(context.output.note(text.trimEnd())),
    });
  });
  program.hook("preAction", (_program, command) => {
    running = command;
  });
  try {
    await program.parseAsync(line, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said what is wrong, or shown the help that was asked for.
      exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    } else {
      const failure = failureOf(error);
      exitCode = failure.exitCode;
      await context.output.failure(failure, formatOf(running));
    }
  }
  await Promise.all(pending);
  return exitCode;
}

/** `entdb help node get` is another way to say `entdb node get --help`. */
function asCommandLine(argv: readonly string[]): string[] {
  return argv[0] === "help" ? [...argv.slice(1), "--help"] : [...argv];
}

/** JSON for whoever asked for it; a default of JSON lines is about data, not about errors. */
function formatOf(command: Command | undefined): OutputFormat {
  if (command?.getOptionValueSource("output") !== "cli") return "table";
  return command.opts()["output"] as OutputFormat;
}
