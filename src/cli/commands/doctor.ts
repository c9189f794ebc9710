/**
 * `entdb doctor`: would a server start here, keep its promise and go on? One line for each
 * thing looked at, with what to do. Exit 1 when one of them fails.
 */
import type { Command } from "commander";
import { buildInfo } from "../../base/build-info.ts";
import type { JsonObject } from "../../base/json.ts";
import type { Config } from "../../config/options.ts";
import type { CliContext } from "../context.ts";
import type { Finding } from "../doctor/check.ts";
import { EXIT } from "../failure.ts";
import { addOutputFlag, type OutputFlags } from "../flags.ts";

type DoctorFlags = OutputFlags & { readonly dataDir?: string; readonly config?: string };

export function declareDoctor(command: Command, context: CliContext): void {
  command
    .option("--data-dir <path>", "the data directory (env ENTDB_DATA_DIR)")
    .option("--config <file>", "configuration file");
  addOutputFlag(command).action(async (flags: DoctorFlags) => {
    const findings = await examine(context, flags);
    await context.output.rows(
      flags.output,
      findings.map((finding): JsonObject => ({ ...finding })),
      ["state", "check", "finding", "advice"].map((title) => ({
        title,
        cell: (row) => (row[title] === "" ? " " : row[title]),
      })),
    );
    if (findings.some(({ state }) => state === "fail")) context.conclude(EXIT.failure);
  });
}

async function examine(context: CliContext, flags: DoctorFlags): Promise<Finding[]> {
  const { configForFiles } = await import("../data-directory.ts");
  const { checkOpenFiles, checkPort } = await import("../doctor/machine-checks.ts");
  const { ok } = await import("../doctor/check.ts");
  const config = await configForFiles(context, flags);
  const { host, grpcPort, httpPort } = config;
  const { findings, inUse } = await examineFiles(context, config);
  return [
    ok("version", `entdb ${buildInfo.version} (${buildInfo.commit}), Bun ${Bun.version}`),
    ok("configuration", "valid"),
    ...findings,
    await checkPort("gRPC port", host, grpcPort, inUse),
    await checkPort("HTTP port", host, httpPort, inUse),
    checkOpenFiles(config),
  ];
}

async function examineFiles(
  context: CliContext,
  config: Config,
): Promise<{ findings: Finding[]; inUse: boolean }> {
  const checks = await import("../doctor/directory-checks.ts");
  const { checkBackup } = await import("../doctor/backup-checks.ts");
  const { warn } = await import("../doctor/check.ts");
  const { clock, random } = context;
  const { wal, dataDir } = config;
  if (wal === "memory") {
    const advice = "Set ENTDB_WAL=file to keep what is written.";
    return {
      findings: [warn("log", "in memory: nothing outlives the server", advice)],
      inUse: false,
    };
  }
  const { findings, inUse } = await checks.checkDataDirectory(dataDir);
  if (findings.some(({ state }) => state === "fail")) return { findings: [...findings], inUse };
  return {
    findings: [
      ...findings,
      ...(await checks.checkSpace(dataDir)),
      await checks.checkSync(dataDir, clock, random),
      ...(await examineLog(context, config)),
      ...(await checkBackup(config, context)),
    ],
    inUse,
  };
}

async function examineLog(
  { clock, random, output }: CliContext,
  config: Config,
): Promise<Finding[]> {
  const { distantLogOf } = await import("../distant-log.ts");
  const distant = distantLogOf(config);
  if (distant !== undefined) {
    const { checkDistantLog } = await import("../doctor/distant-log-checks.ts");
    return await checkDistantLog(distant, { config, clock, random });
  }
  const { checkLog } = await import("../doctor/log-checks.ts");
  const progress = (records: number) => output.progress(`verifying the log: ${records} records`);
  return await checkLog(config.dataDir, clock, progress);
}
