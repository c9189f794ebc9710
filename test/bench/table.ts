/**
 * Tables for people from reports. As a program, `bun test/bench/table.ts <report.json> …`
 * puts them between the markers of `docs/benchmarks.md`, those of each under its own circumstances.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Spread, spreadOf } from "./measure.ts";
import type { Comparison, Probe, Report, SideFigures } from "./report.ts";

const BEGIN = "<!-- figures: made by test/bench/table.ts -->";
const END = "<!-- end of figures -->";
const PAGE = join(import.meta.dir, "..", "..", "docs", "benchmarks.md");

/** Everything of a report, as Markdown. */
export function tables(report: Report): string {
  return [
    provenance(report),
    ...views(report.comparisons),
    ...(report.probes.length === 0 ? [] : [probeTable(report.probes)]),
  ].join("\n");
}

function provenance({ startedAt, rounds, machine, skipped, smoke }: Report): string {
  const { processors, memoryGiB, kernel, runtime, postgres, load, fdatasyncMs } = machine;
  const lines = [
    `Measured ${startedAt.slice(0, 10)} on ${processors}, ${memoryGiB} GiB, Linux ${kernel}, ${runtime}` +
      `${postgres === undefined ? "" : `, PostgreSQL ${postgres}`}; ${rounds} rounds, load ${load.toFixed(1)} before.`,
    `A bare fdatasync of 512 bytes in the same run: ${milliseconds(fdatasyncMs.median)} ms ` +
      `(${milliseconds(fdatasyncMs.low)}–${milliseconds(fdatasyncMs.high)}).`,
    ...skipped.map((what) => `Not measured: ${what}`),
    ...(smoke ? ["A smoke run: the figures mean nothing."] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Below each view's title one table for each scenario, with a line for each number of callers. */
function views(comparisons: readonly Comparison[]): string[] {
  return [...Map.groupBy(comparisons, ({ viewTitle }) => viewTitle)].flatMap(([title, all]) => [
    `### ${title}\n`,
    ...[...Map.groupBy(all, ({ scenario }) => scenario).values()].map(comparisonTable),
  ]);
}

function comparisonTable(levels: readonly Comparison[]): string {
  const [first] = levels;
  if (first === undefined) return "";
  const widest = levels.reduce((a, b) => (b.sides.length > a.sides.length ? b : a));
  const names = widest.sides.map(({ side }) => side);
  const rivals = names.filter((name) => name.startsWith("EntDB"));
  const peer = names.find((name) => !name.startsWith("EntDB"));
  const head = [
    "in flight",
    ...widest.sides.map(({ side, durability }) => `${side} (${durability})`),
    ...(peer === undefined ? [] : rivals.map((name) => `${name} : ${peer}`)),
    "fdatasync ms",
  ];
  const rows = levels.map((level) => [
    String(level.inFlight),
    ...names.map((name) => cell(sideOf(level, name))),
    ...(peer === undefined
      ? []
      : rivals.map((name) => ratioText(sideOf(level, name), sideOf(level, peer)))),
    milliseconds(spreadOf(level.fdatasyncMs).median),
  ]);
  return `#### ${first.title}, ${first.unit}\n\n${markdown(head, rows)}`;
}

function sideOf(level: Comparison, name: string): SideFigures | undefined {
  return level.sides.find(({ side }) => side === name);
}

function cell(side: SideFigures | undefined): string {
  if (side === undefined) return "";
  const rate = spreadOf(side.rounds.map(({ perSecond }) => perSecond));
  const p50 = spreadOf(side.rounds.map(({ p50Ms }) => p50Ms)).median;
  const p99 = spreadOf(side.rounds.map(({ p99Ms }) => p99Ms)).median;
  return `**${whole(rate.median)}** (${whole(rate.low)}–${whole(rate.high)}), p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)} ms`;
}

/** Round by round, so that what the machine did meanwhile divides out. */
export function ratioOf(side: SideFigures, peer: SideFigures): Spread {
  return spreadOf(
    side.rounds.map(({ perSecond }, i) => perSecond / (peer.rounds[i]?.perSecond ?? Number.NaN)),
  );
}

function ratioText(side: SideFigures | undefined, peer: SideFigures | undefined): string {
  if (side === undefined || peer === undefined) return "";
  const { median, low, high } = ratioOf(side, peer);
  return `**${median.toFixed(2)}** (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function probeTable(probes: readonly Probe[]): string {
  const rows = probes.map(({ what, unit, value, goal, samples }) => [
    what,
    `**${amount(value.median)}** ${unit} (${amount(value.low)}–${amount(value.high)})`,
    goal === undefined ? "" : `${goal} ${unit}`,
    String(samples),
  ]);
  return `### EntDB alone\n\n${markdown(["what", "median (lowest–highest)", "goal", "samples"], rows)}`;
}

/** One line for the console while a run goes on. */
export function comparisonLine({ title, inFlight, sides, unit }: Comparison): string {
  const figures = sides.map((side) => `    ${side.side}: ${cell(side)} [${side.durability}]`);
  return `  ${title}, ${inFlight} in flight, ${unit}\n${figures.join("\n")}`.replaceAll("**", "");
}

export function probeLine({ what, unit, value, goal }: Probe): string {
  const aim = goal === undefined ? "" : `, goal ${goal}`;
  return `  ${what}: ${amount(value.median)} ${unit} (${amount(value.low)}–${amount(value.high)}${aim})`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function amount(value: number): string {
  return value >= 1_000 ? whole(value) : value.toFixed(value < 10 ? 2 : 1);
}

function writePage(files: readonly string[]): void {
  if (files.length === 0) throw new Error("bun test/bench/table.ts <report.json> …");
  const reports = files.map((file) => JSON.parse(readFileSync(file, "utf8")) as Report);
  const page = readFileSync(PAGE, "utf8");
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for figures`);
  writeFileSync(
    PAGE,
    `${page.slice(0, from + BEGIN.length)}\n\n${reports.map(tables).join("\n")}\n${page.slice(to)}`,
  );
}

if (import.meta.main) writePage(process.argv.slice(2));
