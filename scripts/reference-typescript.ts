/** The page of the TypeScript SDK: what its two doors hand on, with the comments of its sources. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Declaration, exportedNames, type Member, readDeclarations } from "./declarations.ts";
import { ROOT } from "./ensure-installed.ts";
import { code, page, table } from "./reference-page.ts";
import { tool } from "./run.ts";

const SDK = join(ROOT, "sdk", "typescript");
const BUILT = join(ROOT, ".cache", "sdk-declarations");

/** The folders of the sources, in the order in which a reader meets what they hold. */
const SECTIONS: Readonly<Record<string, string>> = {
  client: "The client",
  schema: "Types",
  plan: "Transactions",
  reads: "Reads",
  watch: "Watching",
  events: "Events",
  mailbox: "Mailboxes",
  admin: "Administration",
  calls: "Calls",
  errors: "Errors",
  transport: "Transports",
  values: "Values",
};

export function typescriptPage(): string {
  const declarations = declarationsOfSdk();
  const exported = ["index.ts", "node.ts"].flatMap((door) =>
    exportedNames(readFileSync(join(SDK, "src", door), "utf8")),
  );
  const sectionOf = (name: string) => declarations.get(name)?.module.split("/")[0] ?? "";
  const shown = [...exported, ...optionsBehind(exported, declarations)];
  const known = new Set(shown);
  const strange = shown.filter((name) => SECTIONS[sectionOf(name)] === undefined);
  if (strange.length > 0) throw new Error(`no section of the page has ${strange.join(", ")}`);
  return page(
    "# TypeScript SDK: reference",
    "Everything that `@entdb/client` and `@entdb/client/node` export. How it is used, and what is promised, is in [the guide](../sdk-typescript.md).",
    ...Object.entries(SECTIONS).flatMap(([folder, title]) => [
      `## ${title}`,
      ...shown
        .filter((name) => sectionOf(name) === folder)
        .flatMap((name) => sectionsOf(name, declarations, known)),
    ]),
  );
}

function declarationsOfSdk(): ReadonlyMap<string, Declaration> {
  rmSync(BUILT, { recursive: true, force: true });
  const emit = ["--emitDeclarationOnly", "--outDir", BUILT];
  const command = [tool("tsc"), "-p", join(SDK, "tsconfig.build.json"), ...emit];
  const built = Bun.spawnSync(command, { cwd: ROOT, stderr: "pipe" });
  if (!built.success) throw new Error(`the SDK's types were not built:\n${built.stdout}`);
  return readDeclarations(BUILT);
}

function sectionsOf(
  name: string,
  declarations: ReadonlyMap<string, Declaration>,
  shown: ReadonlySet<string>,
): string[] {
  const declaration = declarations.get(name);
  if (declaration === undefined) throw new Error(`${name} is exported, and declared nowhere`);
  const members = membersOf(declaration, declarations, shown);
  const rows = members
    .map((member) => functionOf(member, declarations))
    .map(({ text, comment }) => [code(text), comment]);
  return [
    `### ${name}`,
    code(declaration.head),
    declaration.comment,
    rows.length === 0 ? "" : table(["member", "meaning"], rows),
  ].filter((part) => part !== "");
}

/** What is not exported, but stands in the parameters of what is: objects that a caller writes down. */
function optionsBehind(
  exported: readonly string[],
  declarations: ReadonlyMap<string, Declaration>,
): string[] {
  const found = new Set<string>();
  const mentionedBy = (name: string): string[] => {
    const declaration = declarations.get(name);
    if (declaration === undefined) return [];
    const members = declaration.members.map((member) => functionOf(member, declarations).text);
    return (
      [declaration.head, ...members].join(" ").match(/\b[A-Z]\w+(?:Options|Init|Parts)\b/g) ?? []
    );
  };
  const known = new Set(exported);
  const left = exported.flatMap(mentionedBy);
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (known.has(name) || found.has(name) || !declarations.has(name)) continue;
    found.add(name);
    left.push(...mentionedBy(name));
  }
  return [...found].sort();
}

/** A member that is a function of the package's own, as that function. */
function functionOf(member: Member, declarations: ReadonlyMap<string, Declaration>): Member {
  const meant = declarations.get(/: typeof (\w+)$/.exec(member.text)?.[1] ?? "");
  if (meant === undefined) return member;
  const text = meant.head.replace(/^function \w+/, member.name);
  return { name: member.name, text, comment: meant.comment };
}

/** Its own, and those of bases that have no section of their own. */
function membersOf(
  declaration: Declaration,
  declarations: ReadonlyMap<string, Declaration>,
  shown: ReadonlySet<string>,
): Member[] {
  const hidden = declaration.bases.filter((base) => !shown.has(base));
  const inherited = hidden.flatMap((base) => {
    const found = declarations.get(base);
    return found === undefined ? [] : membersOf(found, declarations, shown);
  });
  // What only says which class it is says nothing.
  const own = declaration.members.filter(({ name, comment }) => name !== "name" || comment !== "");
  return [...own, ...inherited];
}
