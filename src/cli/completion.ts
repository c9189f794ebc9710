import { RootCommand, script } from "@bomb.sh/tab";
import type { Argument, Command, Option } from "commander";

/**
 * Shell completion over the tree of commands, by @bomb.sh/tab, which prints what it finds:
 * the answers of `entdb complete -- <words>` and the scripts of zsh, fish and PowerShell.
 *
 * The script for bash is our own: tab's needs the package bash-completion, passes what was
 * typed through `eval`, and cannot be read twice by one shell.
 */

/** Prints the words that may follow, one a line with a description, then tab's directive. */
export function printCompletions(program: Command, words: readonly string[]): void {
  const root = new RootCommand();
  addCommands(root, program, "");
  root.parse(words.length === 0 ? [""] : [...words]);
}

/** Prints the script that a shell reads. */
export function printCompletionScript(shell: "zsh" | "fish" | "powershell"): void {
  script(shell, "entdb", "entdb");
}

type TabCommand = ReturnType<RootCommand["command"]>;

function addCommands(root: RootCommand, parent: Command, prefix: string): void {
  for (const command of parent.createHelp().visibleCommands(parent)) {
    const path = `${prefix}${command.name()}`;
    const target = root.command(path, command.summary() || command.description());
    for (const option of command.createHelp().visibleOptions(command)) addOption(target, option);
    for (const argument of command.registeredArguments) addArgument(target, argument);
    addCommands(root, command, `${path} `);
  }
}

function addOption(target: TabCommand, option: Option): void {
  const name = option.long?.slice(2);
  if (name === undefined) return;
  const alias = option.short?.slice(1);
  if (option.required || option.optional) {
    target.option(name, option.description, choices(option.argChoices ?? []), alias);
  } else {
    target.option(name, option.description, alias);
  }
}

function addArgument(target: TabCommand, argument: Argument): void {
  target.argument(argument.name(), choices(argument.argChoices ?? []), argument.variadic);
}

function choices(values: readonly string[]) {
  return (complete: (value: string, description: string) => void) => {
    for (const value of values) complete(value, "");
  };
}

/**
 * For bash from 3.2 on, with nothing else installed. What was typed is handed on as
 * arguments, never evaluated; "=" splits words in bash, so they are joined again. Where
 * there is nothing of ours to offer, bash completes file names.
 */
export const BASH_SCRIPT = `# bash completion for entdb
__entdb_complete() {
  local words=() joined="" i word value rest
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == "=" && \${#words[@]} -gt 0 ]]; then
      words[\${#words[@]} - 1]+="="
      joined=1
    elif [[ -n $joined ]]; then
      words[\${#words[@]} - 1]+=$word
      joined=""
    else
      words+=("$word")
    fi
  done
  COMPREPLY=()
  while IFS=$'\\t' read -r value rest; do
    [[ $value == :* ]] || COMPREPLY+=("$value")
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" complete -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F __entdb_complete entdb
`;
