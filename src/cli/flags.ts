import { type Command, InvalidArgumentError, Option } from "commander";
import { type CertificateFlags, clientCertificates } from "../config/client-certificates.ts";
import { clientCredential } from "../config/load.ts";
import type { CliContext } from "./context.ts";
import { usageFailure } from "./failure.ts";
import { OUTPUT_FORMATS, type OutputFormat } from "./format.ts";
import { RestClient } from "./rest-client.ts";

/** The flags that several commands share, each spelled once. */

const DEFAULT_URL = "http://127.0.0.1:8080";
const DEFAULT_TIMEOUT_SECONDS = 30;

export interface OutputFlags {
  readonly output: OutputFormat;
}

export interface ServerFlags extends CertificateFlags {
  readonly url: string;
  readonly timeout: number;
  readonly apiKeyFile?: string;
}

export interface TenantFlags extends ServerFlags {
  readonly tenantId?: string;
  readonly actor?: string;
}

export interface ConfirmFlags {
  readonly yes?: true;
  readonly dryRun?: true;
}

export interface KeyFlag {
  readonly idempotencyKey?: string;
}

export function addKeyFlag(command: Command): Command {
  return command.option("--idempotency-key <key>", "makes repeating the command safe");
}

/** The member of a request that it is. */
export function keyMember({ idempotencyKey: key }: KeyFlag): { idempotency_key?: string } {
  return key === undefined ? {} : { idempotency_key: key };
}

export function addOutputFlag(command: Command, fallback: OutputFormat = "table"): Command {
  return command.addOption(
    new Option("-o, --output <format>", "how data is written to stdout")
      .choices(OUTPUT_FORMATS)
      .default(fallback),
  );
}

/** Which server to talk to. */
export function addServerFlags(command: Command): Command {
  return addConnectionFlags(
    command.addOption(
      new Option("--url <url>", "HTTP address of the server")
        .env("ENTDB_URL")
        .default(DEFAULT_URL)
        .argParser(parseUrl),
    ),
  );
}

/** How to talk to a server, whichever it is. */
export function addConnectionFlags(command: Command): Command {
  return command
    .option("--api-key-file <file>", "file with the credential (env ENTDB_API_KEY holds it itself)")
    .addOption(
      new Option("--ca-file <file>", "authorities (PEM) to check the server with").env(
        "ENTDB_CA_FILE",
      ),
    )
    .addOption(
      new Option(
        "--client-cert-file <file>",
        "certificate (PEM) for a server that asks for one",
      ).env("ENTDB_CLIENT_CERT_FILE"),
    )
    .addOption(
      new Option("--client-key-file <file>", "key of that certificate").env(
        "ENTDB_CLIENT_KEY_FILE",
      ),
    )
    .addOption(
      new Option("--timeout <seconds>", "how long to wait for an answer")
        .default(DEFAULT_TIMEOUT_SECONDS)
        .argParser(parseSeconds),
    );
}

/** For a command that is about one tenant and asks in nobody's name. */
export function tenantOption(what: string): Option {
  return new Option("--tenant-id <id>", what).env("ENTDB_TENANT_ID");
}

/** Which server, for which tenant, as whom. */
export function addTenantFlags(command: Command): Command {
  return addServerFlags(command).addOption(tenantOption("the tenant")).addOption(actorOption());
}

/** As whom a command asks. */
export function actorOption(): Option {
  return new Option("--actor <actor>", "who asks; with a credential, for whom it acts").env(
    "ENTDB_ACTOR",
  );
}

/** For what destroys: nothing happens without a yes, and what would happen can be seen first. */
export function addConfirmFlags(command: Command): Command {
  return command
    .option("--yes", "do it without asking")
    .option("--dry-run", "say what would happen and change nothing");
}

/** A client for a command that concerns no tenant. */
export function serverClient(context: CliContext, flags: ServerFlags): RestClient {
  const target = targetOf(flags);
  return new RestClient({ ...target, tenantId: undefined, actor: undefined }, context.clock);
}

/** A client for one tenant; refuses a command line that names none and has no credential that might. */
export function tenantClient(
  context: CliContext,
  flags: TenantFlags & { readonly namedBy?: string },
): RestClient {
  const { namedBy } = flags;
  const target = { ...targetOf(flags), ...(namedBy === undefined ? {} : { namedBy }) };
  const tenantId = target.credential === undefined ? requireTenant(flags.tenantId) : flags.tenantId;
  return new RestClient({ ...target, tenantId, actor: flags.actor }, context.clock);
}

function targetOf(flags: ServerFlags) {
  const { url, timeout, apiKeyFile } = flags;
  return {
    ...{ url, timeoutMs: timeout * 1000, credential: clientCredential(apiKeyFile) },
    certificates: clientCertificates(flags),
  };
}

/** Below the tenant that the flags name. Throws a usage failure when they name none. */
export function tenantPath(flags: TenantFlags, path: string): string {
  return `/v1/tenants/${encodeURIComponent(requireTenant(flags.tenantId))}/${path}`;
}

/** How REST names a type: by number, or by name. */
export function typeMember(type: string): [name: "type_id" | "type", value: number | string][] {
  return /^\d+$/.test(type) ? [["type_id", Number(type)]] : [["type", type]];
}

export function requireTenant(tenantId: string | undefined): string {
  if (tenantId) return tenantId;
  throw usageFailure(
    "No tenant is named.",
    "Give --tenant-id <id>, or set ENTDB_TENANT_ID. The tenant of `entdb dev` is demo.",
  );
}

/**
 * Whether to go on with what destroys. Asks on a terminal; elsewhere `--yes` must be given.
 * False: the person said no, or it is a dry run (which has then been told).
 */
export async function confirmed(
  context: CliContext,
  flags: ConfirmFlags,
  action: string,
): Promise<boolean> {
  if (flags.dryRun) {
    await context.output.note(`Dry run: would ${action}. Nothing was changed.`);
    return false;
  }
  if (flags.yes) return true;
  const answer = await context.ask(`About to ${action}. Go on? [y/N] `);
  if (answer === undefined) {
    throw usageFailure(
      `This would ${action}, and nobody is there to be asked.`,
      "Give --yes to do it, or --dry-run to see what would happen.",
    );
  }
  if (/^y(es)?$/i.test(answer.trim())) return true;
  await context.output.note("Nothing was changed.");
  return false;
}

/** The address of a server, as an option's parser. */
export function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError(`Write it as ${DEFAULT_URL}.`);
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new InvalidArgumentError("It must not have a path.");
  }
  return url.origin;
}

/** A number of seconds up to a day, as an option's parser. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds > 0 && seconds <= 86_400)) {
    throw new InvalidArgumentError("It must be a number of seconds above 0.");
  }
  return seconds;
}

/** A whole number from `min` on, as an option's parser. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`It must be a whole number of ${min} or more.`);
    }
    return value;
  };
}

/** The parser of an option that may be repeated. */
export function several(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
