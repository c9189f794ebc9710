/**
 * The rules of the repository, as a test: layers and walls, no circles, no dead exports, heads,
 * sizes, words. Every exception stands in a table here with its reason, and an exception that
 * nothing needs any more fails too. The last part proves that each rule can fail.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { OPTIONS } from "../src/config/options.ts";
import { COUNTERS, GAUGES, HISTOGRAMS } from "../src/telemetry/metric-table.ts";
import {
  brokenImports,
  brokenTextWalls,
  brokenWalls,
  cycles,
  deadExports,
  type Edge,
  folderOf,
  forbiddenWords,
  isTest,
  longFiles,
  missingHeads,
  type TextWall,
  type Wall,
  wrongEdges,
} from "./tidy/rules.ts";
import { parseSource, ROOT, readSources } from "./tidy/source.ts";

/** From the bottom up. A folder may import what stands on a line before its own. */
const LAYERS = [
  ["base"],
  ["config", "http2"],
  ["telemetry"],
  ["schema", "record", "query"],
  ["blob", "wal", "store"],
  ["access", "tenant", "applier"],
  ["engine"],
  ["face", "link"],
  ["backup", "rpc", "http"],
  ["server", "cli"],
  ["main"],
] as const;

/** Imports between folders of one layer, one way only. Everything else sideways is refused. */
const SIDEWAYS: readonly Edge[] = [
  {
    from: "record",
    to: "schema",
    reason: "an operation carries typed values and type definitions; a schema knows no records",
  },
  {
    from: "query",
    to: "schema",
    reason: "a filter compares typed values",
  },
  {
    from: "cli",
    to: "server",
    reason: "`serve` and `dev` start the composition root",
  },
  {
    from: "access",
    to: "tenant",
    reason: "a token's claims name a tenant in the grammar of tenants' ids",
  },
  {
    from: "query",
    to: "record",
    reason: "a filter tests nodes, and a cursor holds values in their canonical encoding",
  },
];

const WALLS: readonly Wall[] = [
  {
    what: "src/store/writer/",
    from: ["src/applier/", "src/store/writer/"],
    reason: "handlers append, only the applier writes",
  },
  { what: "bun:sqlite", from: ["src/store/"], reason: "SQLite is the store's own affair" },
  { what: "node:sqlite", from: ["src/store/"], reason: "SQLite is the store's own affair" },
  {
    what: "gen/",
    from: ["src/rpc/"],
    reason: "generated messages stop at the edge: the log's codec is written by hand",
  },
  { what: "@aws-sdk/client-s3", from: ["src/blob/"], reason: "S3 is the blob store's own affair" },
  {
    what: "@aws-sdk/client-kinesis",
    from: ["src/wal/kinesis-wal/"],
    reason: "Kinesis is its log's own affair",
  },
  {
    what: "@smithy/node-http-handler",
    from: ["src/wal/kinesis-wal/"],
    reason: "only the client of Kinesis has to be told how to speak HTTP",
  },
  { what: "kafkajs", from: ["src/wal/kafka-wal/"], reason: "Kafka is its log's own affair" },
  { what: "prom-client", from: ["src/telemetry/"], reason: "metrics go through telemetry" },
  { what: "@logtape/logtape", from: ["src/telemetry/"], reason: "logs go through telemetry" },
  { what: "hono", from: ["src/http/", "src/server/"], reason: "REST lives in http" },
  { what: "commander", from: ["src/cli/"], reason: "arguments are the command line's affair" },
  {
    what: "node:http2",
    from: [],
    reason: "HTTP/2 is our own: the runtime's costs more than the calls that it carries",
  },
];

const TEXT_WALLS: readonly TextWall[] = [
  {
    what: /\b(?:process|Bun|import\.meta)\.env\b/,
    in: ["src/config/load.ts"],
    instead: "only config/load.ts reads the environment: take a Config",
  },
  {
    what: /\b(?:Date\.now|performance\.now|Math\.random|Bun\.nanoseconds|Bun\.sleep|AbortSignal\.timeout)\b|(?<![.#\w])set(?:Timeout|Interval)\(/,
    in: ["src/base/"],
    instead: "time, timers and randomness come through base (Clock, Random)",
  },
  {
    what: /\bprocess\.exit\(/,
    in: ["src/main.ts", "src/cli/"],
    instead: "only the command line ends the process",
  },
];

/** Exports that only a later part of the program or a script outside the sources uses. */
const UNUSED_EXPORTS: ReadonlySet<string> = new Set([]);

/** A file longer than this is two files. Those that were longer when the rule came may only shrink. */
const MAX_FILE_LINES = 400;
const LONG_FILES: Readonly<Record<string, number>> = {};
/** Shorter files explain themselves. */
const TRIVIAL_LINES = 80;

const WORDS = [
  {
    word: /(?:\/\/|^\s*\*|#|<!--).*\b(?:TODO|FIXME|HACK)\b(?!\(#\d+\))/m,
    instead: "name the issue: TODO(#12)",
    except: ["test/tidy.test.ts"],
  },
  {
    word: /@ts-ignore|@ts-nocheck/,
    instead: "say what is wrong with @ts-expect-error and a reason",
    except: ["test/tidy.test.ts", "biome.json"],
  },
  { word: /^\s*\* @(?:param|returns?)\b/m, instead: "prose instead of tags" },
  {
    word: /\bconsole\.log\(/,
    instead: "log through telemetry, print through cli/output.ts",
    except: [
      "test/tidy.test.ts",
      "test/lint.test.ts",
      "src/cli/output.ts",
      "scripts/ci.ts",
      "test/bench/",
      "test/fault/",
      "docs/",
      "README.md",
      "sdk/",
      "examples/",
    ],
  },
  {
    word: /(?:^|[\s"'`(])\/(?:work|home\/\w+|root)\//m,
    instead: "a path of one machine",
    except: ["test/tidy.test.ts"],
  },
];

const METRIC_TABLE = "src/telemetry/metric-table.ts";
const MAX_TRACKED_BYTES = 512 * 1024;

const sources = readSources();
const tracked = Bun.spawnSync(["git", "ls-files", "-co", "--exclude-standard"], { cwd: ROOT })
  .stdout.toString()
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(ROOT, path)));

describe("the repository", () => {
  test("imports name files that exist, with their suffix", () => {
    expect(brokenImports(sources, (path) => existsSync(join(ROOT, path)))).toEqual([]);
  });
  test("imports go down the layers", () => {
    expect(wrongEdges(sources, LAYERS, SIDEWAYS)).toEqual([]);
  });
  test("walls hold", () => {
    expect(brokenWalls(sources, WALLS)).toEqual([]);
    expect(brokenTextWalls(sources, TEXT_WALLS)).toEqual([]);
  });
  test("files do not import each other in circles", () => {
    expect(cycles(sources)).toEqual([]);
  });
  test("what is exported is imported somewhere", () => {
    expect(deadExports(sources, UNUSED_EXPORTS)).toEqual([]);
  });
  test("files of some size say what they guarantee", () => {
    expect(missingHeads(sources, TRIVIAL_LINES)).toEqual([]);
  });
  test("files stay readable in one sitting", () => {
    expect(longFiles(sources, MAX_FILE_LINES, LONG_FILES)).toEqual([]);
  });
  test("functions stay under 70 lines: the linter counts them, without exceptions in src", () => {
    const biome = JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8"));
    const rule = biome.linter.rules.complexity.noExcessiveLinesPerFunction;
    expect(rule).toEqual({ level: "error", options: { maxLines: 70, skipBlankLines: true } });
    const relaxed = biome.overrides.filter((override: object) =>
      JSON.stringify(override).includes("noExcessiveLinesPerFunction"),
    );
    expect(relaxed).toHaveLength(1);
    expect(relaxed[0].includes).toEqual(["**/*.test.ts", "test/contract/**", "test/harness/**"]);
  });
  test("no forbidden words", () => {
    const texts = tracked
      .filter((path) => /\.(ts|md|json|proto|toml|grit|ya?ml)$|^\.ci\//.test(path))
      .filter((path) => !path.startsWith("gen/") && !path.endsWith("bun.lock"))
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
    expect(forbiddenWords(texts, WORDS)).toEqual([]);
  });
  test("dependencies are exact, used, and explained in docs/dependencies.md", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const page = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8");
    const explained = [...page.matchAll(/^\| `([^`]+)` \| (\S+) \|/gm)].map(
      ([, name = "", version = ""]) => [name, version],
    );
    const declared = Object.entries<string>({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    });
    expect(explained.sort()).toEqual(declared.sort());
    expect(declared.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(manifest.trustedDependencies).toEqual([]);
    const imported = (name: string) =>
      sources.some(({ imports }) =>
        imports.some(({ specifier }) => specifier === name || specifier.startsWith(`${name}/`)),
      );
    const tools = [
      "typescript",
      "@types/bun",
      "@biomejs/biome",
      "@bufbuild/buf",
      "@bufbuild/protoc-gen-es",
    ];
    expect(declared.map(([name]) => name).filter((name) => !imported(name))).toEqual(tools.sort());
  });
  test("every setting is read, and every metric is fed, outside the table that declares it", () => {
    const elsewhere = sources
      .filter(({ path }) => path.startsWith("src/") && !isTest(path))
      .filter(({ path }) => !path.startsWith("src/config/") && path !== METRIC_TABLE);
    const unread = Object.keys(OPTIONS).filter((key) => {
      const use = new RegExp(`(?<!limits\\.)\\b${key}\\b`);
      return !elsewhere.some(({ code, path }) => path !== "src/base/limits.ts" && use.test(code));
    });
    const metrics = Object.keys({ ...COUNTERS, ...HISTOGRAMS, ...GAUGES });
    const unfed = metrics.filter((name) => {
      return !elsewhere.some(({ uncommented }) => uncommented.includes(`"${name}"`));
    });
    expect({ unread, unfed }).toEqual({ unread: [], unfed: [] });
  });
  test("nothing large is kept", () => {
    expect(tracked.filter((path) => statSync(join(ROOT, path)).size > MAX_TRACKED_BYTES)).toEqual(
      [],
    );
  });
});

describe("each rule can fail", () => {
  const good = parseSource("src/base/a.ts", "export const a = 1;\n");
  const parse = (path: string, text: string) => [good, parseSource(path, text)];
  const importing = (path: string, specifier: string) =>
    parse(path, `import { a } from "${specifier}";\na;\n`);

  test("a missing suffix, a missing file", () => {
    const exists = (path: string) => path === "src/base/a.ts";
    expect(brokenImports(importing("src/wal/b.ts", "../base/a"), exists)).toHaveLength(1);
    expect(brokenImports(importing("src/wal/b.ts", "../base/c.ts"), exists)).toHaveLength(1);
    expect(brokenImports(importing("src/wal/b.ts", "../base/a.ts"), exists)).toEqual([]);
  });
  test("an import upwards, sideways, from an unknown folder; an edge that nobody uses", () => {
    const check = (path: string, specifier: string) =>
      wrongEdges(importing(path, specifier), LAYERS, []);
    expect(check("src/base/b.ts", "../wal/wal.ts")).toHaveLength(1);
    expect(check("src/wal/b.ts", "../store/c.ts")).toHaveLength(1);
    expect(check("src/other/b.ts", "../base/a.ts")).toHaveLength(1);
    expect(check("src/wal/file-wal/b.ts", "../../base/a.ts")).toEqual([]);
    expect(check("src/rpc/b.ts", "../main.ts")).toHaveLength(1);
    const edge = { from: "wal", to: "store", reason: "" };
    expect(wrongEdges(importing("src/wal/b.ts", "../store/c.ts"), LAYERS, [edge])).toEqual([]);
    expect(wrongEdges([good], LAYERS, [edge])).toHaveLength(1);
    const upwards = { from: "base", to: "wal", reason: "" };
    expect(wrongEdges(importing("src/base/b.ts", "../wal/c.ts"), LAYERS, [upwards])).toHaveLength(
      2,
    );
  });
  test("an import through a wall, a word behind one", () => {
    expect(brokenWalls(importing("src/rpc/b.ts", "../store/writer/w.ts"), WALLS)).toHaveLength(1);
    expect(brokenWalls(importing("src/wal/b.ts", "bun:sqlite"), WALLS)).toHaveLength(1);
    expect(brokenWalls(importing("src/record/b.ts", "../../gen/x_pb.ts"), WALLS)).toHaveLength(1);
    expect(brokenWalls(importing("src/rpc/calls.ts", "../../gen/x_pb.ts"), WALLS)).toEqual([]);
    expect(brokenWalls(importing("src/http/b.ts", "prom-client"), WALLS)).toHaveLength(1);
    expect(brokenTextWalls(parse("src/wal/b.ts", "process.env;"), TEXT_WALLS)).toHaveLength(1);
    expect(brokenTextWalls(parse("src/wal/b.ts", "`${Date.now()}`;"), TEXT_WALLS)).toHaveLength(1);
    expect(brokenTextWalls(parse("src/wal/b.ts", "socket.setTimeout(3);"), TEXT_WALLS)).toEqual([]);
    expect(
      brokenTextWalls(parse("src/wal/b.ts", '// process.env\n"process.env";'), TEXT_WALLS),
    ).toEqual([]);
  });
  test("a circle of three", () => {
    const file = (name: string, next: string) =>
      parseSource(`src/wal/${name}.ts`, `import type { A } from "./${next}.ts";\n`);
    expect(cycles([file("a", "b"), file("b", "c"), file("c", "a")])).toHaveLength(1);
    expect(cycles([file("a", "b"), file("b", "c")])).toEqual([]);
  });
  test("a dead export, and an exception that is not needed", () => {
    expect(deadExports([good], new Set())).toHaveLength(1);
    expect(deadExports([good], new Set(["src/base/a.ts#a"]))).toEqual([]);
    expect(deadExports(importing("src/wal/b.ts", "../base/a.ts"), new Set())).toEqual([]);
    expect(
      deadExports(importing("src/wal/b.ts", "../base/a.ts"), new Set(["src/base/a.ts#a"])),
    ).toHaveLength(1);
    const part = parseSource(
      "src/base/t.ts",
      "export interface Part {}\nexport interface Alone {}\nlet p: Part;\n",
    );
    expect(deadExports([part], new Set())).toEqual([
      "src/base/t.ts#Alone is exported, and imported nowhere",
    ]);
  });
  test("a file without a head, a long one", () => {
    const body = "a();\n".repeat(TRIVIAL_LINES + 1);
    expect(missingHeads([parseSource("src/wal/b.ts", body)], TRIVIAL_LINES)).toHaveLength(1);
    expect(
      missingHeads([parseSource("src/wal/b.ts", `/** Head. */\n${body}`)], TRIVIAL_LINES),
    ).toEqual([]);
    const behind = `import { a } from "./a.ts";\n\n/** Head. */\n${body}`;
    expect(missingHeads([parseSource("src/wal/b.ts", behind)], TRIVIAL_LINES)).toEqual([]);
    expect(longFiles([parseSource("src/wal/b.ts", body)], 50, {})).toHaveLength(1);
    expect(longFiles([parseSource("src/wal/b.ts", body)], 50, { "src/wal/b.ts": 81 })).toEqual([]);
  });
  test("a forbidden word", () => {
    const check = (text: string) => forbiddenWords([{ path: "src/wal/b.ts", text }], WORDS);
    expect(check("\n// TODO later")).toEqual(["src/wal/b.ts:2: name the issue: TODO(#12)"]);
    expect(check("// TODO(#12) later")).toEqual([]);
    expect(check("console.log(1)")).toHaveLength(1);
    expect(check(" * @param a what")).toHaveLength(1);
    expect(check('open("/home/me/x")')).toHaveLength(1);
  });
  test("what stands in comments, strings and regular expressions is no code", () => {
    const { code, exports, imports } = parseSource(
      "src/wal/b.ts",
      'const a = /["\'`]/; // "x\nconst b = `t ${c("d")} e`;\n/* export const no = 1; */\nexport const yes = "`";\nawait import("./z.ts");\n',
    );
    expect(code).toContain("c(");
    expect(exports).toEqual([{ name: "yes", kind: "value" }]);
    expect(imports.map(({ target }) => target)).toEqual(["src/wal/z.ts"]);
    expect(folderOf("src/wal/b.ts")).toBe("wal");
  });
});
