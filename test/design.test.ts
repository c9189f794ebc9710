/**
 * The tables of parts in every DESIGN.md against the folders that they tell of: whoever reads one
 * finds what it names, and finds named what is there. A row's names stand in backticks in its first
 * cell: files, folders (`routes/`), or patterns (`decode-*.ts`). A name without a folder stands in
 * that of the name before it.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./tidy/source.ts";

/** Where the parts lie, when not beside the design. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "sdk/typescript": "sdk/typescript/src",
  "sdk/python": "sdk/python/src/entdb_sdk",
};

const designs = [...new Bun.Glob("{src,test,sdk}/**/DESIGN.md").scanSync(ROOT)].filter(
  (path) => !path.includes("node_modules/"),
);

describe.each(designs.sort())("%s", (path) => {
  const named = namedParts(readFileSync(join(ROOT, path), "utf8"));
  const folder = ELSEWHERE[dirname(path)] ?? dirname(path);
  const files = [...new Bun.Glob("**/*.{ts,py}").scanSync(join(ROOT, folder))]
    .filter((file) => !/\.(?:test|d)\.ts$|(?:^|\/)__init__\.py$/.test(file))
    .sort();

  test("names nothing that is gone", () => {
    expect(named).not.toBeEmpty();
    expect(named.filter((name) => !files.some((file) => isPart(file, name)))).toEqual([]);
  });

  test("names everything that is there", () => {
    expect(files.filter((file) => !named.some((name) => isPart(file, name)))).toEqual([]);
  });
});

test("a row's names are found", () => {
  const text = [
    "| part | does |",
    "| --- | --- |",
    "| `one.ts`, `at/two.ts`, `three.ts`, `four/` | not `five.ts` |",
    "| `log.json` | no part |",
  ].join("\n");
  expect(namedParts(text)).toEqual(["one.ts", "at/two.ts", "at/three.ts", "at/four/"]);
  expect(isPart("at/four/six.ts", "at/four/")).toBe(true);
  expect(isPart("at/four.ts", "at/four/")).toBe(false);
  expect(isPart("decode-six.ts", "decode-*.ts")).toBe(true);
});

function namedParts(text: string): string[] {
  return [...text.matchAll(/^\| (`.*?)\|/gm)].flatMap(([, cell = ""]) => {
    let folder = "";
    return [...cell.matchAll(/`([\w.*/-]+(?:\.ts|\.py|\/))`/g)].map(([, name = ""]) => {
      const inside = dirname(name);
      if (inside === ".") return join(folder, name);
      folder = inside;
      return name;
    });
  });
}

function isPart(file: string, name: string): boolean {
  return new Bun.Glob(name.endsWith("/") ? `${name}**` : name).match(file);
}
