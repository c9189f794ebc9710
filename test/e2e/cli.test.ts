/** The command line without a server: what it says, where, and with which exit code. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BINARY, runBinary, runProgram } from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";

async function run(...args: string[]) {
  using directory = temporaryDirectory();
  return await runBinary(args, { cwd: directory.path });
}

test("nothing of this repository is near the executable", () => {
  for (let at = join(BINARY, ".."); at !== "/"; at = join(at, "..")) {
    expect(existsSync(join(at, "node_modules"))).toBe(false);
    expect(existsSync(join(at, "src", "main.ts"))).toBe(false);
  }
});

test("alone it names the three commands that matter", async () => {
  const { exitCode, stdout, stderr } = await run();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("entdb dev");
  expect(stdout).toContain("entdb serve");
  expect(stdout).toContain("entdb doctor");
});

test("help of every command is data on stdout", async () => {
  const { stdout } = await run("--help");
  const names = [...stdout.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name = ""]) => name);
  expect(names).toContain("serve");
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    const help = await run(name, "--help");
    expect({ name, exitCode: help.exitCode, stderr: help.stderr }).toEqual({
      name,
      exitCode: 0,
      stderr: "",
    });
    expect(help.stdout).toContain(`Usage: entdb ${name}`);
  }
});

test("version", async () => {
  expect((await run("version")).stdout).toMatch(/^entdb \d+\.\d+\.\d+\n$/);
  const { commit } = JSON.parse((await run("version", "-o", "json")).stdout);
  expect(commit).toMatch(/^[0-9a-f]{12}\+?$|^unknown$/);
});

test("an unknown command exits with 2 and names the nearest", async () => {
  const { exitCode, stdout, stderr } = await run("srve");
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain("Did you mean serve?");
});

test("no server: exit 5, and what to do", async () => {
  const { exitCode, stdout, stderr } = await run("health", "--url", "http://127.0.0.1:9");
  expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: "" });
  expect(stderr).toContain("hint: Start one with `entdb dev`");
});

test("neither .env nor bunfig.toml of the directory is read", async () => {
  using directory = temporaryDirectory();
  await Bun.write(join(directory.path, ".env"), "ENTDB_HTTP_PORT=1234\n");
  await Bun.write(join(directory.path, "bunfig.toml"), 'preload = ["./nowhere.ts"]\n');
  const { exitCode, stdout } = await runBinary(["config", "show", "-o", "jsonl"], {
    cwd: directory.path,
  });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('{"name":"ENTDB_HTTP_PORT","value":"8080"}');
});

test("config show tells where each setting comes from", async () => {
  using directory = temporaryDirectory();
  await Bun.write(join(directory.path, "entdb.toml"), "http_port = 9001\ngrpc_port = 9002\n");
  const { stdout } = await runBinary(
    ["config", "show", "--origin", "-o", "json", "--config", "entdb.toml", "--log-level", "warn"],
    { cwd: directory.path, env: { ENTDB_GRPC_PORT: "9003" } },
  );
  const rows = JSON.parse(stdout) as { name: string; value: string; origin: string }[];
  const of = (name: string) => rows.find((row) => row.name === name);
  expect(of("ENTDB_HTTP_PORT")).toMatchObject({
    value: "9001",
    origin: "file http_port in entdb.toml",
  });
  expect(of("ENTDB_GRPC_PORT")).toMatchObject({
    value: "9003",
    origin: "environment ENTDB_GRPC_PORT",
  });
  expect(of("ENTDB_LOG_LEVEL")).toMatchObject({ value: "WARN", origin: "flag --log-level" });
  expect(of("ENTDB_HOST")).toMatchObject({ origin: "default" });
});

test("an unknown setting is refused with a suggestion, exit 2", async () => {
  using directory = temporaryDirectory();
  const { exitCode, stderr } = await runBinary(["config", "show"], {
    cwd: directory.path,
    env: { ENTDB_GRPC_PROT: "1" },
  });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("Did you mean ENTDB_GRPC_PORT?");
  expect(stderr).toContain("reason: CONFIG_INVALID");
});

test("doctor finds nothing wrong with an empty directory", async () => {
  using directory = temporaryDirectory();
  const args = ["doctor", "--data-dir", join(directory.path, "data"), "-o", "json"];
  // The ports of the defaults may be taken by anything on this machine.
  const env = { ENTDB_GRPC_PORT: "0", ENTDB_HTTP_PORT: "0" };
  const { exitCode, stdout } = await runBinary(args, { cwd: directory.path, env });
  const findings = JSON.parse(stdout) as { check: string; state: string }[];
  expect(findings.filter(({ state }) => state === "fail")).toEqual([]);
  expect(findings.map(({ check }) => check)).toContain("fdatasync");
  expect(exitCode).toBe(0);
  expect(existsSync(join(directory.path, "data"))).toBe(false);
});

test("doctor fails on a directory that cannot be made", async () => {
  using directory = temporaryDirectory();
  await Bun.write(join(directory.path, "file"), "");
  const args = ["doctor", "--data-dir", join(directory.path, "file"), "-o", "json"];
  const { exitCode, stdout } = await runBinary(args, { cwd: directory.path });
  expect(exitCode).toBe(1);
  expect(stdout).toContain("is not a directory");
});

test("a log that is not there: exit 3", async () => {
  const { exitCode, stdout, stderr } = await run("log", "--data-dir", "/nowhere");
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
  expect(stderr).toContain("holds no log");
});

/** Sources the script twice, as two login files may, and completes what stands before the cursor. */
const COMPLETE = `
  source <("$1" completion bash) && source <("$1" completion bash)
  shift
  COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  __entdb_complete && printf '%s\\n' "\${COMPREPLY[@]}"
  complete -p entdb >&2
`;

test.each([
  [["sche"], ["schema"]],
  [
    ["schema", ""],
    ["get", "snapshot", "check", "diff", "push", "lock", "unlock", "fingerprint"],
  ],
  [["schema", "pu"], ["push"]],
  [
    ["health", "-o", ""],
    ["table", "json", "jsonl"],
  ],
  [
    ["health", "--output", "=", "js"],
    ["json", "jsonl"],
  ],
  [
    ["serve", "--log-level", ""],
    ["DEBUG", "INFO", "WARN", "ERROR"],
  ],
  [["serve", "--htt"], ["--http-port"]],
  [
    ["completion", ""],
    ["bash", "zsh", "fish", "powershell"],
  ],
  [["$(touch pwned)"], [""]],
])("bash completes %p", async (words, expected) => {
  using directory = temporaryDirectory();
  const command = ["bash", "--norc", "-c", COMPLETE, "bash", BINARY, BINARY, ...words];
  const { exitCode, stdout, stderr } = await runProgram(command, { cwd: directory.path });
  expect(stdout.trimEnd().split("\n")).toEqual(expected);
  expect(stderr.trim()).toBe("complete -o default -F __entdb_complete entdb");
  expect(exitCode).toBe(0);
  expect(existsSync(join(directory.path, "pwned"))).toBe(false);
});

test.each(["zsh", "fish", "powershell"])("there is a script for %s", async (shell) => {
  const { exitCode, stdout } = await run("completion", shell);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/entdb complete '?--/);
});

test("a reader that goes away ends the writer quietly", async () => {
  using directory = temporaryDirectory();
  const script = 'set -o pipefail; "$1" serve --help | head -n 1; echo "$?"';
  const { stdout, stderr } = await runProgram(["bash", "-c", script, "bash", BINARY], {
    cwd: directory.path,
  });
  expect(stdout).toBe("Usage: entdb serve [options]\n0\n");
  expect(stderr).toBe("");
});
