/**
 * The tree of commands: help, completion and docs/reference/cli.md are all made from it.
 *
 * A start declares no command but the one that was asked for: the options of them all are
 * most of what commander does, and the help of the program names commands only. A command's
 * file imports what does the work inside its action, so that `entdb --help` loads neither
 * server nor database.
 */
import { Command } from "commander";
import { buildInfo } from "../base/build-info.ts";
import { declareArchive } from "./commands/archive.ts";
import { declareAudit } from "./commands/audit.ts";
import { declareBench } from "./commands/bench.ts";
import { declareComplete, declareCompletion } from "./commands/completion.ts";
import { declareConfig } from "./commands/config.ts";
import { declareDev } from "./commands/dev.ts";
import { declareDoctor } from "./commands/doctor.ts";
import { declareEvents } from "./commands/events.ts";
import { declareGroups } from "./commands/groups.ts";
import { declareHealth } from "./commands/health.ts";
import { declareKeys } from "./commands/keys.ts";
import { declareLog } from "./commands/log.ts";
import { declareMailbox } from "./commands/mailbox.ts";
import { declareMembers } from "./commands/members.ts";
import { declareNode } from "./commands/node.ts";
import { declareQuery } from "./commands/query.ts";
import { declareRebuild } from "./commands/rebuild.ts";
import { declareRestore } from "./commands/restore.ts";
import { declareRoles } from "./commands/roles.ts";
import { declareSchema } from "./commands/schema.ts";
import { declareSearch } from "./commands/search.ts";
import { declareServe } from "./commands/serve.ts";
import { declareSnapshots } from "./commands/snapshots.ts";
import { declareTenants } from "./commands/tenants.ts";
import { declareVersion } from "./commands/version.ts";
import { declareWatch } from "./commands/watch.ts";
import type { CliContext } from "./context.ts";

/** Gives a command its arguments, its options, what is below it, and what it does; on this line, or on any. */
type Declare = (
  command: Command,
  context: CliContext,
  words: readonly string[] | undefined,
) => void;

/** Every command under the heading of the help that it stands below, and in one sentence. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, readonly [string, Declare]>>>> = {
  "Run:": {
    dev: ["run a server on this machine to try things out, and show what to paste", declareDev],
    serve: ["run the server", declareServe],
  },
  "Use a server:": {
    health: ["ask a running server how it is", declareHealth],
    schema: ["show and change the types of a tenant", declareSchema],
    node: ["read and write single nodes, and say who may use them", declareNode],
    query: ["list nodes of a type", declareQuery],
    search: ["find nodes by words in their searchable fields", declareSearch],
    watch: ["show what is changed as it happens, until interrupted", declareWatch],
    events: ["append to aggregates, read and follow their events", declareEvents],
    mailbox: ["show and clear mailboxes", declareMailbox],
  },
  "Operate:": {
    doctor: [
      "check this machine, the data directory, the log and the place of the backup",
      declareDoctor,
    ],
    bench: ["measure writes, reads and appends, on this machine or on a server", declareBench],
    log: [
      "read the records of the log: of a data directory, or in Kafka or Kinesis where the settings say so; a server may be running on it",
      declareLog,
    ],
    archive: ["the archive of a running server", declareArchive],
    rebuild: ["make a tenant's files again from the log", declareRebuild],
    snapshots: ["take and list snapshots of a running server", declareSnapshots],
    restore: ["restore data out of snapshots and archive", declareRestore],
    tenants: ["create, show, suspend and delete tenants", declareTenants],
    keys: ["make, list and revoke API keys", declareKeys],
    members: ["show and change who belongs to a tenant, with which roles", declareMembers],
    roles: ["show and change a tenant's roles and their rights", declareRoles],
    groups: ["show and change a tenant's groups", declareGroups],
    audit: ["list what was done and refused in a tenant, newest first", declareAudit],
    config: ["show the configuration", declareConfig],
  },
  "This program:": {
    completion: ["print the script that lets a shell complete entdb's commands", declareCompletion],
    version: ["print the version", declareVersion],
  },
};

/** What the scripts of completion call; it looks at the whole tree. */
const COMPLETE = "complete";

/**
 * The whole tree, or what the words of one command line can ask of it: of the other commands
 * there are the names then, and the sentences.
 */
export function buildProgram(context: CliContext, words?: readonly string[]): Command {
  const program = new Command("entdb")
    .description("A multi-tenant, event-sourced graph database in one executable.")
    .version(`entdb ${buildInfo.version}`, "-V, --version", "print the version")
    // A flag belongs to the command that it stands behind: `log` and `log copy` both have a --from.
    .enablePositionalOptions()
    // What a command takes stands in its own help; here it may not have been declared.
    .configureHelp({ subcommandTerm: (command) => command.name() });
  // The program itself has no option that takes a value, so the first word names the command.
  const asked = words?.find((word) => !word.startsWith("-"));
  const isWhole = words === undefined || asked === COMPLETE;
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const [name, [sentence, declare]] of Object.entries(commands)) {
      const command = new Command(name).description(sentence);
      if (isWhole || name === asked) declare(command, context, isWhole ? undefined : words);
      program.addCommand(command);
    }
  }
  program.addCommand(declareComplete(new Command(COMPLETE)), { hidden: true });
  forEachCommand(program, (command) => {
    command
      .helpCommand(false)
      .helpOption(command.name() === COMPLETE ? false : "-h, --help", "show this help")
      .showHelpAfterError(`hint: ${pathOf(command)} --help`);
  });
  return program;
}

/** The command and all below it. */
export function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

/** `entdb node get`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** What `entdb` alone says: the three commands that matter. */
export const SHORT_HELP = `EntDB: a multi-tenant, event-sourced graph database in one executable.

  entdb dev      start here: a server on this machine and a snippet to paste
  entdb serve    run the server
  entdb doctor   check this machine, the data directory and the log

entdb --help lists every command.
`;
