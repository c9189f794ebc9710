/**
 * What a stranger pastes works: the snippets that `entdb dev` prints, and every block of the
 * README and of the pages in docs/ that is marked `<!-- test -->`; one that shows a refusal is
 * marked `<!-- test refused -->`. Only addresses are replaced, by those of a server on free ports.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { curlSnippet, grpcurlSnippet } from "../../src/cli/dev-welcome.ts";
import { BINARY, runProgram, type ServerProcess, startServerProcess } from "../harness/binary.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";

const ROOT = join(import.meta.dir, "..", "..");
const README = join(ROOT, "README.md");
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

describe("the README", () => {
  const blocks = blocksOf(README);
  const withCurl = blocks.filter(({ needsGrpcurl }) => !needsGrpcurl);

  test("has blocks for curl and for grpcurl", () => {
    expect(withCurl.length).toBeGreaterThan(2);
    expect(blocks.length).toBeGreaterThan(withCurl.length);
  });

  test("its blocks for curl work when pasted, and a write pasted again answers the same", async () => {
    for (const { block } of withCurl) {
      const first = await paste(withAddresses(block));
      if (block.includes("/v1/atomic")) expect(await paste(withAddresses(block))).toBe(first);
    }
  });

  test.skipIf(grpcurl === null)("its blocks for grpcurl work when pasted", async () => {
    for (const { block } of blocks) await paste(withAddresses(block));
  });
});

/** A script that fails unless the block's answer is an error. */
const refused = (block: string) => `{\n${block}} | grep '"error"' | tr -d '"'`;

/** security.md is pasted beside a server that asks for credentials, by auth.test.ts. */
test.each(["README.md", "CONTRIBUTING.md", ...guides()])(
  "every block of commands in %s is run, or says why not",
  (path) => {
    if (path === "docs/security.md") return;
    const text = readFileSync(join(ROOT, path), "utf8");
    const blocks = text.match(/^```(?:bash|sh)$/gm) ?? [];
    const marked = text.match(/^<!-- (?:test|not run: ).*-->\n```(?:bash|sh)$/gm) ?? [];
    expect(marked).toHaveLength(blocks.length);
  },
);

function guides(): string[] {
  return readdirSync(DOCS)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
}

/** Pages whose commands are pasted one after the other into one shell, which knows `entdb`. */
describe("docs", () => {
  const pages = readdirSync(DOCS).filter(
    (name) => name.endsWith(".md") && blocksOf(join(DOCS, name)).length > 0,
  );

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
