/**
 * Proves that the lint rules bite: every rule that holds a promise of this code base is
 * run, with the repository's own configuration, over a sample that breaks it and, where
 * the line is fine, over one that does not. A rule that stops matching after an upgrade of
 * Biome fails here instead of silently letting everything through.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "..");

/** One sample: where it would lie, what it says, and a part of each finding it must cause (none: it is good). */
interface Sample {
  readonly name: string;
  readonly path: string;
  readonly code: string;
  readonly findings: readonly string[];
}

const SYNC = "A transaction's callback must be synchronous";
const SQL = "SQL must not be put together from strings";
const AMBIENT = "Time, timers and randomness come through src/base";
const ENVIRONMENT = "The environment is read by src/config/load.ts only";

const DB = "declare const db: any; declare const x: string; declare const COLUMNS: string;\n";

function bad(name: string, path: string, code: string, ...findings: string[]): Sample {
  return { name, path, code, findings };
}
function good(name: string, path: string, code: string): Sample {
  return { name, path, code, findings: [] };
}

const SAMPLES: readonly Sample[] = [
  bad(
    "async arrow in a transaction",
    "src/store/a1.ts",
    "db.transaction(async () => { await x; })",
    SYNC,
  ),
  bad(
    "async arrow, typed call",
    "src/store/a2.ts",
    "db.transaction<number>(async (n: number) => n)",
    SYNC,
  ),
  bad(
    "async function",
    "src/store/a3.ts",
    "db.transaction(async function late() { await x; })",
    SYNC,
  ),
  bad(
    "async on a private field",
    "src/store/a4.ts",
    "class A { #db = db; f() { this.#db.transaction(async () => x); } }",
    SYNC,
  ),
  good("synchronous callback", "src/store/a5.ts", "db.transaction(() => x)"),
  good("a callback named async…", "src/store/a6.ts", "db.transaction(() => db.asynchronous(x))"),

  bad("template in query", "src/store/s1.ts", "db.query(`SELECT ${x}`)", SQL),
  bad("template, typed call", "src/store/s2.ts", "db.query<A, B>(`SELECT ${x}`)", SQL),
  bad("concatenation in prepare", "src/store/s3.ts", 'db.prepare("SELECT " + x)', SQL),
  bad(
    "template in run with values",
    "src/store/s4.ts",
    "db.run(`DELETE FROM t WHERE id = ${x}`, [1])",
    SQL,
  ),
  bad("template in exec", "src/store/s5.ts", "db.exec(`DROP TABLE ${x}`)", SQL),
  bad("a constant and a value", "src/store/s6.ts", "db.query(`SELECT ${COLUMNS} WHERE ${x}`)", SQL),
  bad("a value over several lines", "src/store/s7.ts", "db.query(`SELECT 1\n  FROM ${x}`)", SQL),
  bad(
    "a call that only begins in upper case",
    "src/store/s8.ts",
    "db.query(`SELECT ${COLUMNS.concat(x)}`)",
    SQL,
  ),
  good("constants", "src/store/s9.ts", "db.query(`SELECT ${COLUMNS} FROM nodes\n WHERE id = ?`)"),
  good("a name", "src/store/s10.ts", "db.query(x)"),

  bad("Date.now", "src/wal/t1.ts", "export const t = Date.now();", AMBIENT),
  bad("Date.now as a value", "src/wal/t2.ts", "export const t = { now: Date.now };", AMBIENT),
  bad("new Date()", "src/wal/t3.ts", "export const t = new Date();", AMBIENT),
  bad("performance.now", "src/wal/t4.ts", "export const t = performance.now();", AMBIENT),
  bad("setTimeout", "src/wal/t5.ts", "setTimeout(() => x, 1);", AMBIENT),
  bad("setInterval, passed on", "src/wal/t6.ts", "export const t = { setInterval };", AMBIENT),
  bad("AbortSignal.timeout", "src/wal/t7.ts", "export const t = AbortSignal.timeout(1);", AMBIENT),
  bad("Math.random", "src/wal/t8.ts", "export const t = Math.random();", AMBIENT),
  bad("crypto.randomUUID", "src/wal/t9.ts", "export const t = crypto.randomUUID();", AMBIENT),
  bad(
    "node:timers",
    "src/wal/t10.ts",
    'import { setTimeout as sleep } from "node:timers/promises"; sleep;',
    AMBIENT,
  ),
  bad(
    "randomBytes",
    "src/wal/t11.ts",
    'import { randomBytes } from "node:crypto"; randomBytes;',
    AMBIENT,
  ),
  good(
    "hashes",
    "src/wal/t12.ts",
    'import { createHash } from "node:crypto";\nexport const h = createHash;',
  ),
  good("a given moment", "src/wal/t13.ts", "export const t = new Date(3).toISOString();"),
  good(
    "a socket's own timeout",
    "src/wal/t14.ts",
    "export const f = (s: { setTimeout(ms: number): void }) => s.setTimeout(3);",
  ),
  good("in base", "src/base/t15.ts", "export const t = Date.now();"),
  good("in a test", "src/wal/t16.test.ts", "export const t = Date.now();"),

  bad("process.env", "src/cli/e1.ts", "export const e = process.env;", ENVIRONMENT, "noProcessEnv"),
  bad("Bun.env", "src/cli/e2.ts", "export const e = Bun.env;", ENVIRONMENT),
  bad("imported env", "src/cli/e3.ts", 'import { env } from "node:process"; env;', ENVIRONMENT),
  good("in the loader", "src/config/load.ts", "export const e = process.env;"),

  bad("default export", "src/wal/m1.ts", "export default 1;", "noDefaultExport"),
  bad("barrel", "src/wal/m2.ts", 'export { t } from "./t1.ts";', "noBarrelFile"),
  bad("re-export of all", "src/wal/m3.ts", 'export * from "./t1.ts";', "noReExportAll"),
  bad("enum", "src/wal/m4.ts", "export enum E { A, B }", "noEnum"),
  bad("console", "src/wal/m5.ts", "console.log(1);", "noConsole"),
  good("console in the command line's output", "src/cli/output.ts", "console.log(1);"),
  bad("any", "src/wal/m6.ts", "export const f = (a: any) => a;", "noExplicitAny"),
  bad(
    "private instead of #",
    "src/wal/m7.ts",
    "export class A { private a = 1; b() { return this.a; } }",
    "useConsistentMemberAccessibility",
  ),
  bad(
    "import without suffix",
    "src/wal/m8.ts",
    'import { t } from "./t1"; t;',
    "useImportExtensions",
  ),
  bad(
    "undeclared dependency",
    "src/wal/m9.ts",
    'import { t } from "left-pad"; t;',
    "noUndeclaredDependencies",
  ),
  bad(
    "floating promise",
    "src/wal/m10.ts",
    "async function f() { await x; }\nf();",
    "noFloatingPromises",
  ),
  bad(
    "non-null assertion",
    "src/wal/m11.ts",
    "export const f = (a: string | null) => a!.length;",
    "noNonNullAssertion",
  ),
  bad(
    "a function of 71 lines",
    "src/wal/m12.ts",
    `export function f() {\n${"  x;\n".repeat(71)}}`,
    "noExcessiveLinesPerFunction",
  ),
  good(
    "a function of 60 lines",
    "src/wal/m13.ts",
    `export function f(g: () => void) {\n${"  g();\n".repeat(60)}}`,
  ),
  bad(
    "cycle, one end",
    "src/wal/c1.ts",
    'import { b } from "./c2.ts";\nexport const a = () => b;',
    "noImportCycles",
  ),
  bad(
    "cycle, other end",
    "src/wal/c2.ts",
    'import { a } from "./c1.ts";\nexport const b = () => a;',
    "noImportCycles",
  ),
];

/** Findings by file, each as "category: message". */
const findings = new Map<string, string[]>();
let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "entdb-lint-"));
  for (const name of ["biome.json", "lint", "package.json", ".gitignore", "tsconfig.json"]) {
    await cp(join(ROOT, name), join(root, name), { recursive: true });
  }
  for (const sample of SAMPLES) {
    const file = join(root, sample.path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${DB}${sample.code}\n`);
  }
  const biome = Bun.spawn(
    [
      join(ROOT, "node_modules/.bin/biome"),
      ...["lint", "--reporter=json", "--max-diagnostics=none", "src"],
    ],
    { cwd: root, stdout: "pipe", stderr: "pipe" },
  );
  const [out, err] = await Promise.all([biome.stdout.text(), biome.stderr.text()]);
  await biome.exited;
  if (!out.startsWith("{")) throw new Error(`biome gave no report: ${err}`);
  for (const found of (JSON.parse(out) as BiomeReport).diagnostics) {
    const list = findings.get(found.location.path) ?? [];
    list.push(`${found.category}: ${found.message}`);
    findings.set(found.location.path, list);
  }
});

interface BiomeReport {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly message: string;
    readonly location: { readonly path: string };
  }[];
}

afterAll(() => rm(root, { recursive: true, force: true }));

// What the preamble of every sample causes by itself is no finding of the sample.
const NOISE =
  /noExplicitAny|noUnusedVariables|noUnusedExpressions|noUnusedImports|noUndeclaredVariables/;

for (const sample of SAMPLES) {
  const verdict = sample.findings.length === 0 ? "passes" : "is refused";
  test(`${sample.name} ${verdict} (${sample.path})`, () => {
    const found = findings.get(sample.path) ?? [];
    for (const part of sample.findings) {
      expect(found.filter((finding) => finding.includes(part))).not.toBeEmpty();
    }
    if (sample.findings.length === 0) {
      expect(found.filter((finding) => !NOISE.test(finding))).toEqual([]);
    }
  });
}

test("the formatter's settings are the ones agreed on", async () => {
  const biome = Bun.spawn(
    [join(ROOT, "node_modules/.bin/biome"), "format", "--stdin-file-path=a.ts"],
    {
      cwd: ROOT,
      stdin: new Blob(["if (a) {\nb('c')\n}"]),
      stdout: "pipe",
    },
  );
  expect(await biome.stdout.text()).toBe('if (a) {\n  b("c");\n}\n');
});
