/**
 * `entdb schema`: a tenant's types. A file is checked before anything is sent, by the same
 * rules as on the server.
 */
import { Command } from "commander";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import {
  addOutputFlag,
  addTenantFlags,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
} from "../flags.ts";
import type { Column } from "../format.ts";
import { schemaLockCommand } from "./schema-lock.ts";

type Flags = TenantFlags & OutputFlags;

export function schemaCommand(context: CliContext): Command {
  return new Command("schema")
    .description("show and change the types of a tenant")
    .addCommand(getCommand(context))
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
      return;
    }
    await context.output.record(flags.output, schema);
  });
}

function pushCommand(context: CliContext): Command {
  const command = new Command("push")
    .description("merge the types of a file into the tenant's")
    .argument("<file>", "JSON, or TypeScript with a default export or an export `schema`")
    .option("--idempotency-key <key>", "makes repeating the command safe");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (file: string, flags: Flags & { idempotencyKey?: string }) => {
    const client = tenantClient(context, flags);
    const { readSchemaFile } = await import("../schema-file.ts");
    const { json } = await readSchemaFile(file);
    const key = flags.idempotencyKey;
    const receipt = await client.post("/v1/schema", {
      ...json,
      ...(key === undefined ? {} : { idempotency_key: key }),
    });
    await context.output.record(flags.output, receipt);
  });
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
    objects(schema[name]).map((type) => ({
      kind,
      id: type[id] ?? null,
      name: type["name"] ?? null,
      fields: objects(type["fields"]).map(fieldText).join(" "),
    }));
  return [...rows("node_types", "node", "type_id"), ...rows("edge_types", "edge", "edge_type_id")];
}

/** `1:name:str!`: a required field has the mark. */
function fieldText(field: JsonObject): string {
  return `${field["field_id"]}:${field["name"]}:${field["kind"]}${field["required"] ? "!" : ""}`;
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
