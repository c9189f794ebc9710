/**
 * What the repository rules look at: every TypeScript file with its imports and exports, and
 * its text once without comments and once without what stands inside strings. It reads the
 * shapes that the formatter leaves (a statement begins at the start of a line), not all of
 * TypeScript.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";

export const ROOT = resolve(import.meta.dir, "../..");

export interface Import {
  /** As written: "../base/errors.ts", "node:fs". */
  readonly specifier: string;
  /** Path from the repository's root for relative imports, otherwise undefined. */
  readonly target: string | undefined;
  /** Imported names; "*" when the whole module is taken. */
  readonly names: readonly string[] | "*";
}

export interface Export {
  readonly name: string;
  /** Types may be exported only to name a part of an exported signature; values must be used. */
  readonly kind: "value" | "type";
}

export interface Source {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments blanked. */
  readonly uncommented: string;
  /** The text with comments and the contents of strings and templates' fixed parts blanked. */
  readonly code: string;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

/** Every TypeScript file of the repository's own folders, except what is generated. */
export function readSources(): Source[] {
  const folders = ["src", "test", "scripts", "sdk"].filter((name) => existsSync(join(ROOT, name)));
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !/(?:^|\/)(?:node_modules|dist)\//.test(name))
      .sort()
      .map((name) => {
        const path = `${folder}/${name}`;
        return parseSource(path, readFileSync(join(ROOT, path), "utf8"));
      }),
  );
}

export function parseSource(path: string, text: string): Source {
  const { uncommented, code } = blank(text);
  return {
    path,
    text,
    uncommented,
    code,
    imports: parseImports(path, uncommented, code),
    exports: parseExports(code),
  };
}

const IMPORT_FROM =
  /^(?:import|export)\s+(?:type\s+)?(\*(?:\s+as\s+\w+)?|\w+|\{[^}]*\}|\w+,\s*\{[^}]*\})\s+from\s+"([^"]+)"/gm;
const IMPORT_ONLY = /^import\s+"([^"]+)"/gm;
/** Modules named where they are used: `import("…")`, `new Worker("…")`, `new URL("….ts", import.meta.url)`. */
const IMPORT_INSIDE = /\b(?:import|new Worker|new URL)\(\s*"([^"]+)"/g;

function parseImports(path: string, text: string, code: string): Import[] {
  const target = (specifier: string) =>
    specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : undefined;
  const found: Import[] = [];
  for (const [, clause = "", specifier = ""] of text.matchAll(IMPORT_FROM)) {
    found.push({ specifier, target: target(specifier), names: importedNames(clause) });
  }
  for (const pattern of [IMPORT_ONLY, IMPORT_INSIDE]) {
    for (const { 1: specifier = "", index } of text.matchAll(pattern)) {
      // What stands inside a string is blank in the code, and no import.
      if (code[index] === " ") continue;
      const names = pattern === IMPORT_ONLY ? [] : "*";
      found.push({ specifier, target: target(specifier), names });
    }
  }
  return found;
}

function importedNames(clause: string): readonly string[] | "*" {
  if (clause.startsWith("*")) return "*";
  const braces = /\{([^}]*)\}/.exec(clause)?.[1];
  if (braces === undefined) return ["default"];
  return braces
    .split(",")
    .map(
      (part) =>
        part
          .trim()
          .replace(/^type\s+/, "")
          .split(/\s+as\s+/)[0] ?? "",
    )
    .filter((name) => name !== "");
}

const EXPORT =
  /^export\s+(?:declare\s+)?(?:(?:async\s+)?(function)\*?|(?:abstract\s+)?(class)|(const|let)|(interface|type))\s+(\w+)/gm;
const EXPORT_LIST = /^export\s+(type\s+)?\{([^}]*)\}/gm;

function parseExports(code: string): Export[] {
  const found: Export[] = [];
  for (const match of code.matchAll(EXPORT)) {
    found.push({ name: match[5] ?? "", kind: match[4] === undefined ? "value" : "type" });
  }
  for (const [, type, list = ""] of code.matchAll(EXPORT_LIST)) {
    for (const part of list.split(",").map((entry) => entry.trim())) {
      if (part === "") continue;
      const name =
        part
          .replace(/^type\s+/, "")
          .split(/\s+as\s+/)
          .at(-1) ?? "";
      found.push({ name, kind: type !== undefined || part.startsWith("type ") ? "type" : "value" });
    }
  }
  return found;
}

/** Comments, strings, templates and regular expressions, whichever begins first. */
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|(?<=(?:^|[(,=:[!&|?{};+*%~<>-]|\breturn|=>)\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/gm;

const spaces = (text: string) => text.replace(/[^\n]/g, " ");

/** Keeps every character's line and column; what is blanked becomes spaces. */
function blank(text: string): { uncommented: string; code: string } {
  const isComment = (token: string) => token.startsWith("//") || token.startsWith("/*");
  const uncommented = text.replace(TOKEN, (token) => (isComment(token) ? spaces(token) : token));
  const code = text.replace(TOKEN, (token) => {
    if (isComment(token)) return spaces(token);
    if (token.startsWith("`")) return blankTemplate(token);
    return token.charAt(0) + spaces(token.slice(1, -1)) + token.charAt(token.length - 1);
  });
  return { uncommented, code };
}

/** Keeps what stands in `${…}`: it is code. */
function blankTemplate(token: string): string {
  let result = "";
  let from = 0;
  for (const match of token.matchAll(/\$\{([^{}]*)\}/g)) {
    result += `${spaces(token.slice(from, match.index))}  ${match[1] ?? ""} `;
    from = match.index + match[0].length;
  }
  return result + spaces(token.slice(from));
}
