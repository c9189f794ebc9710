import { Command } from "commander";
import { buildInfo } from "../base/build-info.ts";
import { archiveCommand } from "./commands/archive.ts";
import { auditCommand } from "./commands/audit.ts";
import { completeCommand, completionCommand } from "./commands/completion.ts";
import { configCommand } from "./commands/config.ts";
import { devCommand } from "./commands/dev.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { eventsCommand } from "./commands/events.ts";
import { groupsCommand } from "./commands/groups.ts";
import { healthCommand } from "./commands/health.ts";
import { keysCommand } from "./commands/keys.ts";
import { logCommand } from "./commands/log.ts";
import { mailboxCommand } from "./commands/mailbox.ts";
import { membersCommand } from "./commands/members.ts";
import { nodeCommand } from "./commands/node.ts";
import { queryCommand } from "./commands/query.ts";
import { rebuildCommand } from "./commands/rebuild.ts";
import { restoreCommand } from "./commands/restore.ts";
import { rolesCommand } from "./commands/roles.ts";
import { schemaCommand } from "./commands/schema.ts";
import { searchCommand } from "./commands/search.ts";
import { serveCommand } from "./commands/serve.ts";
import { snapshotsCommand } from "./commands/snapshots.ts";
import { tenantsCommand } from "./commands/tenants.ts";
import { versionCommand } from "./commands/version.ts";
import { watchCommand } from "./commands/watch.ts";
import type { CliContext } from "./context.ts";

/**
 * The tree of commands: help, completion and docs/reference/cli.md are all made from it.
 *
 * A command's file declares its arguments and imports what does the work inside its
 * action, so that `entdb --help` loads neither server nor database.
 */
export function buildProgram(context: CliContext): Command {
  const program = new Command("entdb")
    .description("A multi-tenant, event-sourced graph database in one executable.")
    .version(`entdb ${buildInfo.version}`, "-V, --version", "print the version")
    // A flag belongs to the command that it stands behind: `log` and `log copy` both have a --from.
    .enablePositionalOptions();
  program.commandsGroup("Run:");
  program.addCommand(devCommand(context)).addCommand(serveCommand(context));
  program.commandsGroup("Use a server:");
  program
    .addCommand(healthCommand(context))
    .addCommand(schemaCommand(context))
    .addCommand(nodeCommand(context))
    .addCommand(queryCommand(context))
    .addCommand(searchCommand(context))
    .addCommand(watchCommand(context))
    .addCommand(eventsCommand(context))
    .addCommand(mailboxCommand(context));
  program.commandsGroup("Operate:");
  program
    .addCommand(doctorCommand(context))
    .addCommand(logCommand(context))
    .addCommand(archiveCommand(context))
    .addCommand(rebuildCommand(context))
    .addCommand(snapshotsCommand(context))
    .addCommand(restoreCommand(context))
    .addCommand(tenantsCommand(context))
    .addCommand(keysCommand(context))
    .addCommand(membersCommand(context))
    .addCommand(rolesCommand(context))
    .addCommand(groupsCommand(context))
    .addCommand(auditCommand(context))
    .addCommand(configCommand(context));
  program.commandsGroup("This program:");
  program.addCommand(completionCommand(context)).addCommand(versionCommand(context));
  program.addCommand(completeCommand(), { hidden: true });
  forEachCommand(program, (command) => {
    command
      .helpCommand(false)
      .helpOption(command.name() === "complete" ? false : "-h, --help", "show this help")
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
