/**
 * The package as it is published: what is in its tarball, and that a program in an empty directory
 * that has nothing but it compiles, without skipping its declarations, and runs. The programs are the
 * README's and those of the documentation's other pages.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { NODE_22, run } from "../../scripts/run.ts";
import { pages, withAddresses } from "../fixtures/pages.ts";
import { TestServer } from "../fixtures/server.ts";

const PACKAGE = join(import.meta.dir, "../..");
const PROGRAM_TSCONFIG = {
  compilerOptions: {
    target: "ES2024",
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    types: ["node"],
  },
  include: ["*.ts"],
};

/** A page's, which has neither Node's types nor the newest libraries. */
const BROWSER_TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022", "DOM", "DOM.Iterable"],
    module: "ESNext",
    moduleResolution: "bundler",
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: [],
  },
  files: ["docs-getting-started-md.ts"],
};

const PAGES = pages();
/** Where a page's program stands, without its suffix. */
const moduleOf = (path: string) => path.replaceAll(/\W/g, "-");

/** What programs say at their ends and in their middles. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  "sdk/typescript/README.md": [
    ...["Review PR doing", "Alice", "alice@example.com", "UNIQUE_CONFLICT", "[ 'email' ]"],
  ],
  "docs/getting-started.md": ["Order more coffee\nis Bob 's\n", "nodeUpdated"],
};

let directory: string;
let tarball: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "entdb-package-"));
  run(["npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", directory], PACKAGE);
  tarball = join(directory, readdirSync(directory).find((name) => name.endsWith(".tgz")) ?? "");
}, 60_000);

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** What the package's own files import. */
function importsOfSources(): { readonly file: string; readonly specifier: string }[] {
  return readdirSync(join(PACKAGE, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const file = join(PACKAGE, "src", name);
      const text = readFileSync(file, "utf8");
      return [...text.matchAll(/\bfrom "([^"]+)"/g)].map(([, specifier = ""]) => ({
        file,
        specifier,
      }));
    });
}

describe("the tarball", () => {
  test("holds what is published and nothing else", () => {
    const names = run(["tar", "-tzf", tarball], directory).trim().split("\n");
    expect(names.filter((name) => !/^package\/dist\/.*\.(js|d\.ts)$/.test(name)).sort()).toEqual([
      "package/LICENSE",
      "package/README.md",
      "package/package.json",
    ]);
    expect(names).toContain("package/dist/index.d.ts");
    expect(names).toContain("package/dist/node.js");
    expect(names.length).toBeGreaterThan(50);
  });

  test("depends on exact versions, and on nothing of the server", () => {
    const versions = Object.values(manifest.dependencies);
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const packages = new Set(Object.keys(manifest.dependencies));
    const isOwn = (file: string, specifier: string) =>
      normalize(join(dirname(file), specifier)).startsWith(join(PACKAGE, "src"));
    const strangers = importsOfSources().filter(({ file, specifier }) => {
      if (specifier.startsWith(".")) return !isOwn(file, specifier);
      // What only Node and Bun have stays behind their own door.
      if (specifier.startsWith("node:"))
        return !/\/(?:transport\/http2\/[a-z-]+|events\/correlation)\.ts$/.test(file);
      return !packages.has(specifier.split("/").slice(0, 2).join("/"));
    });
    expect(strangers).toEqual([]);
  });
});

describe("a program that has nothing but the package", () => {
  beforeAll(() => {
    const devDependencies = {
      "@types/node": manifest.devDependencies["@types/node"],
      typescript: manifest.devDependencies.typescript,
    };
    const dependencies = { [manifest.name]: `file:${tarball}` };
    const program = {
      name: "program",
      private: true,
      type: "module",
      dependencies,
      devDependencies,
    };
    writeFileSync(join(directory, "package.json"), JSON.stringify(program));
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(PROGRAM_TSCONFIG));
    writeFileSync(join(directory, "browser.json"), JSON.stringify(BROWSER_TSCONFIG));
    for (const { path, program } of PAGES) {
      writeFileSync(join(directory, `${moduleOf(path)}.ts`), program);
    }
    run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], directory);
  }, 120_000);

  test("compiles, declarations of the package and all", () => {
    run([join("node_modules", ".bin", "tsc"), "-p", "tsconfig.json"], directory);
  }, 60_000);

  test("compiles as a page's, with the libraries of some years ago", () => {
    run([join("node_modules", ".bin", "tsc"), "-p", "browser.json"], directory);
  }, 60_000);

  test.each(PAGES.map(({ path }) => path))(
    "runs in Node 22: %s, from its first line to its last",
    async (path) => {
      const said = await runCompiled(path, NODE_22);
      for (const words of SAID[path] ?? []) expect(said).toContain(words);
    },
    60_000,
  );

  test("runs in Bun", async () => {
    expect(await runCompiled("sdk/typescript/README.md", [process.execPath])).toContain(
      "UNIQUE_CONFLICT",
    );
  }, 60_000);

  /** What the compiler made of a page, against a server of its own. */
  async function runCompiled(path: string, runtime: readonly string[]): Promise<string> {
    const server = await TestServer.start();
    try {
      const compiled = readFileSync(join(directory, `${moduleOf(path)}.js`), "utf8");
      writeFileSync(join(directory, "page.js"), withAddresses(compiled, server));
      return run([...runtime, "page.js"], directory);
    } finally {
      await server.stop();
    }
  }
});
