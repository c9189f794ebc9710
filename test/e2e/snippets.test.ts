/**
 * What a stranger pastes works: the snippets that `entdb dev` prints, and every block of the
 * README that is marked `<!-- test -->`. Only addresses are replaced, by those of a server
 * on free ports.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { curlSnippet, grpcurlSnippet } from "../../src/cli/dev-welcome.ts";
import { runProgram, type ServerProcess, startServerProcess } from "../harness/binary.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";

const README = join(import.meta.dir, "..", "..", "README.md");
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

/** Pastes into a shell that stops at the first line that fails. */
async function paste(script: string): Promise<string> {
  const command = ["bash", "-e", "-o", "pipefail", "-c", script];
  const { exitCode, stdout, stderr } = await runProgram(command, { cwd: directory.path });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
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

/** The marked blocks, in their order. */
function readmeBlocks(): string[] {
  const text = readFileSync(README, "utf8");
  return [...text.matchAll(/<!-- test -->\s*```(?:bash|sh|console)\n([\s\S]*?)```/g)].map(
    ([, block = ""]) => block,
  );
}

function withAddresses(block: string): string {
  return block
    .replaceAll(/(127\.0\.0\.1|localhost):8080/g, new URL(server.httpUrl).host)
    .replaceAll(/(127\.0\.0\.1|localhost):50051/g, new URL(server.grpcUrl).host);
}

describe("the README", () => {
  test("has blocks that are tested", () => {
    expect(readmeBlocks().length).toBeGreaterThan(0);
  });

  test("its blocks work when pasted, from the first to the last", async () => {
    for (const block of readmeBlocks()) {
      if (grpcurl === null && block.includes("grpcurl")) continue;
      await paste(withAddresses(block));
    }
  });
});
