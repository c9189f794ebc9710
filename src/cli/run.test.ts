import { expect, test } from "bun:test";
import { type RecordedContext, recordedContext } from "../../test/harness/cli-context.ts";
import { runCli } from "./run.ts";

async function run(...argv: string[]): Promise<{ code: number; context: RecordedContext }> {
  const context = recordedContext();
  return { code: await runCli(argv, context), context };
}

test("without arguments it names the three commands that matter", async () => {
  const { code, context } = await run();
  expect(code).toBe(0);
  for (const name of ["entdb dev", "entdb serve", "entdb doctor"]) {
    expect(context.stdout()).toContain(name);
  }
  expect(context.stderr()).toBe("");
});

test("help is data: on stdout, exit 0", async () => {
  const { code, context } = await run("--help");
  expect(code).toBe(0);
  expect(context.stdout()).toContain("Usage: entdb");
  expect(context.stderr()).toBe("");
});

test("`help node get` is the help of `node get`", async () => {
  const { code, context } = await run("help", "node", "get");
  expect(code).toBe(0);
  expect(context.stdout()).toContain("Usage: entdb node get");
});

test.each([
  [["helth"], "Did you mean health?", "entdb --help"],
  [["schema", "psh"], "Did you mean push?", "entdb schema --help"],
  [["node", "get", "nd_x", "--tenant", "a"], "Did you mean --tenant-id?", "entdb node get --help"],
  [["node", "get"], "missing required argument 'id'", "entdb node get --help"],
  [["query", "--type", "1", "--limit", "x"], "whole number", "entdb query --help"],
  [["query", "--type", "1", "--limit", "0"], "whole number", "entdb query --help"],
  [["health", "-o", "xml"], "Allowed choices are table, json, jsonl", "entdb health --help"],
  [["health", "--url", "localhost:8080"], "Write it as http://", "entdb health --help"],
  [["health", "--url", "http://x/y"], "must not have a path", "entdb health --help"],
  [["health", "--timeout", "0"], "above 0", "entdb health --help"],
  [["completion", "tcsh"], "Allowed choices are bash", "entdb completion --help"],
])("%p is a usage error that says what to do", async (argv, sentence, hint) => {
  const { code, context } = await run(...argv);
  expect(code).toBe(2);
  expect(context.stderr()).toContain(sentence);
  expect(context.stderr()).toContain(hint);
  expect(context.stdout()).toBe("");
});

test("a command on a tenant refuses a command line that names none", async () => {
  const { code, context } = await run("node", "get", "nd_x");
  expect(code).toBe(2);
  expect(context.stderr()).toContain("--tenant-id");
});

test("a group of commands alone shows its help and is a usage error", async () => {
  const { code, context } = await run("schema");
  expect(code).toBe(2);
  expect(context.stderr()).toContain("Usage: entdb schema");
});

test("nobody answers: exit 5, and the four things on stderr", async () => {
  // Port 9 (discard) of loopback: nothing listens there.
  const { code, context } = await run("health", "--url", "http://127.0.0.1:9");
  expect(code).toBe(5);
  expect(context.stdout()).toBe("");
  expect(context.stderr()).toBe(
    [
      "error: No EntDB server answers at http://127.0.0.1:9.",
      "reason: SERVER_UNREACHABLE (SERVICE_UNAVAILABLE)",
      "hint: Start one with `entdb dev`, or name another with --url or ENTDB_URL.",
      "",
    ].join("\n"),
  );
});

test("with a JSON format the refusal is JSON on stderr", async () => {
  const { code, context } = await run("health", "--url", "http://127.0.0.1:9", "-o", "json");
  expect(code).toBe(5);
  const { error } = JSON.parse(context.stderr());
  expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", reason: "SERVER_UNREACHABLE" });
});

test("version says the version", async () => {
  const { code, context } = await run("version", "-o", "json");
  expect(code).toBe(0);
  expect(JSON.parse(context.stdout())).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
  expect((await run("--version")).context.stdout()).toMatch(/^entdb \d+\.\d+\.\d+/);
});

test("colour only on a terminal, and never with NO_COLOR", async () => {
  const shown = async (isTerminal: boolean, noColor: boolean) => {
    const context = recordedContext({ isTerminal, noColor });
    await runCli(["health", "--url", "http://127.0.0.1:9"], context);
    return context.stderr().includes("\u001b[1m");
  };
  expect(await shown(true, false)).toBe(true);
  expect(await shown(true, true)).toBe(false);
  expect(await shown(false, false)).toBe(false);
});

/** A server that knows one node and counts what it is asked to do. */
function oneNodeServer() {
  const writes: unknown[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (request.url.endsWith("/health")) {
        return Response.json({ status: "unhealthy" }, { status: 503 });
      }
      if (request.method === "GET") return Response.json({ id: "nd_x" });
      writes.push(await request.json());
      return Response.json({ results: [{ node_id: "nd_x", version: 2 }], wal_position: "0:9" });
    },
  });
  return { url: server.url.origin, writes, [Symbol.dispose]: () => void server.stop(true) };
}

test.each([
  ["y", 1, ""],
  ["Yes", 1, ""],
  ["n", 0, "Nothing was changed."],
  ["", 0, "Nothing was changed."],
])(
  "what destroys is asked about: the answer %p leads to %d writes",
  async (answer, count, note) => {
    using server = oneNodeServer();
    const context = recordedContext({ answer });
    const target = ["--tenant-id", "acme", "--url", server.url];
    expect(await runCli(["node", "delete", "nd_x", ...target], context)).toBe(0);
    expect(server.writes).toHaveLength(count);
    expect(context.stderr()).toContain("About to delete node nd_x of tenant acme. Go on? [y/N]");
    expect(context.stderr()).toContain(note);
  },
);

test("an unhealthy server is shown, and the exit code says so", async () => {
  using server = oneNodeServer();
  const context = recordedContext();
  expect(await runCli(["health", "--url", server.url], context)).toBe(5);
  expect(context.stdout()).toBe("status  unhealthy\n");
});
