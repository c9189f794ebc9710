/** Reads the reports that `bun test --reporter=junit` writes: how many passed, failed, were skipped. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./ensure-installed.ts";

export const UNIT_REPORT = join(ROOT, ".cache", "junit", "test.xml");
/** The tests against real parts run in two processes, each with a report. */
export const SERVICES_REPORTS: readonly string[] = ["services-1.xml", "services-2.xml"].map(
  (name) => join(ROOT, ".cache", "junit", name),
);

export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/** The totals of some reports. A run that wrote none counts as one failure. */
export function readTotals(...reports: readonly string[]): Totals {
  const all = reports.map(readReport);
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  };
}

function readReport(report: string): Totals {
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const root = /<testsuites\b[^>]*>/.exec(readFileSync(report, "utf8"))?.[0] ?? "";
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(root)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  return { passed: count("tests") - failed - count("skipped"), failed };
}

/** Says which tests did not run: a skipped test is never silent. */
export function printSkipped(report: string): void {
  if (!existsSync(report)) return;
  const cases = readFileSync(report, "utf8").matchAll(
    /<testcase name="([^"]*)"[^>]*file="([^"]*)"[^>]*>\s*<skipped/g,
  );
  for (const [, name, file] of cases) console.error(`skipped: ${file}: ${name}`);
}
