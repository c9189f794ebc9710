/** The page on TLS, done as it says, with the executable; and what a wrong way of asking is told. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../src/base/assert.ts";
import {
  BINARY,
  runBinary,
  runProgram,
  type ServerProcess,
  startServerProcess,
} from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";

const PAGE = readFileSync(join(import.meta.dir, "..", "..", "docs", "tls.md"), "utf8");

function block(name: string): string {
  const found = new RegExp(`\`\`\`sh ${name}\\n([\\s\\S]*?)\`\`\``).exec(PAGE);
  return must(found?.[1], `the page has a block ${name}`);
}

/** Pastes into a shell that knows `entdb` and stops at the first line that fails. */
async function paste(script: string, cwd: string): Promise<string> {
  const command = [
    "bash",
    "-e",
    "-o",
    "pipefail",
    "-c",
    `entdb() { "${BINARY}" "$@"; }\n${script}`,
  ];
  const { exitCode, stdout, stderr } = await runProgram(command, { cwd });
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

/** Starts a server with the flags of a block. */
function serve(name: string, cwd: string): Promise<ServerProcess> {
  const flags = block(name).trim().split(/\s+/).slice(2);
  return startServerProcess({ cwd, dataDir: null, args: flags });
}

function at(text: string, server: ServerProcess): string {
  return text
    .replaceAll("localhost:8080", `localhost:${new URL(server.httpUrl).port}`)
    .replaceAll("localhost:50051", `localhost:${new URL(server.grpcUrl).port}`);
}

test("the page's commands work, and who asks wrongly is told why", async () => {
  using directory = temporaryDirectory();
  const { path: cwd } = directory;
  await paste(block("make"), cwd);
  {
    await using server = await serve("serve", cwd);
    expect(server.httpUrl).toStartWith("https://");
    expect(await paste(at(block("ask"), server), cwd)).toContain("healthy");
    if (Bun.which("grpcurl") !== null) {
      expect(await paste(at(block("grpcurl"), server), cwd)).toContain("entdb.v1.EntDBService");
    }
    const url = at("https://localhost:8080", server);
    const untrusting = await runBinary(["health", "--url", url], { cwd });
    expect(untrusting.exitCode).toBe(5);
    expect(untrusting.stderr).toContain("--ca-file");
    expect(await server.stop()).toBe(0);
  }
  await paste(block("clients"), cwd);
  await using server = await serve("serve-clients", cwd);
  expect(await paste(at(block("ask-clients"), server), cwd)).toContain("healthy");
  const bare = ["health", "--url", at("https://localhost:8080", server), "--ca-file", "server.pem"];
  const refused = await runBinary(bare, { cwd });
  expect([refused.exitCode, refused.stderr]).toEqual([
    5,
    expect.stringContaining("--client-cert-file"),
  ]);
  const half = await runBinary([...bare, "--client-cert-file", "client.pem"], { cwd });
  expect([half.exitCode, half.stderr]).toEqual([2, expect.stringContaining("--client-key-file")]);
}, 60_000);

test("an https address of a server that speaks plain text is named as such", async () => {
  using directory = temporaryDirectory();
  await using server = await startServerProcess({ cwd: directory.path });
  const url = server.httpUrl.replace("http:", "https:");
  const refused = await runBinary(["health", "--url", url], { cwd: directory.path });
  expect([refused.exitCode, refused.stderr]).toEqual([5, expect.stringContaining("no TLS")]);
});
