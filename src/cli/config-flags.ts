import { type Command, Option } from "commander";
import { type Option as ConfigOption, GROUPS } from "../config/option.ts";
import { environmentName, flagName, OPTIONS } from "../config/options.ts";

/**
 * The table of options as flags of a command: those that the words of its line name, or all of
 * them. Commander only takes the texts apart; what they mean, and which source wins, is decided
 * where all sources meet (`config/load.ts`).
 */
export function addConfigFlags(
  command: Command,
  mode: "serve" | "dev",
  words?: readonly string[],
): Command {
  command.option("--config <file>", "configuration file");
  const needed = words === undefined ? undefined : neededFlags(command, words);
  for (const [key, row] of Object.entries(OPTIONS) as [string, ConfigOption<unknown>][]) {
    if (row.secret || needed?.has(flagName(key)) === false) continue;
    command.addOption(configOption(key, row, mode).helpGroup(`${GROUPS[row.group]}:`));
  }
  return command;
}

/**
 * A start need not declare seventy flags to parse two. Undefined, which is all, for a line with
 * a word that is no flag we know: it asks for help, or is mistaken and is told which flag was meant.
 */
function neededFlags(command: Command, words: readonly string[]): Set<string> | undefined {
  const named = words
    .filter((word) => word.startsWith("-"))
    .map((word) => word.replace(/=.*/s, ""));
  const known = new Set(Object.keys(OPTIONS).map(flagName));
  const isKnown = (flag: string) =>
    known.has(flag) || command.options.some(({ long }) => long === flag);
  return named.every(isKnown) ? new Set(named) : undefined;
}

function configOption(key: string, row: ConfigOption<unknown>, mode: "serve" | "dev"): Option {
  const isBoolean = row.parser.accepts === "true, false";
  const fallback = mode === "dev" ? (row.devDefault ?? row.default) : row.default;
  const shown = row.parser.format(fallback);
  // What completion offers and help shows; the table's parser decides, which takes any case.
  const words = /^[\w-]+(, [\w-]+)+$/.test(row.parser.accepts)
    ? row.parser.accepts.split(", ")
    : undefined;
  const facts = [
    ...(words === undefined ? [row.parser.accepts] : []),
    `default ${shown === "" ? "none" : shown}`,
    `env ${environmentName(key)}`,
  ];
  const option = new Option(
    `${flagName(key)} ${isBoolean ? "[value]" : "<value>"}`,
    `${row.sentence} (${facts.join("; ")})`,
  );
  if (words !== undefined) option.argChoices = words;
  return option;
}

/** The texts that were given, by the option's key. A flag alone means true. */
export function configTexts(flags: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const key of Object.keys(OPTIONS)) {
    const value = flags[key];
    if (value !== undefined) texts[key] = value === true ? "true" : String(value);
  }
  return texts;
}
