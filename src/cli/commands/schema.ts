/**
 * `entdb schema`: a tenant's types. A file is checked before anything is sent, by the same
 * rules as on the server.
 */
import { Command } from "commander";
import { messageOf } from "../../base/errors.ts";
import { type JsonObject, objectsIn } from "../../base/json.ts";
import type { SchemaChange } from "../../schema/schema-change.ts";
import type { SchemaDifference } from "../../schema/types.ts";
import type { CliContext } from "../context.ts";
import { CommandFailure, EXIT, usageFailure } from "../failure.ts";
import {
  addKeyFlag,
  addOutputFlag,
  addTenantFlags,
  type KeyFlag,
  keyMember,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
} from "../flags.ts";
import type { Column } from "../format.ts";
import { buildNote, showingBuild } from "../schema-build.ts";
import type { SchemaReport } from "../schema-report.ts";
import { schemaLockCommand } from "./schema-lock.ts";

type Flags = TenantFlags & OutputFlags;

export function declareSchema(command: Command, context: CliContext): void {
  command
    .addCommand(getCommand(context))
    .addCommand(snapshotCommand(context))
    .addCommand(checkCommand(context))
    .addCommand(diffCommand(context))
    .addCommand(pushCommand(context))
    .addCommand(schemaLockCommand(context, true))
    .addCommand(schemaLockCommand(context, false))
    .addCommand(fingerprintCommand(context));
}

function getCommand(context: CliContext): Command {
  const command = new Command("get").description("show the tenant's types");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (flags: Flags) => {
    const schema = await tenantClient(context, flags).get("/v1/schema");
    if (flags.output === "table") {
      await context.output.rows("table", typeRows(schema), TYPE_COLUMNS);
      await context.output.note(`fingerprint ${schema["fingerprint"]}`);
      const building = buildNote(schema);
      if (building !== undefined) await context.output.note(building);
      return;
    }
    await context.output.record(flags.output, schema);
  });
}

function snapshotCommand(context: CliContext): Command {
  const command = new Command("snapshot")
    .description("write the tenant's types to a file, to be kept and compared with")
    .argument("[file]", "where to", "entdb-schema.json");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (file: string, flags: Flags) => {
    const answer = await tenantClient(context, flags).get("/v1/schema");
    const { snapshotText } = await import("../schema-file.ts");
    await writeFile(file, snapshotText(answer));
    const { fingerprint = "" } = answer;
    await context.output.record(flags.output, { file, fingerprint });
  });
}

function checkCommand(context: CliContext): Command {
  const command = new Command("check")
    .description("what pushing a file would change; exits with 1 when a change is breaking")
    .argument("<file>", FILE)
    .option("--against <snapshot>", "compare with a file instead of the server")
    .option("--merge", MERGE);
  addOutputFlag(addTenantFlags(command));
  return command.action(async (file: string, flags: Flags & CheckFlags) => {
    const report = await reportOf(context, file, flags);
    await showReport(context, flags, report);
    await endWithBreaking(context, report);
  });
}

function diffCommand(context: CliContext): Command {
  const command = new Command("diff")
    .description("what differs between two files; exits with 1 when a change is breaking")
    .argument("<before>", FILE)
    .argument("<after>", FILE);
  addOutputFlag(command);
  return command.action(async (before: string, after: string, flags: OutputFlags) => {
    const report = await fileReport(before, after, "replace");
    await showReport(context, flags, report);
    await endWithBreaking(context, report);
  });
}

function pushCommand(context: CliContext): Command {
  const command = new Command("push")
    .description("make the tenant's types those of a file: what the file lacks is removed")
    .argument("<file>", FILE)
    .option("--merge", MERGE)
    .option("--dry-run", "say what would change, and change nothing")
    .option("--fail-on-breaking", "exit with 1 when a dry run finds a breaking change");
  addOutputFlag(addTenantFlags(addKeyFlag(command)));
  return command.action(async (file: string, flags: PushFlags) => {
    if (flags.dryRun) {
      const report = await reportOf(context, file, flags);
      await showReport(context, flags, report);
      if (flags.failOnBreaking) await endWithBreaking(context, report);
      return;
    }
    await push(context, file, flags);
  });
}

/** A repeated push asks for what became of the first one: the schema may have gone on since. */
async function push(context: CliContext, file: string, flags: PushFlags): Promise<void> {
  const client = tenantClient(context, flags);
  const { readSchemaFile } = await import("../schema-file.ts");
  const { json } = await readSchemaFile(file);
  if (flags.idempotencyKey === undefined) {
    const { isCompatible } = await import("../schema-report.ts");
    const report = await reportOf(context, file, flags);
    if (!isCompatible(report)) {
      await showReport(context, flags, report);
      throw breakingFailure(report);
    }
  }
  const registration = client.post("/v1/schema", {
    ...json,
    mode: modeOf(flags),
    ...keyMember(flags),
  });
  await showReceipt(context, flags, await showingBuild(context, client, registration));
}

async function showReceipt(
  context: CliContext,
  flags: OutputFlags,
  receipt: JsonObject,
): Promise<void> {
  if (flags.output !== "table") return await context.output.record(flags.output, receipt);
  const { differences: _, ...others } = receipt;
  await context.output.record("table", others);
  const { keptLines } = await import("../schema-report.ts");
  for (const line of keptLines(differencesIn(receipt))) await context.output.note(line);
}

function differencesIn(answer: JsonObject): SchemaDifference[] {
  return objectsIn(answer["differences"]).map(({ path, kept, sent }) => ({
    path: String(path),
    kept: String(kept),
    sent: String(sent),
  }));
}

interface CheckFlags {
  readonly merge?: true;
  readonly against?: string;
}

type PushFlags = Flags &
  CheckFlags &
  KeyFlag & {
    readonly dryRun?: true;
    readonly failOnBreaking?: true;
  };

const FILE = "JSON, or TypeScript with a default export or an export `schema`";
const MERGE = "only add: what the file lacks stays, and so do definitions that differ";

function modeOf(flags: CheckFlags): "merge" | "replace" {
  return flags.merge ? "merge" : "replace";
}

/** By the server, which knows the schema in force; or offline, by the same rules. */
async function reportOf(
  context: CliContext,
  file: string,
  flags: Flags & CheckFlags,
): Promise<SchemaReport> {
  const mode = modeOf(flags);
  if (flags.against !== undefined) return await fileReport(flags.against, file, mode);
  const client = tenantClient(context, flags);
  const { readSchemaFile } = await import("../schema-file.ts");
  const { json } = await readSchemaFile(file);
  const answer = await client.post("/v1/schema/check", { ...json, mode });
  return {
    changes: objectsIn(answer["changes"]).map(
      (change) => ({ hint: "", ...change }) as unknown as SchemaChange,
    ),
    differences: differencesIn(answer),
    fingerprintNow: String(answer["fingerprint_now"]),
    fingerprintThen: String(answer["fingerprint_then"]),
  };
}

async function fileReport(
  before: string,
  after: string,
  mode: "merge" | "replace",
): Promise<SchemaReport> {
  const { readSchemaFile } = await import("../schema-file.ts");
  const { checkEvolution } = await import("../../schema/evolve.ts");
  const { fingerprintOf } = await import("../../schema/fingerprint.ts");
  const { schema: current } = await readSchemaFile(before);
  const { schema: incoming } = await readSchemaFile(after);
  const { schema, ...found } = checkEvolution(current, incoming, mode);
  return {
    ...found,
    fingerprintNow: fingerprintOf(current),
    fingerprintThen: fingerprintOf(schema),
  };
}

async function showReport(
  context: CliContext,
  flags: OutputFlags,
  report: SchemaReport,
): Promise<void> {
  const { reportText, reportToJson } = await import("../schema-report.ts");
  if (flags.output === "table") await context.output.text(reportText(report));
  else await context.output.record(flags.output, reportToJson(report));
}

async function endWithBreaking(context: CliContext, report: SchemaReport): Promise<void> {
  const { isCompatible } = await import("../schema-report.ts");
  if (!isCompatible(report)) context.conclude(EXIT.failure);
}

function breakingFailure(report: SchemaReport): CommandFailure {
  const breaking = report.changes.filter((change) => change.compatibility === "breaking");
  return new CommandFailure({
    code: "FAILED_PRECONDITION",
    reason: "SCHEMA_INCOMPATIBLE",
    message: `${breaking.length} breaking change${breaking.length === 1 ? "" : "s"}: nothing was pushed.`,
    exitCode: EXIT.failure,
    hint: breaking[0]?.hint,
  });
}

async function writeFile(path: string, text: string): Promise<void> {
  try {
    await Bun.write(path, text);
  } catch (cause) {
    const why = messageOf(cause);
    throw usageFailure(`${path} cannot be written: ${why}`);
  }
}

function fingerprintCommand(context: CliContext): Command {
  const command = new Command("fingerprint")
    .description("print the fingerprint of the tenant's types, or of those in a file")
    .argument("[file]", "JSON or TypeScript; no server is asked");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (file: string | undefined, flags: Flags) => {
    const fingerprint =
      file === undefined ? await storedFingerprint(context, flags) : await fileFingerprint(file);
    if (flags.output === "table") return context.output.text(`${fingerprint}\n`);
    await context.output.record(flags.output, { fingerprint });
  });
}

async function storedFingerprint(context: CliContext, flags: Flags): Promise<string> {
  const { fingerprint } = await tenantClient(context, flags).get("/v1/schema");
  return String(fingerprint);
}

async function fileFingerprint(file: string): Promise<string> {
  const { readSchemaFile } = await import("../schema-file.ts");
  const { fingerprintOf } = await import("../../schema/fingerprint.ts");
  return fingerprintOf((await readSchemaFile(file)).schema);
}

const TYPE_COLUMNS: readonly Column[] = ["kind", "id", "name", "fields"].map((name) => ({
  title: name,
  cell: (row: JsonObject) => row[name],
}));

function typeRows(schema: JsonObject): JsonObject[] {
  const rows = (name: string, kind: string, id: string) =>
    objectsIn(schema[name]).map((type) => ({
      kind,
      id: type[id] ?? null,
      name: type["name"] ?? null,
      fields: objectsIn(type["fields"]).map(fieldText).join(" "),
    }));
  return [...rows("node_types", "node", "type_id"), ...rows("edge_types", "edge", "edge_type_id")];
}

/** `1:name:str!`: a required field has the mark. */
function fieldText(field: JsonObject): string {
  return `${field["field_id"]}:${field["name"]}:${field["kind"]}${field["required"] ? "!" : ""}`;
}
