/**
 * What a stranger pastes works: the snippets that `entdb dev` prints, and every block of commands
 * of the README, of llms.txt and of the pages in docs/ that is marked `<!-- test -->`; one that shows
 * a refusal is marked `<!-- test refused -->`. Only addresses are replaced, by those of a server on
 * free ports. Blocks of TypeScript and Python are run by the tests of the SDKs
 * (sdk/typescript/test/package, sdk/python/tests/test_pages.py); that all are marked is seen to here.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { curlSnippet, grpcurlSnippet } from "../../src/cli/dev-welcome.ts";
import { BINARY, runProgram, type ServerProcess, startServerProcess } from "../harness/binary.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";

const ROOT = join(import.meta.dir, "..", "..");
const DOCS = join(ROOT, "docs");
const grpcurl = Bun.which("grpcurl");

let directory: TemporaryDirectory;
let server: ServerProcess;

beforeAll(async () => {
  directory = temporaryDirectory();
  server = await startServerProcess({ cwd: directory.path, command: "dev", dataDir: null });
  await server.waitFor("stdout", "QueryNodes");
});

afterAll(async () => {
  await server.kill();
  directory[Symbol.dispose]();
});

/** What commands of ours and curl write when they are refused; what else they write there are notes. */
const TROUBLE = /^(?:error|curl):/im;

/** Pastes into a shell that stops at the first line that fails. */
async function paste(script: string, cwd = directory.path): Promise<string> {
  const command = ["bash", "-e", "-o", "pipefail", "-c", script];
  const { exitCode, stdout, stderr } = await runProgram(command, { cwd });
  if (exitCode !== 0 || TROUBLE.test(stderr)) throw new Error(`exit code ${exitCode}: ${stderr}`);
  expect(stdout).not.toContain('"error"');
  return stdout;
}

test("dev prints the snippets", () => {
  expect(server.stdout()).toContain(curlSnippet(server.httpUrl));
  expect(server.stdout()).toContain(grpcurlSnippet(server.grpcUrl));
});

test("curl writes a graph at once and reads it back, and a second time the same", async () => {
  const first = await paste(curlSnippet(server.httpUrl));
  expect(first).toContain('"wal_position"');
  expect(first).toContain('"Ada"');
  const [edges] = first.match(/\{"edges":.*/) ?? [];
  expect(edges).toContain('"to_id":"nd_');
  const ids = (text: string) => new Set(text.match(/nd_[0-9a-z]{26}/g));
  const second = await paste(curlSnippet(server.httpUrl));
  expect(ids(second)).toEqual(ids(first));
});

test.skipIf(grpcurl === null)("grpcurl reads it", async () => {
  await paste(curlSnippet(server.httpUrl));
  const stdout = await paste(grpcurlSnippet(server.grpcUrl));
  expect(stdout).toContain("entdb.v1.EntDBService");
  expect(stdout).toContain('"strValue": "Ada"');
});

/** The marked blocks, in their order; those that need grpcurl, or show a refusal, say so. */
function blocksOf(page: string): { block: string; needsGrpcurl: boolean; isRefused: boolean }[] {
  const marked = /<!-- test( grpcurl| refused)? -->\s*```(?:bash|sh)\n([\s\S]*?)```/g;
  return [...readFileSync(page, "utf8").matchAll(marked)].map(([, how, block = ""]) => ({
    block,
    needsGrpcurl: how === " grpcurl",
    isRefused: how === " refused",
  }));
}

function withAddresses(block: string): string {
  return block
    .replaceAll(/(127\.0\.0\.1|localhost):8080/g, new URL(server.httpUrl).host)
    .replaceAll(/(127\.0\.0\.1|localhost):50051/g, new URL(server.grpcUrl).host);
}

test.each(["README.md", "llms.txt"])(
  "the commands of %s work when pasted, and a write pasted again answers the same",
  async (path) => {
    const blocks = blocksOf(join(ROOT, path));
    expect(blocks.length).toBeGreaterThan(0);
    for (const { block } of blocks) {
      const first = await paste(withAddresses(block));
      const answer = (text: string) => /^\{"results".*$/m.exec(text)?.[0];
      expect(answer(first)).toBeDefined();
      expect(answer(await paste(withAddresses(block)))).toBe(answer(first) ?? "");
    }
  },
);

/** A script that fails unless the block's answer is an error. */
const refused = (block: string) => `{\n${block}} | grep '"error"' | tr -d '"'`;

/** Blocks that other tests run, each by the name behind its language: auth.test.ts, tls.test.ts. */
const NAMED_ELSEWHERE = ["docs/security.md", "docs/tls.md"];
/** Every piece of these is run by the SDK's own tests; commands are marked as everywhere. */
const OWN_LANGUAGE: Readonly<Record<string, string>> = {
  "sdk/typescript/README.md": "ts",
  "sdk/python/README.md": "python",
};
/** Commands stand in fenced blocks, where they are found. */
const INDENTED_COMMAND = /^ {4}(?:entdb|curl|grpcurl|bun|npx|npm|pip|ENTDB_\w+=)/;
const EXAMPLES = ["tasks-web", "tasks-api", "event-store", "event-store-python"].map(
  (name) => `examples/${name}/README.md`,
);
const OTHERS = ["README.md", "CONTRIBUTING.md", "llms.txt", "sdk/README.md", "examples/README.md"];

test.each([...OTHERS, ...EXAMPLES, ...Object.keys(OWN_LANGUAGE), ...guides()])(
  "every block of commands or code in %s is run, or says why not",
  (path) => {
    if (NAMED_ELSEWHERE.includes(path)) return;
    const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
    const unmarked = lines.filter((line, i) => {
      if (INDENTED_COMMAND.test(line)) return true;
      const language = /^```(bash|sh|ts|python|toml)/.exec(line)?.[1];
      if (language === undefined || language === OWN_LANGUAGE[path]) return false;
      return !/^<!-- (?:test|not run: .).*-->$/.test(lines[i - 1] ?? "");
    });
    expect(unmarked).toEqual([]);
  },
);

test("the configuration files of the documentation are taken", async () => {
  const toml = /^<!-- test -->\n```toml\n([\s\S]*?)^```$/gm;
  const files = guides().flatMap((path) => [
    ...readFileSync(join(ROOT, path), "utf8").matchAll(toml),
  ]);
  expect(files.length).toBeGreaterThan(0);
  for (const [, text = ""] of files) {
    await Bun.write(join(directory.path, "entdb.toml"), text);
    await paste(`${BINARY} config show --config entdb.toml --origin`);
  }
});

function guides(): string[] {
  return pagesOfDocs().map((name) => `docs/${name}`);
}

/** Below docs/, without those that are made. */
function pagesOfDocs(): string[] {
  return readdirSync(DOCS, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".md") && !name.startsWith("reference/"),
  );
}

/** Pages whose commands are pasted one after the other into one shell, which knows `entdb`. */
describe("docs", () => {
  const pages = pagesOfDocs().filter((name) => blocksOf(join(DOCS, name)).length > 0);

  test("have pages with commands", () => {
    expect(pages).toContain("access.md");
  });

  test.each(pages)(
    "the commands of %s work when pasted",
    async (name) => {
      using place = temporaryDirectory();
      symlinkSync(BINARY, join(place.path, "entdb"));
      const blocks = blocksOf(join(DOCS, name))
        .filter(({ needsGrpcurl }) => !needsGrpcurl || grpcurl !== null)
        .map(({ block, isRefused }) => withAddresses(isRefused ? refused(block) : block));
      await paste([`export PATH=${place.path}:$PATH`, ...blocks].join("\n"), place.path);
    },
    60_000,
  );
});
