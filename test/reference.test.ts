/**
 * Reasons and reference pages: the list of reasons in the code, the proto's enum and the texts
 * are one set; a reason comes with the codes that its text says; every page of docs/reference
 * is what `bun run docs` makes of the program as it is; no link of any page is dead, and the README
 * and llms.txt lead to every one.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ErrorReason as WireReason } from "../gen/entdb/v1/errors_pb.ts";
import { PAGES } from "../scripts/gen-docs.ts";
import { ERROR_REASONS, type ErrorReason } from "../src/base/errors.ts";
import { REASON_TEXTS } from "../src/base/reason-texts.ts";
import { ROOT, readSources } from "./tidy/source.ts";

/** Each code that some source puts next to a reason. */
function codesInUse(): { path: string; code: string; reason: ErrorReason }[] {
  const isReason = (text: string): text is ErrorReason =>
    ERROR_REASONS.some((known) => known === text);
  const found: { path: string; code: string; reason: ErrorReason }[] = [];
  const add = (path: string, code: string, reason: string) => {
    // Commands name REST's codes, in capitals.
    if (isReason(reason) && code === code.toLowerCase()) found.push({ path, code, reason });
  };
  for (const { path, uncommented } of readSources()) {
    if (!path.startsWith("src/") || path.endsWith(".test.ts")) continue;
    for (const [, code = "", reason = ""] of uncommented.matchAll(
      /code: "(\w+)",\s*reason: "([A-Z_]+)"/g,
    )) {
      add(path, code, reason);
    }
    for (const [, reason = ""] of uncommented.matchAll(/\binvalid\(\s*"([A-Z_]+)"/g)) {
      add(path, "invalid_argument", reason);
    }
  }
  return found;
}

describe("reasons", () => {
  test("are the proto's, in its order", () => {
    const wire = Object.keys(WireReason).filter((name) => Number.isNaN(Number(name)));
    expect(wire).toEqual(["UNSPECIFIED", ...ERROR_REASONS]);
  });

  test("come with the codes that their texts name", () => {
    const inUse = codesInUse();
    expect(inUse.length).toBeGreaterThan(40);
    const wrong = inUse.filter(
      ({ code, reason }) => !REASON_TEXTS[reason].codes.some((c) => c === code),
    );
    expect(wrong).toEqual([]);
  });

  test.each(ERROR_REASONS.map((reason) => [reason]))("%s is explained", (reason) => {
    const { codes, meaning, next } = REASON_TEXTS[reason];
    expect(new Set(codes).size).toBe(codes.length);
    for (const sentence of [meaning, next]) expect(sentence).toMatch(/^[A-Z`].*\.$/);
  });
});

describe("docs/reference", () => {
  test.each(Object.entries(PAGES))(
    "%s is what `bun run docs` makes",
    (path, make) => {
      expect(readFileSync(join(ROOT, path), "utf8")).toBe(make());
    },
    // Two of them are made of what other programs say: buf and the compiler.
    60_000,
  );
});

/** Every page of the repository, by its path. */
function pages(): string[] {
  return ["{*.md,llms.txt}", "{docs,examples,src,sdk,test}/**/*.md"]
    .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: ROOT })])
    .filter((path) => !path.includes("node_modules"))
    .sort();
}

/** What the links of a page lead to: files beside it, and headings in them. */
function linksOf(path: string): { target: string; heading: string }[] {
  const prose = readFileSync(join(ROOT, path), "utf8").replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = "", heading = ""] = link.split("#");
      return { target: file === "" ? path : join(dirname(path), file), heading };
    });
}

/** The names by which a page's headings are linked to. */
function headingsOf(path: string): string[] {
  return [...readFileSync(join(ROOT, path), "utf8").matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("links", () => {
  test.each(pages())("of %s lead somewhere", (path) => {
    const dead = linksOf(path).filter(({ target, heading }) => {
      if (!existsSync(join(ROOT, target))) return true;
      return heading !== "" && !headingsOf(target).includes(heading);
    });
    expect(dead).toEqual([]);
  });

  test("of the README lead to every page in docs", () => {
    expect(notLinkedFrom("README.md", guides())).toEqual([]);
  });

  test("of llms.txt lead to every page in docs and docs/reference, and to both examples", () => {
    const reference = readdirSync(join(ROOT, "docs/reference")).map((name) =>
      join("docs/reference", name),
    );
    const examples = pages().filter((path) => /^examples\/\w.*\/README\.md$/.test(path));
    expect(examples.length).toBeGreaterThan(1);
    expect(notLinkedFrom("llms.txt", [...guides(), ...reference, ...examples])).toEqual([]);
  });
});

test("llms.txt has the form of llmstxt.org: a title, a quotation, prose, lists of links", () => {
  const text = readFileSync(join(ROOT, "llms.txt"), "utf8");
  expect(text).toMatch(/^# EntDB\n\n> \S/);
  const [, ...sections] = text.split(/^## /m);
  expect(sections.length).toBeGreaterThan(3);
  for (const section of sections) {
    const [, ...lines] = section.trim().split("\n");
    for (const line of lines.filter((each) => each !== "")) {
      expect(line).toMatch(/^- \[[^\]]+\]\([^)]+\): \S/);
    }
  }
});

function guides(): string[] {
  return readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name));
}

function notLinkedFrom(path: string, wanted: readonly string[]): string[] {
  const linked = new Set(linksOf(path).map(({ target }) => target));
  return wanted.filter((target) => !linked.has(target));
}
