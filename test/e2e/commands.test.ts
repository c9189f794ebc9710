/** The commands that talk to a server, against one: what they write, where, and how they exit. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import {
  BINARY,
  type BinaryResult,
  runBinary,
  runProgram,
  type ServerProcess,
  startServerProcess,
} from "../harness/binary.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";
import { PEOPLE_SCHEMA } from "../harness/wire.ts";

let directory: TemporaryDirectory;
let server: ServerProcess;

beforeAll(async () => {
  directory = temporaryDirectory();
  server = await startServerProcess({ cwd: directory.path });
  await Bun.write(join(directory.path, "people.json"), JSON.stringify(PEOPLE_SCHEMA));
  expect((await run("schema", "push", "people.json")).exitCode).toBe(0);
});

afterAll(async () => {
  await server.kill();
  directory[Symbol.dispose]();
});

function run(...args: string[]): Promise<BinaryResult> {
  return runWith({}, ...args);
}

/** As a person does who has named server and tenant once, in the environment. */
function runWith(options: { input?: string }, ...args: string[]): Promise<BinaryResult> {
  const env = { ENTDB_URL: server.httpUrl, ENTDB_TENANT_ID: "acme", ENTDB_ACTOR: "user:ada" };
  return runBinary(args, { cwd: directory.path, env, ...options });
}

/** What a command that succeeds writes, as JSON; nothing may stand on stderr. */
async function json(...args: string[]) {
  const { exitCode, stdout, stderr } = await run(...args, "-o", "json");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return JSON.parse(stdout);
}

async function createPerson(...fields: string[]): Promise<string> {
  return (await json("node", "create", "--type", "Person", ...fields)).node_id;
}

test("health", async () => {
  expect(await json("health")).toMatchObject({ status: "healthy" });
  expect((await run("health")).stdout).toMatch(/^status +healthy$/m);
});

test("a schema from JSON and from TypeScript; what is shown can be pushed again", async () => {
  const types = `
    interface Types { edge_types: object[] }
    export const schema: Types = {
      edge_types: [{ edge_type_id: 101, name: "knows", from_type_id: 1, to_type_id: 1 }],
    };`;
  await Bun.write(join(directory.path, "more.ts"), types);
  expect(await json("schema", "push", "--merge", "more.ts")).toMatchObject({ changed: true });
  const shown = await json("schema", "get");
  expect(shown.edge_types.map(({ name }: { name: string }) => name)).toContain("knows");
  await Bun.write(join(directory.path, "shown.json"), JSON.stringify(shown));
  expect(await json("schema", "push", "shown.json")).toMatchObject({
    changed: false,
    fingerprint: shown.fingerprint,
  });
  expect((await run("schema", "fingerprint")).stdout).toBe(`${shown.fingerprint}\n`);
  expect((await run("schema", "fingerprint", "shown.json")).stdout).toBe(`${shown.fingerprint}\n`);
  const table = await run("schema", "get");
  expect(table.stdout).toMatch(/^node +1 +Person +1:name:str! 2:mail:str 3:points:int$/m);
});

test("a schema that contradicts the tenant's is refused by its reason", async () => {
  const types = [
    { type_id: 1, name: "Person", fields: [{ field_id: 1, name: "name", kind: "int" }] },
  ];
  await Bun.write(join(directory.path, "bad.json"), JSON.stringify({ node_types: types }));
  const { exitCode, stdout, stderr } = await run("schema", "push", "bad.json");
  expect(exitCode).toBe(1);
  expect(stdout).toContain("! node type 1 (Person) field 1 (name): It is of kind str, not int");
  expect(stdout).toContain("hint: Keep the kind str");
  expect(stderr).toContain("reason: SCHEMA_INCOMPATIBLE");
  expect(stderr).toContain("nothing was pushed");
  const merged = await run("schema", "push", "--merge", "bad.json", "-o", "json");
  expect(merged.exitCode).toBe(1);
  expect(JSON.parse(merged.stderr).error.reason).toBe("SCHEMA_INCOMPATIBLE");
});

test("a schema is snapshotted, checked, compared and replaced; what is breaking exits with 1", async () => {
  const path = (name: string) => join(directory.path, name);
  const tenant = ["--tenant-id", "evolving"];
  await Bun.write(path("v1.json"), JSON.stringify(PEOPLE_SCHEMA));
  expect((await run("schema", "push", "v1.json", ...tenant)).exitCode).toBe(0);
  const snapshot = await json("schema", "snapshot", "snapshot.json", ...tenant);
  expect(snapshot.file).toBe("snapshot.json");
  const taken = await Bun.file(path("snapshot.json")).json();
  expect(Object.keys(taken)).toEqual(["node_types", "edge_types"]);
  const same = await run("schema", "check", "snapshot.json", ...tenant);
  expect(same.stdout).toContain("No changes.");

  const [person, ...others] = taken.node_types;
  const renamed = { ...person, name: "Human" };
  await Bun.write(
    path("v2.ts"),
    `export default ${JSON.stringify({ ...taken, node_types: [renamed, ...others, { type_id: 77, name: "New" }] })};`,
  );
  const offline = await run("schema", "check", "v2.ts", "--against", "snapshot.json");
  expect(offline.exitCode).toBe(0);
  expect(offline.stdout).toContain("~ node type 1 (Person): It is called Human from now on");
  expect(offline.stdout).toContain("+ node type 77 (New): It is added");
  expect((await run("schema", "check", "v2.ts", ...tenant)).stdout).toBe(offline.stdout);
  expect((await run("schema", "diff", "snapshot.json", "v2.ts")).stdout).toBe(offline.stdout);

  const dry = await json("schema", "push", "v2.ts", "--dry-run", ...tenant);
  expect(dry).toMatchObject({
    compatible: true,
    changes: [{ change: "renamed" }, { change: "type_added" }],
  });
  expect((await json("schema", "get", ...tenant)).fingerprint).toBe(dry.fingerprint_now);
  const pushed = await json("schema", "push", "v2.ts", ...tenant);
  expect(pushed).toMatchObject({ changed: true, fingerprint: dry.fingerprint_then });

  // Going back would remove a type without reserving its id.
  const back = await run("schema", "diff", "v2.ts", "snapshot.json");
  expect(back.exitCode).toBe(1);
  expect(back.stdout).toContain("! node type 77 (New)");
  expect((await run("schema", "push", "v1.json", "--dry-run", ...tenant)).exitCode).toBe(0);
  expect(
    (await run("schema", "push", "v1.json", "--dry-run", "--fail-on-breaking", ...tenant)).exitCode,
  ).toBe(1);
  expect((await run("schema", "push", "v1.json", ...tenant)).exitCode).toBe(1);
  const checked = await run("schema", "check", "v1.json", "-o", "json", ...tenant);
  expect(checked.exitCode).toBe(1);
  expect(JSON.parse(checked.stdout)).toMatchObject({ compatible: false });
  const merged = await run("schema", "check", "v1.json", "--merge", ...tenant);
  expect([merged.exitCode, merged.stdout]).toEqual([
    0,
    expect.stringMatching(/^= node type 1.*: stays Human, not Person\nNo changes\.$/m),
  ]);
  expect((await run("schema", "check", "nowhere.json", ...tenant)).exitCode).toBe(2);
});

test("a node: created, read, changed, deleted", async () => {
  const id = await createPerson("name=Ada", "points:=9223372036854775807");
  expect(await json("node", "get", id)).toMatchObject({
    id,
    version: 1,
    owner_actor: "user:ada",
    payload: { name: "Ada", points: "9223372036854775807" },
  });
  expect((await run("node", "get", id)).stdout).toMatch(/^payload\.name +Ada$/m);

  const update = ["node", "update", id, "points:=null", "--expected-version", "1"];
  expect(await json(...update)).toMatchObject({ node_id: id, version: 2 });
  expect((await json("node", "get", id)).payload).toEqual({ name: "Ada" });
  const stale = await run(...update);
  expect(stale.exitCode).toBe(4);
  expect(stale.stderr).toContain("reason: VERSION_CONFLICT");

  const unasked = await run("node", "delete", id);
  expect(unasked.exitCode).toBe(2);
  expect(unasked.stderr).toContain("--yes");
  const dry = await run("node", "delete", id, "--dry-run");
  expect(dry).toMatchObject({ exitCode: 0, stdout: "" });
  expect(dry.stderr).toContain("Nothing was changed");
  expect((await json("node", "get", id)).deleted).toBe(false);
  await json("node", "delete", id, "--yes");
  const gone = await run("node", "get", id);
  expect(gone.exitCode).toBe(3);
  expect(gone.stderr).toContain("reason: NODE_NOT_FOUND");
  expect((await json("node", "get", id, "--include-deleted")).deleted).toBe(true);
  expect(await json("node", "restore", id)).toMatchObject({ node_id: id, version: 4 });
  expect((await json("node", "get", id)).deleted).toBe(false);
  const live = await run("node", "restore", id);
  expect([live.exitCode, live.stderr]).toEqual([4, expect.stringContaining("NODE_NOT_DELETED")]);
  await json("node", "delete", id, "--purge", "--yes");
  expect((await run("node", "get", id, "--include-deleted")).exitCode).toBe(3);
});

test("a watch ends when its reader has gone, though nothing changes any more", async () => {
  await createPerson("name=Seen");
  const script =
    '"$0" watch --url "$1" --tenant-id acme --actor user:ada --from-beginning | head -n 1';
  const piped = ["bash", "-c", script, BINARY, server.httpUrl];
  const { exitCode, stdout } = await runProgram(piped, { cwd: directory.path });
  expect(exitCode).toBe(0);
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(JSON.parse(stdout)).toHaveProperty("kind");
});

test("events are appended, read, listed and followed until nobody reads any more", async () => {
  const append = ["events", "append", "Account-1", "--aggregate-type", "Account"];
  await json(...append, "--event-type", "account.opened", "owner=Ada");
  await json(...append, "--event-type", "account.credited", "amount:=5", "--expected", "1");
  const stale = await run(...append, "--event-type", "account.closed", "--expected", "1");
  expect([stale.exitCode, stale.stderr]).toEqual([
    4,
    expect.stringContaining("reason: CONCURRENCY_CONFLICT"),
  ]);
  expect(await json("events", "read", "Account-1")).toMatchObject([
    { aggregate_nonce: 1, payload: { owner: "Ada" } },
    { aggregate_nonce: 2, payload: { amount: 5 } },
  ]);
  expect(await json("events", "heads")).toMatchObject([{ last_aggregate_nonce: 2 }]);
  const script = '"$0" events subscribe --url "$1" --tenant-id acme --actor user:ada | head -n 2';
  const piped = ["bash", "-c", script, BINARY, server.httpUrl];
  const { exitCode, stdout } = await runProgram(piped, { cwd: directory.path });
  expect(exitCode).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).event_type)).toEqual([
    "account.opened",
    "account.credited",
  ]);
});

test("the same idempotency key makes one node; with another request it is a conflict", async () => {
  const create = ["node", "create", "--type", "1", "--idempotency-key", "once"];
  const first = await json(...create, "name=Once");
  // What `watch --after` goes on from.
  expect(first.position_token).toMatch(/^[\w-]+$/);
  expect(await json(...create, "name=Once")).toEqual(first);
  const other = await run(...create, "name=Twice");
  expect(other.exitCode).toBe(4);
  expect(other.stderr).toContain("reason: IDEMPOTENCY_KEY_REUSED");
});

test("a payload from stdin, from a file, and a taken unique field", async () => {
  const create = ["node", "create", "--type", "1", "-o", "json"];
  const piped = await runWith(
    { input: '{"name":"Piped","mail":"p@x"}' },
    ...create,
    "--payload",
    "-",
  );
  expect(piped.exitCode).toBe(0);
  await Bun.write(join(directory.path, "node.json"), '{"name":"Filed","mail":"p@x"}');
  const taken = await run(...create, "--payload", "@node.json");
  expect(taken.exitCode).toBe(4);
  const { error } = JSON.parse(taken.stderr);
  expect(error).toMatchObject({ reason: "UNIQUE_CONFLICT", message: expect.any(String) });
});

test("query filters, orders and pages, and says when there is more", async () => {
  for (const points of [1, 2, 3]) await createPerson(`name=Q${points}`, `points:=${points}`);
  const query = ["query", "--type", "Person", "points.gte=1", "points.lte=3", "--order", "-points"];
  const rows = await json(...query);
  expect(rows.map(({ payload }: { payload: object }) => payload)).toEqual([
    { name: "Q3", points: 3 },
    { name: "Q2", points: 2 },
    { name: "Q1", points: 1 },
  ]);
  const page = await run(...query, "--limit", "2", "-o", "jsonl");
  expect(page.stdout.trimEnd().split("\n")).toHaveLength(2);
  expect(page.stderr).toBe("2 of 3 nodes; go on with --offset 2\n");
  const rest = await run(...query, "--limit", "2", "--offset", "2");
  expect(rest.stdout).toMatch(/^id +version +payload\n\S+ +1 +\{"name":"Q1","points":1\}\n$/);
  const unknown = await run("query", "--type", "Person", "ponts=1");
  expect(unknown.exitCode).toBe(1);
  expect(unknown.stderr).toContain("points");
});

test("an unknown tenant, and one that no grammar allows", async () => {
  const wrong = await run("node", "get", "nd_00000000000000000000000000", "--tenant-id", "a/b");
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stderr).toContain("INVALID_TENANT_ID");
});

test("retry of a tenant that is not in trouble says so", async () => {
  const { exitCode, stdout, stderr } = await run("tenants", "retry", "-o", "json");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ resumed: true, message: expect.any(String) });
});

test("rebuild of a tenant comes to the same content and digest", async () => {
  const dry = await run("rebuild", "--dry-run");
  expect(dry).toMatchObject({ exitCode: 0, stdout: "" });
  expect((await run("rebuild")).exitCode).toBe(2);
  const report = await json("rebuild", "--yes");
  expect(report.records).toBeGreaterThan(0);
  expect(report.content_hash_after).toBe(report.content_hash_before);
  expect(report.outcome_digest_after).toBe(report.outcome_digest_before);
  const missing = await run("rebuild", "--tenant-id", "nobody", "--yes");
  expect(missing.exitCode).toBe(3);
});

test("doctor beside the running server finds nothing wrong", async () => {
  const args = ["--data-dir", join(directory.path, "data"), "-o", "json"];
  const env = {
    ENTDB_HTTP_PORT: new URL(server.httpUrl).port,
    ENTDB_GRPC_PORT: new URL(server.grpcUrl).port,
  };
  const { exitCode, stdout } = await runBinary(["doctor", ...args], { cwd: directory.path, env });
  const findings = JSON.parse(stdout) as { check: string; state: string; finding: string }[];
  expect(findings.filter(({ state }) => state === "fail")).toEqual([]);
  expect(findings.find(({ check }) => check === "lock")?.finding).toContain(String(server.pid));
  expect(findings.find(({ check }) => check === "log")?.finding).toMatch(/^\d+ records verified/);
  expect(exitCode).toBe(0);
});
