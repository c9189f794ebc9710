/** `entdb watch` against a whole server: a line for each change, and how it ends. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { systemClock } from "../../src/base/clock.ts";
import { runCli } from "../../src/cli/run.ts";
import { recordedContext } from "../harness/cli-context.ts";
import { until } from "../harness/partition.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";
import { couple, PEOPLE_SCHEMA, Rest } from "../harness/wire.ts";

let server: TestServer;
let rest: Rest;

beforeAll(async () => {
  server = await startTestServer();
  rest = new Rest(server.httpUrl);
  const registered = await rest.post("/v1/schema", PEOPLE_SCHEMA);
  expect(registered.status).toBe(200);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** The command in the background, and the signal that interrupts it. */
function watching(...flags: string[]) {
  const context = recordedContext();
  let interrupt = (): void => undefined;
  const where = ["--url", server.httpUrl, "--tenant-id", "acme", "--actor", "user:ada"];
  const exit = runCli(["watch", ...where, ...flags], {
    ...context,
    clock: systemClock,
    onStopSignal: (listener) => {
      interrupt = () => listener("SIGINT");
      return () => undefined;
    },
  });
  const lines = () => context.stdout().split("\n").slice(0, -1);
  return { exit, lines, stderr: context.stderr, interrupt: () => interrupt() };
}

test("shows each change on a line; the last of a transaction says where to go on", async () => {
  const first = watching("--from-beginning", "--with-nodes");
  await rest.atomic("one", couple("x"));
  await until(() => first.lines().length >= 4);
  first.interrupt();
  expect(await first.exit).toBe(0);
  const changes = first.lines().map((line) => JSON.parse(line));
  const kinds = changes.map(({ kind }) => kind);
  expect(kinds).toEqual(["schema_changed", "node_created", "node_created", "edge_created"]);
  expect(changes[1].node.payload).toEqual({ name: "x a", points: 1 });
  const tokens = changes.map(({ position_token }) => typeof position_token);
  expect(tokens).toEqual(["string", "undefined", "undefined", "string"]);

  const after = changes[0].position_token;
  const next = watching("--after", after, "--type", "Person", "-o", "table");
  await until(() => next.lines().length >= 3);
  next.interrupt();
  expect(await next.exit).toBe(0);
  expect(next.lines()[0]).toMatch(/^position +time +actor +what +id$/);
  expect(next.lines()[1]).toMatch(/^0:\d+ +\S+Z +user:ada +node_created +nd_/);
  expect(next.lines()).toHaveLength(3);
});

test("a refusal is told with its reason and its exit code", async () => {
  const unknown = watching("--type", "Nothing");
  expect(await unknown.exit).toBe(1);
  expect(unknown.stderr()).toContain("TYPE_UNKNOWN");
});

test("a server that stops says so, and the command how to go on", async () => {
  const watched = watching("--from-beginning");
  await until(() => watched.lines().length >= 4);
  await server.server.stop();
  expect(await watched.exit).toBe(5);
  expect(watched.stderr()).toContain("SERVER_STOPPING");
  expect(watched.stderr()).toContain("--after ");
});
