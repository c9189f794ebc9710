/**
 * A server that asks for credentials, as the guide has a stranger set it up: every block of
 * docs/security.md is pasted, in order, into a shell beside the compiled program.
 */
import { expect, test } from "bun:test";
import { readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BINARY,
  runBinary,
  runProgram,
  type ServerProcess,
  startServerProcess,
} from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { TokenIssuer } from "../harness/token-issuer.ts";

const GUIDE = join(import.meta.dir, "..", "..", "docs", "security.md");

type Block = readonly [kind: "" | "serve" | "refused", text: string];

function blocks(): Block[] {
  const found = readFileSync(GUIDE, "utf8").matchAll(/```sh ?(\w*)\n([\s\S]*?)```/g);
  return [...found].map(([, kind = "", text = ""]) => [kind, text] as Block);
}

/** One shell from block to block: what one exports the next one has. */
async function paste(script: string, server: ServerProcess, cwd: string) {
  const text = script.replaceAll("http://127.0.0.1:8080", server.httpUrl);
  const command = ["bash", "-e", "-o", "pipefail", "-c", text];
  const env = { ENTDB_URL: server.httpUrl, PATH: `${cwd}:${process.env["PATH"]}` };
  return await runProgram(command, { cwd, env });
}

test("the guide works as it is pasted", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  symlinkSync(BINARY, join(cwd, "entdb"));
  const all = blocks();
  const [[kind, start = ""] = ["", ""]] = all;
  expect(kind).toBe("serve");
  const args = start.trim().split(" ").slice(2);
  expect(start).toStartWith("entdb serve ");
  const at = args.indexOf("--data-dir");
  const rest = args.filter((_, i) => i !== at && i !== at + 1);
  await using server = await startServerProcess({ cwd, dataDir: args[at + 1] ?? "", args: rest });
  expect(server.stderr()).toContain("every request needs a credential");
  expect(server.ready).toMatchObject({ mode: "required" });
  let before = "";
  for (const [how, text] of all.slice(1)) {
    const { exitCode, stdout, stderr } = await paste(`${before}${text}`, server, cwd);
    expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
    if (how === "refused") {
      const lines = text.split("\n").filter((line) => line.startsWith("curl"));
      expect(stdout.match(/"reason":"(?:UNAUTHENTICATED|TENANT_MISMATCH)"/g)).toHaveLength(
        lines.length,
      );
    } else expect(stdout).not.toContain('"error"');
    before += exportsOf(text);
  }
  const keys = ["admin.key", "app.key"].map((name) => readFileSync(join(cwd, name), "utf8").trim());
  expect(statSync(join(cwd, "admin.key")).mode & 0o777).toBe(0o600);
  await server.stop();
  for (const key of keys) {
    const secret = key.slice(31);
    expect(server.stderr()).not.toContain(secret);
    const grep = await runProgram(["grep", "-r", "-l", "-a", "-e", secret, "data"], { cwd });
    expect(grep.stdout).toBe("");
  }
});

const exportsOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => /^(?:export|umask) /.test(line))
    .map((line) => `${line}\n`)
    .join("");

test("without a file the key is shown once, as text, and holds", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  const args = ["--auth", "required"];
  const first = await startServerProcess({ cwd, args });
  const [key = ""] = /edb_\w[\w-]+/.exec(first.stderr()) ?? [];
  const lines = first.stderr().split("\n");
  const told = lines.filter((line) => line.includes(key));
  expect(told).toEqual([`    ${key}`]);
  const env = { ENTDB_API_KEY: key };
  const flags = ["--url", first.httpUrl];
  expect(await runBinary(["tenants", "create", "acme", ...flags], { cwd, env })).toMatchObject({
    exitCode: 0,
  });
  const wrong = await runBinary(["tenants", "list", ...flags], {
    cwd,
    env: { ENTDB_API_KEY: "x" },
  });
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stderr).toContain("UNAUTHENTICATED");
  await first.stop();
  const second = await startServerProcess({ cwd, args });
  expect(second.stderr()).not.toContain("edb_");
  await second.stop();
});

test("no setting that is shown, no refusal and no command line holds a key", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  const canary = `edb_${"0".repeat(26)}_${"C".repeat(43)}`;
  const env = { ENTDB_API_KEY: canary };
  const shown = await runBinary(["config", "show", "--origin"], { cwd, env });
  expect(shown.exitCode).toBe(0);
  expect(shown.stdout + shown.stderr).not.toContain(canary);
  const argument = await runBinary(["tenants", "list", "--api-key", canary], { cwd });
  expect(argument.exitCode).toBe(2);
  writeFileSync(join(cwd, "two"), `${canary} ${canary}`);
  for (const bad of [
    { env: { ENTDB_API_KEY: `${canary} x` }, args: [] },
    { env: { ...env, ENTDB_API_KEY_FILE: "two" }, args: [] },
    { env: {}, args: ["--api-key-file", "two"] },
    { env: {}, args: ["--api-key-file", "nowhere"] },
  ]) {
    const command = ["tenants", "list", ...bad.args];
    const { exitCode, stdout, stderr } = await runBinary(command, { cwd, env: bad.env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("CONFIG_INVALID");
    expect(stdout + stderr).not.toContain(canary);
  }
});

test("tokens of an issuer are taken by the compiled program", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  const issuer = await TokenIssuer.make("ES256");
  writeFileSync(join(cwd, "keys.json"), issuer.keys);
  const args = [
    ...["--auth", "required", "--admin-key-file", "admin.key"],
    ...["--jwt-issuer", issuer.name, "--jwt-audience", issuer.audience],
    ...["--jwt-keys-file", "keys.json"],
  ];
  await using server = await startServerProcess({ cwd, args });
  const flags = ["--url", server.httpUrl];
  const admin = { ENTDB_API_KEY_FILE: "admin.key" };
  await runBinary(["tenants", "create", "acme", ...flags], { cwd, env: admin });
  const env = { ENTDB_API_KEY: await issuer.token(Date.now()) };
  const schema = await runBinary(["schema", "get", ...flags], { cwd, env });
  expect(schema.exitCode).toBe(0);
  const other = { ENTDB_API_KEY: await (await TokenIssuer.make("ES256")).token(Date.now()) };
  const refused = await runBinary(["schema", "get", ...flags], { cwd, env: other });
  expect(refused.stderr).toContain("UNAUTHENTICATED");
});
