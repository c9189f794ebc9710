import { Argument, type Command } from "commander";
import type { CliContext } from "../context.ts";

const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
type Shell = (typeof SHELLS)[number];

/** `entdb completion <shell>`: the script that teaches a shell to complete `entdb`. */
export function declareCompletion(command: Command, context: CliContext): void {
  command
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .addHelpText("after", "\nFor this shell only:  source <(entdb completion bash)")
    .action(async (shell: Shell) => {
      const { BASH_SCRIPT, printCompletionScript } = await import("../completion.ts");
      if (shell === "bash") await context.output.text(BASH_SCRIPT);
      else printCompletionScript(shell);
    });
}

/** What the scripts call: `entdb complete -- <words so far>`. Not shown in help. */
export function declareComplete(command: Command): Command {
  return command
    .argument("[words...]")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[], _flags: unknown, command: Command) => {
      const { printCompletions } = await import("../completion.ts");
      printCompletions(command.parent ?? command, words);
    });
}
