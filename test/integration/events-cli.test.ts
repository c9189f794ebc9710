/** `entdb events` against a whole server: append, read, follow, heads, checkpoints, grants. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { systemClock } from "../../src/base/clock.ts";
import { runCli } from "../../src/cli/run.ts";
import { recordedContext } from "../harness/cli-context.ts";
import { until } from "../harness/partition.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";

let server: TestServer;
let tenants = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** The command line of a tenant of its own. */
function newTenant() {
  tenants += 1;
  const where = ["--url", server.httpUrl, "--tenant-id", `t${tenants}`];
  const start = (context: ReturnType<typeof recordedContext>, args: readonly string[], more = {}) =>
    runCli(["events", ...args, ...where], { ...context, clock: systemClock, ...more });
  return {
    async run(...args: string[]) {
      const context = recordedContext({ input: '[{"event_type":"b"},{"event_type":"c"}]' });
      const exit = await start(context, args);
      return { exit, stdout: context.stdout(), stderr: context.stderr() };
    },
    follow(...args: string[]) {
      const context = recordedContext();
      let interrupt = (): void => undefined;
      const exit = start(context, ["subscribe", ...args], {
        onStopSignal: (listener: (signal: string) => void) => {
          interrupt = () => listener("SIGINT");
          return () => undefined;
        },
      });
      const lines = () => context.stdout().split("\n").slice(0, -1);
      return { exit, lines, stderr: context.stderr, interrupt: () => interrupt() };
    },
  };
}

const EXIT = { ok: 0, usage: 2, notFound: 3, conflict: 4 } as const;
const account = ["Account-1", "--aggregate-type", "Account"];

test("appends one event from fields, or a list; a head that is wrong is a conflict", async () => {
  const { run } = newTenant();
  const one = await run("append", ...account, "--event-type", "a", "n:=1", "-o", "json");
  expect(JSON.parse(one.stdout)).toMatchObject({ aggregate_id: "Account-1", last_global_nonce: 1 });
  const list = await run("append", ...account, "--events", "-", "--expected", "1", "-o", "jsonl");
  expect(JSON.parse(list.stdout)).toMatchObject({
    first_aggregate_nonce: 2,
    last_aggregate_nonce: 3,
  });
  const lost = await run("append", ...account, "--event-type", "a", "--expected", "none");
  expect([lost.exit, lost.stderr]).toEqual([
    EXIT.conflict,
    expect.stringContaining("CONCURRENCY_CONFLICT"),
  ]);
  for (const wrong of [[], ["--events", "{}"], ["--events", "[]", "--event-type", "a"]]) {
    expect((await run("append", ...account, ...wrong)).exit).toBe(EXIT.usage);
  }
});

test.each([
  ["append", ...account, "--event-type", "a", "--expected", "two"],
  ["append", ...account, "--event-type", "a", "--expected", "1.5"],
  ["append", ...account, "--event-type", "a", "--expected", "18446744073709551616"],
  ["append", ...account, "--events", "-", "--tag", "t"],
  ["append", ...account, "--events", "-", "--event-id", "e"],
  ["append", ...account, "--events", "-", "--payload", "{}"],
  ["append", ...account, "--events", "-", "n=1"],
  ["read", "--from", "x"],
  ["read", "Account-1", "--tag", "t"],
  ["subscribe", "--from", "-1"],
  ["set-checkpoint", "c", "x"],
  ["set-checkpoint", "c", "0", "--expected", "x"],
])("%# is no way to ask, and nothing is done", async (...args) => {
  const { run } = newTenant();
  const { exit, stderr } = await run(...args);
  expect([exit, stderr]).toEqual([EXIT.usage, expect.stringContaining("hint:")]);
  expect(stderr).not.toContain("request:");
  expect((await run("heads", "-o", "jsonl")).stdout).toBe("");
});

test("reads an aggregate, or the whole tenant by filter, and says where to go on", async () => {
  const { run } = newTenant();
  await run("append", ...account, "--event-type", "a", "--tag", "x", "n:=1");
  await run("append", ...account, "--events", "-");
  const nonces = async (...args: string[]) => {
    const { stdout } = await run("read", ...args, "-o", "jsonl");
    const lines = stdout.split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line).global_nonce);
  };
  expect(await nonces("Account-1")).toEqual([1, 2, 3]);
  expect(await nonces("--backward")).toEqual([3, 2, 1]);
  expect(await nonces("--tag", "x")).toEqual([1]);
  expect(await nonces("--event-type", "b", "--event-type", "c", "--prefix", "A")).toEqual([2, 3]);
  const first = await run("read", "--limit", "2");
  expect(first.stdout).toMatch(
    /^global_nonce +aggregate_id .*\n1 +Account-1 +1 +a +\S+Z +{"n":1}\n/,
  );
  expect(first.stderr).toContain("--from 3");
  expect(await nonces("--from", "3")).toEqual([3]);
  expect((await run("read", "Account-1", "--tag", "x")).exit).toBe(EXIT.usage);
});

test("follows until it is interrupted, and says where to go on", async () => {
  const tenant = newTenant();
  await tenant.run("append", ...account, "--event-type", "a");
  const first = tenant.follow();
  await until(() => first.lines().length === 1);
  await tenant.run("append", ...account, "--event-type", "b");
  await until(() => first.lines().length === 2);
  first.interrupt();
  expect(await first.exit).toBe(EXIT.ok);
  expect(first.lines().map((line) => JSON.parse(line).event_type)).toEqual(["a", "b"]);
  expect(first.stderr()).toContain("--from 3");
  const second = tenant.follow("--from", "2", "-o", "table");
  await until(() => second.lines().length === 2);
  second.interrupt();
  expect(await second.exit).toBe(EXIT.ok);
  expect(second.lines()[1]).toMatch(/^2 +Account-1 +2 +b /);
  const refused = tenant.follow("--from", "1", "--consumer", "c");
  expect([await refused.exit, refused.stderr()]).toEqual([
    expect.any(Number),
    expect.stringContaining("INVALID_REQUEST"),
  ]);
});

test("lists heads, and shows one", async () => {
  const { run } = newTenant();
  await run("append", ...account, "--event-type", "a");
  await run("append", "Order-1", "--aggregate-type", "Order", "--event-type", "a");
  const heads = await run("heads", "--aggregate-type", "Order", "-o", "json");
  expect(JSON.parse(heads.stdout)).toMatchObject([{ aggregate_id: "Order-1" }]);
  expect((await run("heads", "--limit", "1")).stderr).toContain("--limit");
  const head = await run("head", "Account-1", "-o", "json");
  expect(JSON.parse(head.stdout)).toMatchObject({ last_aggregate_nonce: 1 });
  expect((await run("head", "nobody")).exit).toBe(EXIT.notFound);
});

test("shows times to people as dates, and to programs as milliseconds", async () => {
  const { run } = newTenant();
  await run("append", ...account, "--event-type", "a");
  await run("set-checkpoint", "c", "1");
  for (const words of [["head", "Account-1"], ["heads"], ["checkpoint", "c"]]) {
    const { stdout } = await run(...words);
    expect(stdout).toMatch(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/);
    expect(stdout).not.toMatch(/\b\d{13}\b/);
    const [told] = [JSON.parse((await run(...words, "-o", "json")).stdout)].flat();
    expect(told.updated_at).toBeGreaterThan(1_700_000_000_000);
  }
});

test("keeps checkpoints and grants", async () => {
  const { run } = newTenant();
  await run("append", ...account, "--event-type", "a");
  expect((await run("set-checkpoint", "c", "1", "--expected", "0")).exit).toBe(EXIT.ok);
  expect((await run("set-checkpoint", "c", "1", "--expected", "0")).exit).toBe(EXIT.conflict);
  expect((await run("checkpoint", "c")).stdout).toMatch(/global_nonce +1/);
  expect((await run("grants", "Account")).stdout).toMatch(/is_default +true/);
  expect((await run("set-grants", "Account", "write=user:bob")).exit).toBe(EXIT.ok);
  expect((await run("grants", "Account")).stdout).toContain("user:bob");
  expect((await run("read")).stdout).not.toContain("Account-1");
  expect((await run("set-grants", "Account", "bob")).exit).toBe(EXIT.usage);
  expect((await run("set-grants", "Account", "--reset")).exit).toBe(EXIT.ok);
  expect((await run("read")).stdout).toContain("Account-1");
});
