/**
 * What a TypeScript package declares, as the compiler prints it: names, comments, members. Reads
 * the compiler's own layout (one declaration per statement, members indented by four), so that it
 * needs no parser. What it does not understand it leaves out; the page refuses to be made without
 * anything that is exported.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Declaration {
  readonly name: string;
  /** The file that declares it, from the package's sources: "reads/query". */
  readonly module: string;
  readonly isExported: boolean;
  readonly kind: "class" | "interface" | "function" | "const" | "type";
  /** In one line, without `export` and `declare`, and without what stands between braces of classes and interfaces. */
  readonly head: string;
  readonly comment: string;
  readonly members: readonly Member[];
  /** Names behind `extends`. */
  readonly bases: readonly string[];
}

export interface Member {
  readonly name: string;
  /** In one line, without the semicolon. */
  readonly text: string;
  readonly comment: string;
}

const START = /^(?:export )?(?:declare )?(?:abstract )?(class|interface|function|const|type) (\w+)/;

/** Every declaration below a folder of `.d.ts` files, by name. */
export function readDeclarations(folder: string): ReadonlyMap<string, Declaration> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".d.ts") && !name.startsWith("gen"))
    .sort();
  const found = files.flatMap((file) =>
    declarationsOf(readFileSync(join(folder, file), "utf8"), file.replace(/\.d\.ts$/, "")),
  );
  // What is exported stands before what a file keeps to itself under the same name.
  const inOrder = found.sort((a, b) => Number(a.isExported) - Number(b.isExported));
  return new Map(inOrder.map((declaration) => [declaration.name, declaration]));
}

/** The names that a module hands on, in its order. */
export function exportedNames(source: string): string[] {
  const lists = source.matchAll(/^export (?:type )?\{([^}]*)\}/gm);
  return [...lists].flatMap(([, list = ""]) =>
    list
      .split(",")
      .map((name) => name.trim().replace(/^type /, ""))
      .filter((name) => name !== ""),
  );
}

function declarationsOf(text: string, module: string): Declaration[] {
  return statementsOf(text.split("\n"), "").flatMap(({ lines, comment }) => {
    const [, kind, name] = START.exec(lines[0] ?? "") ?? [];
    if (kind === undefined || name === undefined) return [];
    const isObject = kind === "const" && lines[0]?.endsWith("{") === true;
    const hasMembers = kind === "class" || kind === "interface" || isObject;
    const declaration: Declaration = {
      name,
      isExported: lines[0]?.startsWith("export ") === true,
      module,
      kind: kind as Declaration["kind"],
      head: inOneLine(hasMembers ? lines.slice(0, headLines(lines)) : lines)
        .replace(/^(?:export )?(?:declare )?/, "")
        .replace(/(?::? ?\{|;)$/, ""),
      comment,
      members: hasMembers ? membersOf(lines.slice(headLines(lines), -1)) : [],
      bases: basesOf(lines),
    };
    return [declaration];
  });
}

/** How many lines come before the members. */
function headLines(lines: readonly string[]): number {
  return lines.findIndex((line) => line.endsWith("{")) + 1;
}

function basesOf(lines: readonly string[]): string[] {
  const head = inOneLine(lines.slice(0, headLines(lines)));
  const list = / extends ((?:[\w.]+(?:<.*?>)?(?:, )?)+) ?\{$/.exec(head)?.[1] ?? "";
  return [...list.matchAll(/(?:^|, )(\w+)/g)].map(([, name = ""]) => name);
}

function membersOf(lines: readonly string[]): Member[] {
  return statementsOf(lines, "    ").flatMap(({ lines: own, comment }) => {
    const text = inOneLine(own)
      .replace(/;$/, "")
      .replace(/^readonly /, "");
    const name = /^(?:get |static )?([\w$]+|"[^"]*"|\[[\w.]+\])/.exec(text)?.[1];
    const isHidden = name === undefined || /^(?:private|#|"~|constructor)/.test(text);
    return isHidden || /^"~/.test(name) ? [] : [{ name, text, comment }];
  });
}

interface Statement {
  readonly lines: readonly string[];
  readonly comment: string;
}

/** What stands at an indentation, each with the comment before it. */
function statementsOf(lines: readonly string[], indent: string): Statement[] {
  const found: Statement[] = [];
  let own: string[] = [];
  let comment: string[] = [];
  let inComment = false;
  for (const line of lines) {
    const isHere = line.startsWith(indent) && !line.startsWith(`${indent} `);
    if (own.length === 0 && isHere && line.startsWith(`${indent}/**`)) {
      inComment = true;
      comment = [];
    }
    if (inComment) {
      comment.push(line);
      if (line.endsWith("*/")) inComment = false;
      continue;
    }
    own.push(line);
    if (!isHere || !/[;}]$/.test(line) || line.endsWith("{}")) continue;
    found.push({ lines: own, comment: proseOf(comment) });
    own = [];
    comment = [];
  }
  return found;
}

/** A comment as Markdown, in one line. */
function proseOf(comment: readonly string[]): string {
  return comment
    .map((line) => line.trim().replace(/^\/\*\* ?|^\* ?|\*\/$/g, ""))
    .join(" ")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function inOneLine(lines: readonly string[]): string {
  return lines.join(" ").replaceAll(/\s+/g, " ").trim();
}
