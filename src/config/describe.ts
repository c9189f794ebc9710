/** What people are shown of a configuration: every setting in the table's order, secrets hidden. */
import type { LoadedConfig } from "./load.ts";
import type { Option } from "./option.ts";
import { environmentName, flagName, OPTIONS, type OptionKey } from "./options.ts";
import type { Origin } from "./resolve.ts";

const REDACTED = "(hidden)";

export interface Setting {
  readonly key: OptionKey;
  /** Undefined for a secret, which no flag may carry. */
  readonly flag: string | undefined;
  readonly environment: string;
  /** As it would be written; a secret that is set shows as "(hidden)". */
  readonly value: string;
  readonly origin: Origin;
}

/** Every setting in effect. Safe to print and to log. */
export function describeConfig({ config, origins }: LoadedConfig): Setting[] {
  return optionRows().map(([key, row]) => ({
    key,
    flag: row.secret ? undefined : flagName(key),
    environment: environmentName(key),
    value: shownValue(row, config[key]),
    origin: origins[key],
  }));
}

/** A value as it would be written; never that of a secret. */
export function shownValue(row: Option<unknown>, value: unknown): string {
  const written = row.parser.format(value);
  return row.secret && written !== "" ? REDACTED : written;
}

/** The table's rows with their keys, in order. */
export function optionRows(): [OptionKey, Option<unknown>][] {
  return Object.entries(OPTIONS) as [OptionKey, Option<unknown>][];
}
