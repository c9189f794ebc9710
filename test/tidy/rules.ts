/**
 * The rules of the repository as pure functions: sources in, complaints out, each a sentence
 * with the file in front. The tables with names, reasons and exceptions are in tidy.test.ts.
 */
import type { Source } from "./source.ts";

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** Who may import what (a module, or a folder that ends in "/"). Paths ending in "/" mean everything below. */
export interface Wall {
  readonly what: string;
  readonly from: readonly string[];
  readonly reason: string;
}

/** A piece of code that may stand only in some places. */
export interface TextWall {
  readonly what: RegExp;
  readonly in: readonly string[];
  readonly instead: string;
}

export const isTest = (path: string) => path.endsWith(".test.ts") || path.startsWith("test/");

/** "src/wal/file-wal/segment.ts" → "wal"; files directly in src are their own folder ("main"). */
export function folderOf(path: string): string | undefined {
  const match = /^src\/([^/]+?)(?:\/|\.ts$)/.exec(path);
  return match?.[1];
}

const under = (path: string, places: readonly string[]) =>
  places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));

/** Imports name their file, with its suffix, and the file is there. */
export function brokenImports(
  sources: readonly Source[],
  exists: (path: string) => boolean,
): string[] {
  return sources.flatMap((source) =>
    source.imports.flatMap(({ specifier, target }) => {
      if (target === undefined) return [];
      if (!/\.(ts|json|txt|html|css)$/.test(target))
        return [`${source.path}: "${specifier}" lacks .ts`];
      return exists(target) ? [] : [`${source.path}: "${specifier}" does not exist`];
    }),
  );
}

/** Imports go down the layers; those sideways stand in the table; an edge that nobody uses leaves it. */
export function wrongEdges(
  sources: readonly Source[],
  layers: readonly (readonly string[])[],
  sideways: readonly Edge[],
): string[] {
  const level = new Map(layers.flatMap((folders, index) => folders.map((name) => [name, index])));
  const known = (from: string, to: string) =>
    sideways.find((edge) => edge.from === from && edge.to === to);
  const used = new Set<Edge>();
  const verdict = (from: string, to: string): boolean => {
    const difference = (level.get(from) ?? -1) - (level.get(to) ?? Number.POSITIVE_INFINITY);
    if (difference !== 0) return difference > 0;
    const edge = known(from, to);
    if (edge !== undefined) used.add(edge);
    return edge !== undefined;
  };
  const wrong = folderImports(sources)
    .filter(({ from, to }) => !verdict(from, to))
    .map(({ path, from, to }) => `${path}: ${from} must not import ${to}`);
  const unused = sideways.filter((edge) => !used.has(edge));
  return [...wrong, ...unused.map(({ from, to }) => `table: nobody uses ${from} → ${to}`)];
}

/** Each import from one folder of src into another. */
function folderImports(
  sources: readonly Source[],
): { readonly path: string; readonly from: string; readonly to: string }[] {
  return sources
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, imports }) =>
      imports.flatMap(({ target }) => {
        const from = folderOf(path);
        const to = target === undefined ? undefined : folderOf(target);
        return from === undefined || to === undefined || from === to ? [] : [{ path, from, to }];
      }),
    );
}

/** Imports across a wall. A wall's `what` is a package, a module or a path in the repository. */
export function brokenWalls(sources: readonly Source[], walls: readonly Wall[]): string[] {
  const matches = (what: string, imported: string) =>
    what.endsWith("/")
      ? imported.startsWith(what)
      : imported === what || imported.startsWith(`${what}/`);
  return sources
    .filter(({ path }) => path.startsWith("src/") && !isTest(path))
    .flatMap((source) =>
      source.imports.flatMap(({ specifier, target }) =>
        walls
          .filter(
            (wall) => matches(wall.what, target ?? specifier) && !under(source.path, wall.from),
          )
          .map((wall) => `${source.path}: imports ${target ?? specifier}; ${wall.reason}`),
      ),
    );
}

export function brokenTextWalls(sources: readonly Source[], walls: readonly TextWall[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith("src/") && !isTest(path))
    .flatMap((source) =>
      walls
        .filter((wall) => wall.what.test(source.code) && !under(source.path, wall.in))
        .map((wall) => `${source.path}: ${wall.what.source}; ${wall.instead}`),
    );
}

/** Circles of imports between files, each once, as the files along it. */
export function cycles(sources: readonly Source[]): string[] {
  const next = new Map(
    sources.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]) => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(" → "));
    if (at >= 0 || done.has(path)) return;
    for (const target of next.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of sources) walk(path, []);
  return found;
}

/**
 * Exports that no other file imports. A type that an export of its own file mentions counts as
 * used: it names a part of a signature.
 */
export function deadExports(sources: readonly Source[], allowed: ReadonlySet<string>): string[] {
  const used = new Set<string>();
  const whole = new Set<string>();
  for (const { path, imports } of sources) {
    for (const { target, names } of imports) {
      if (target === undefined || target === path) continue;
      if (names === "*") whole.add(target);
      else for (const name of names) used.add(`${target}#${name}`);
    }
  }
  const dead = sources
    .filter(({ path }) => path.startsWith("src/"))
    .flatMap(({ path, exports, code }) =>
      exports
        .filter(({ name }) => !whole.has(path) && !used.has(`${path}#${name}`))
        .filter(({ name, kind }) => kind === "value" || mentions(code, name) < 2)
        .map(({ name }) => `${path}#${name}`),
    );
  const stale = [...allowed].filter((entry) => !dead.includes(entry));
  return [
    ...dead
      .filter((entry) => !allowed.has(entry))
      .map((entry) => `${entry} is exported, and imported nowhere`),
    ...stale.map((entry) => `table: ${entry} needs no exception`),
  ];
}

function mentions(code: string, name: string): number {
  return code.match(new RegExp(`\\b${name}\\b`, "g"))?.length ?? 0;
}

/** A file of some size opens with what it guarantees: a comment, before its imports or right behind them. */
export function missingHeads(sources: readonly Source[], trivialLines: number): string[] {
  return sources
    .filter(
      ({ path, text }) => path.startsWith("src/") && !isTest(path) && lines(text) > trivialLines,
    )
    .filter(({ text, uncommented }) => {
      const head = /^\s*\/[/*]/.test(text);
      const firstCode = uncommented.replace(IMPORTS, spacesOf).search(/\S/);
      return !head && !/\*\/\s*$/.test(text.slice(0, firstCode));
    })
    .map(({ path }) => `${path}: says nowhere what it guarantees (a comment at its top)`);
}

const IMPORTS = /^import\s[^;]*;/gm;
const spacesOf = (text: string) => text.replace(/[^\n]/g, " ");

/** Files over the limit, except those in the ratchet, which may shrink but not grow. */
export function longFiles(
  sources: readonly Source[],
  maxLines: number,
  ratchet: Readonly<Record<string, number>>,
): string[] {
  return sources
    .filter(({ path }) => path.startsWith("src/") && !isTest(path))
    .filter(({ path, text }) => lines(text) > (ratchet[path] ?? maxLines))
    .map(
      ({ path, text }) => `${path}: ${lines(text)} lines, more than ${ratchet[path] ?? maxLines}`,
    );
}

export function lines(text: string): number {
  return text.split("\n").length - 1;
}

/** Words that must not stand in any file, with what to do instead. */
export function forbiddenWords(
  files: readonly { readonly path: string; readonly text: string }[],
  words: readonly {
    readonly word: RegExp;
    readonly instead: string;
    readonly except?: readonly string[];
  }[],
): string[] {
  return files.flatMap(({ path, text }) =>
    words.flatMap(({ word, instead, except = [] }) => {
      const at = under(path, except) ? -1 : text.search(word);
      return at < 0 ? [] : [`${path}:${lines(text.slice(0, at)) + 1}: ${instead}`];
    }),
  );
}
