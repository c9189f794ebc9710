import type { JsonObject } from "../base/json.ts";
import type { SchemaChange } from "../schema/schema-change.ts";
import type { SchemaDifference } from "../schema/types.ts";
import { printable } from "./format.ts";

/** What a schema would change, for somebody who has to decide on it. */
export interface SchemaReport {
  readonly changes: readonly SchemaChange[];
  /** Where a merge would leave the tenant's definition as it is. */
  readonly differences: readonly SchemaDifference[];
  readonly fingerprintNow: string;
  readonly fingerprintThen: string;
}

/** As REST says it. */
export function reportToJson(report: SchemaReport): JsonObject {
  return {
    compatible: isCompatible(report),
    changes: report.changes.map(({ hint, ...change }) => ({
      ...change,
      ...(hint === "" ? {} : { hint }),
    })),
    differences: report.differences.map((difference) => ({ ...difference })),
    fingerprint_now: report.fingerprintNow,
    fingerprint_then: report.fingerprintThen,
  };
}

export function isCompatible(report: SchemaReport): boolean {
  return report.changes.every((change) => change.compatibility !== "breaking");
}

/**
 * A line for each change: `+` what is new, `-` what goes, `~` what becomes otherwise, `!` what
 * is breaking, with the safe way below, `=` what a merge leaves. What the stored data decides says so.
 */
export function reportText(report: SchemaReport): string {
  const { changes, differences, fingerprintNow, fingerprintThen } = report;
  const lines = [...changes.flatMap(changeLines), ...keptLines(differences)];
  const count = (compatibility: SchemaChange["compatibility"]) =>
    changes.filter((change) => change.compatibility === compatibility).length;
  const summary =
    changes.length === 0
      ? "No changes."
      : `${changes.length} change${changes.length === 1 ? "" : "s"}: ${count("safe")} safe, ${count("data_dependent")} decided by the data, ${count("breaking")} breaking.`;
  const fingerprints =
    fingerprintNow === fingerprintThen
      ? `fingerprint ${fingerprintNow}`
      : `fingerprint ${fingerprintNow}\n         -> ${fingerprintThen}`;
  return `${[...lines, summary, fingerprints].join("\n")}\n`;
}

/** A line for each place where a merge left the tenant's definition as it was: `=`. */
export function keptLines(differences: readonly SchemaDifference[]): string[] {
  return differences.map(({ path, kept, sent }) =>
    printable(`= ${path}: stays ${kept}, not ${sent}`),
  );
}

function changeLines(change: SchemaChange): string[] {
  const byData = change.compatibility === "data_dependent" ? " [decided by the data]" : "";
  const line = `${markOf(change)} ${change.path}: ${change.message.replace(/\.$/, "")}${byData}`;
  return change.hint === ""
    ? [printable(line)]
    : [printable(line), printable(`    hint: ${change.hint}`)];
}

function markOf({ change, compatibility }: SchemaChange): string {
  if (compatibility === "breaking") return "!";
  if (ADDED.has(change)) return "+";
  return REMOVED.has(change) ? "-" : "~";
}

const ADDED: ReadonlySet<SchemaChange["change"]> = new Set([
  "type_added",
  "field_added",
  "required_field_added",
  "enum_value_added",
  "unique_key_added",
]);
const REMOVED: ReadonlySet<SchemaChange["change"]> = new Set([
  "type_removed",
  "field_removed",
  "unique_key_removed",
]);
