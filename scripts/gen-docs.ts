/**
 * `bun run docs`: writes the reference pages from what the program itself uses, so that they
 * cannot say anything else: settings, limits, error reasons, metrics, commands, RPCs, routes,
 * what the TypeScript SDK exports.
 * `test/reference.test.ts` and CI refuse pages that are not what this makes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { EntError, ERROR_REASONS, type ErrorReason } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import { REASON_TEXTS } from "../src/base/reason-texts.ts";
import { processContext } from "../src/cli/process-context.ts";
import { buildProgram } from "../src/cli/program.ts";
import { optionRows, shownValue } from "../src/config/describe.ts";
import { GROUPS, type Group } from "../src/config/option.ts";
import {
  CLIENT_ENVIRONMENT,
  CONFIG_FILE_ENVIRONMENT,
  CONFIG_FILE_FLAG,
  environmentName,
  fileName,
  flagName,
} from "../src/config/options.ts";
import { toHttpError } from "../src/http/errors.ts";
import { COUNTERS, GAUGES, HISTOGRAMS, type MetricRow } from "../src/telemetry/metric-table.ts";
import { ROOT } from "./ensure-installed.ts";
import { code, page, table } from "./reference-page.ts";
import { restPage } from "./reference-rest.ts";
import { rpcPage } from "./reference-rpc.ts";
import { typescriptPage } from "./reference-typescript.ts";

/** Every reference page: its path and what makes its text. */
export const PAGES: Readonly<Record<string, () => string>> = {
  "docs/reference/configuration.md": configurationPage,
  "docs/reference/limits.md": limitsPage,
  "docs/reference/errors.md": errorsPage,
  "docs/reference/metrics.md": metricsPage,
  "docs/reference/cli.md": commandsPage,
  "docs/reference/rpc.md": rpcPage,
  "docs/reference/rest.md": restPage,
  "docs/reference/sdk-typescript.md": typescriptPage,
};

function configurationPage(): string {
  return page(
    "# Configuration",
    "A setting is taken from the first of these that has it: flag, environment, configuration file, default. The file is TOML, named by " +
      `\`${CONFIG_FILE_FLAG} <path>\` or \`${CONFIG_FILE_ENVIRONMENT}\`; its names are those of the environment without \`ENTDB_\`, in lower case (\`grpc_port = 50051\`). ` +
      "A name that does not exist is an error, not passed over; an empty variable counts as unset. A secret is never taken from the command line, but from the environment, from the file, or from a file that `…_FILE` names.",
    "`entdb config show --origin` prints every setting in effect and where it came from.",
    ...(Object.keys(GROUPS) as Group[]).map(groupSection),
    "## For the commands that talk to a server",
    table(
      ["environment", "meaning"],
      Object.entries(CLIENT_ENVIRONMENT).map(([name, meaning]) => [code(name), meaning]),
    ),
  );
}

function groupSection(group: Group): string {
  const rows = optionRows().filter(([, row]) => row.group === group);
  const settings = table(
    ["environment", "flag", "file", "default", "accepts", "meaning"],
    rows.map(([key, row]) => [
      code(environmentName(key)),
      row.secret ? "" : code(flagName(key)),
      code(fileName(key)),
      defaultOf(row),
      row.parser.accepts,
      row.sentence,
    ]),
  );
  return `## ${GROUPS[group]}\n\n${settings}`;
}

function defaultOf(row: ReturnType<typeof optionRows>[number][1]): string {
  const usual = code(shownValue(row, row.default)) || "none";
  if (row.devDefault === undefined) return usual;
  return `${usual}; in \`entdb dev\` ${code(shownValue(row, row.devDefault))}`;
}

function errorsPage(): string {
  return page(
    "# Errors",
    'Every refusal carries a *reason* that programs branch on. Reasons are only ever added. Over RPC it stands in `google.rpc.ErrorInfo` (domain `entdb`) next to Connect\'s code; over REST in `{"error": {"code", "reason", "message", "hint", "details", "request_id"}}`.',
    table(
      ["reason", "code", "REST", "what it means", "what to do"],
      ERROR_REASONS.map((reason) => {
        const { codes, meaning, next } = REASON_TEXTS[reason];
        return [code(reason), codes.map(code).join(", "), code(restAnswer(reason)), meaning, next];
      }),
    ),
  );
}

/** "404 NOT_FOUND": how REST answers with the reason's usual code. */
function restAnswer(reason: ErrorReason): string {
  const error = new EntError({ code: REASON_TEXTS[reason].codes[0], reason, message: "" });
  const call = { requestId: "", route: "" };
  const { status, body } = toHttpError(error, call, { fault: () => undefined });
  return `${status} ${(body["error"] as { code: string }).code}`;
}

function limitsPage(): string {
  const settings = new Map<string, ReturnType<typeof optionRows>[number]>(
    optionRows().map((option) => [option[0], option]),
  );
  const meanings = limitMeanings();
  return page(
    "# Limits",
    "A refusal by a limit names it in its details (`limit`), with the most that it lets pass (`max`). Names end in their unit; without one it is a number of things. A limit with a setting is that setting's default.",
    table(
      ["limit", "number", "setting", "meaning"],
      Object.entries(limits).map(([name, most]) => {
        const [key, row] = settings.get(name) ?? [];
        return [
          code(name),
          most.toLocaleString("en-US"),
          key === undefined ? "" : code(environmentName(key)),
          row?.sentence ?? meanings.get(name) ?? "",
        ];
      }),
    ),
  );
}

/** The comments of the table of limits; a name that says it all has none. */
function limitMeanings(): ReadonlyMap<string, string> {
  const source = readFileSync(join(ROOT, "src/base/limits.ts"), "utf8");
  const rows = source.matchAll(/^ {2}\/\*\* (.*) \*\/\n {2}(\w+):/gm);
  return new Map([...rows].map(([, meaning = "", name = ""]) => [name, meaning]));
}

function metricsPage(): string {
  const section = (title: string, rows: Readonly<Record<string, MetricRow>>) => [
    `## ${title}`,
    table(
      ["name", "labels", "meaning"],
      Object.entries(rows).map(([name, row]) => [
        code(name),
        (row.labels ?? []).map(code).join(", "),
        row.help,
      ]),
    ),
  ];
  return page(
    "# Metrics",
    "`GET /metrics` on the HTTP port, in Prometheus' text format. Labels take values from small fixed sets; a tenant is never one.",
    ...section("Counters", COUNTERS),
    ...section("Histograms", HISTOGRAMS),
    ...section("Gauges", GAUGES),
  );
}

const HELP_COLUMNS = 100;

function commandsPage(): string {
  const program = buildProgram(processContext());
  return page(
    "# Commands",
    "Data goes to stdout, everything else to stderr. Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 conflict, 5 unavailable, 130 and 143 ended by SIGINT or SIGTERM before it was done.",
    ...commandSections(program, []),
  );
}

function commandSections(command: Command, above: readonly string[]): string[] {
  const path = [...above, command.name()];
  command.configureHelp({ ...command.configureHelp(), helpWidth: HELP_COLUMNS });
  const help = command
    .helpInformation()
    .trimEnd()
    .replace(/[ \t]+$/gm, "");
  const below = command.createHelp().visibleCommands(command);
  return [
    `## ${path.join(" ")}\n\n\`\`\`text\n${Bun.stripANSI(help)}\n\`\`\``,
    ...below.flatMap((child) => commandSections(child, path)),
  ];
}

if (import.meta.main) {
  for (const [path, make] of Object.entries(PAGES)) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), make());
  }
}
