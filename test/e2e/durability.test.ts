/**
 * What was acknowledged is there, whatever happens to the process: killed while many write,
 * stopped in order, started twice.
 */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BINARY, runBinary, StartRefused, startServerProcess } from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { couple, PEOPLE_SCHEMA, Rest, type RestAnswer, rpcClient } from "../harness/wire.ts";

const WRITERS = 8;
const ACKNOWLEDGED_BEFORE_KILL = 40;

test("killed at any moment: everything acknowledged is there, and the same key gives the same answer", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  const answers = new Map<string, RestAnswer>();
  {
    await using server = await startServerProcess({ cwd });
    const rest = new Rest(server.httpUrl);
    expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
    const enough = Promise.withResolvers<void>();
    const write = async (writer: number) => {
      for (let i = 0; ; i++) {
        const key = `w${writer}-${i}`;
        // After the kill the connection is gone: that write's outcome is not known, and not counted.
        const answer = await rest.atomic(key, couple(key)).catch(() => undefined);
        if (answer === undefined) return;
        expect(answer.status).toBe(200);
        answers.set(key, answer);
        if (answers.size >= ACKNOWLEDGED_BEFORE_KILL) enough.resolve();
      }
    };
    const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer));
    await enough.promise;
    await server.kill();
    await Promise.all(writers);
  }
  await using server = await startServerProcess({ cwd });
  const rest = new Rest(server.httpUrl);
  for (const [key, { body }] of answers) {
    const [a, b] = body.results;
    const node = await rest.get(`/v1/nodes/${a.node_id}`);
    expect(node.body).toMatchObject({ id: a.node_id, version: 1, payload: { name: `${key} a` } });
    const { body: out } = await rest.get(`/v1/nodes/${a.node_id}/edges/out`);
    expect(out.edges).toMatchObject([{ from_id: a.node_id, to_id: b.node_id }]);
  }
  for (const [key, first] of answers) {
    const again = await rest.atomic(key, couple(key));
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
  }
  const { body } = await rest.get("/v1/nodes?type_id=1&limit=1");
  expect(body.total_count % 2).toBe(0);
  expect(body.total_count).toBeGreaterThanOrEqual(answers.size * 2);
});

test("what gRPC has written, REST reads after a kill, and the other way round", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  const context = { tenantId: "acme", actor: "user:ada" };
  let byRpc = "";
  let byRest = "";
  {
    await using server = await startServerProcess({ cwd });
    const rest = new Rest(server.httpUrl);
    await rest.post("/v1/schema", PEOPLE_SCHEMA);
    byRest = (await rest.atomic("rest", couple("rest"))).body.results[0].node_id;
    const rpc = rpcClient("grpc", server.grpcUrl);
    const fields = { 1: { kind: { case: "strValue", value: "by rpc" } } } as const;
    const { results } = await rpc.executeAtomic({
      context,
      idempotencyKey: "rpc",
      operations: [{ operation: { case: "createNode", value: { typeId: 1, fields } } }],
    });
    byRpc = results[0]?.nodeId ?? "";
    await server.kill();
  }
  await using server = await startServerProcess({ cwd });
  const read = await new Rest(server.httpUrl).get(`/v1/nodes/${byRpc}`);
  expect(read.body).toMatchObject({ payload: { name: "by rpc" }, owner_actor: "user:ada" });
  const { node } = await rpcClient("grpc", server.grpcUrl).getNode({ context, id: byRest });
  expect(node?.fields[1]?.kind).toEqual({ case: "strValue", value: "rest a" });
});

test("SIGTERM ends with 0, and the next start replays nothing", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  {
    await using server = await startServerProcess({ cwd });
    const rest = new Rest(server.httpUrl);
    await rest.post("/v1/schema", PEOPLE_SCHEMA);
    for (let i = 0; i < 5; i++) await rest.atomic(`k${i}`, couple(`k${i}`));
    expect(await server.stop()).toBe(0);
    expect(server.stderr()).toContain("entdb stopped");
  }
  await using server = await startServerProcess({ cwd });
  const rest = new Rest(server.httpUrl);
  const { body: log } = await rest.get("/admin/log");
  expect(log.end_offset).toBeGreaterThan(5);
  expect(log.checkpoint_offset).toBe(log.end_offset);
  const { body } = await rest.get("/v1/nodes?type_id=1");
  expect(body.total_count).toBe(10);
  expect(await server.stop()).toBe(0);
});

test("SIGTERM lets a write that is under way finish", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  await using server = await startServerProcess({ cwd });
  const rest = new Rest(server.httpUrl);
  await rest.post("/v1/schema", PEOPLE_SCHEMA);
  const writes = Array.from({ length: 64 }, (_, i) => rest.atomic(`k${i}`, couple(`k${i}`)));
  // One answer proves that the others have been taken up.
  await Promise.race(writes);
  const exited = server.stop();
  const answers = await Promise.allSettled(writes);
  expect(await exited).toBe(0);
  const done = answers.filter((a) => a.status === "fulfilled" && a.value.status === 200).length;
  await using second = await startServerProcess({ cwd });
  const { body } = await new Rest(second.httpUrl).get("/v1/nodes?type_id=1&limit=1");
  expect(body.total_count).toBeGreaterThanOrEqual(done * 2);
});

test("a second server on the same data directory is refused and names the first", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  await using server = await startServerProcess({ cwd });
  const refused = await startServerProcess({ cwd }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(StartRefused);
  const { exitCode, stderr } = refused as StartRefused;
  expect(exitCode).toBe(1);
  expect(stderr).toContain("DATA_DIR_LOCKED");
  expect(stderr).toContain(String(server.pid));
  expect((await new Rest(server.httpUrl).get("/livez")).status).toBe(200);
});

test("a log in memory is forgotten, and the banner says so", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  await using server = await startServerProcess({ cwd, args: ["--wal", "memory"] });
  expect(server.ready["durability"]).toBe("none");
  expect(server.stderr()).toContain("durability: NONE");
  const rest = new Rest(server.httpUrl);
  await rest.post("/v1/schema", PEOPLE_SCHEMA);
  expect((await rest.atomic("k", couple("k"))).status).toBe(200);
  expect(await server.stop()).toBe(0);
  await using second = await startServerProcess({ cwd, args: ["--wal", "memory"] });
  const { body } = await new Rest(second.httpUrl).get("/v1/nodes?type_id=1");
  expect(body.total_count ?? 0).toBe(0);
});

test("the log can be read beside the server, followed, and after it", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  const log = async (...args: string[]) => {
    const result = await runBinary(["log", "--data-dir", join(cwd, "data"), ...args], { cwd });
    expect(result.exitCode).toBe(0);
    return result.stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  };
  await using server = await startServerProcess({ cwd });
  const rest = new Rest(server.httpUrl);
  await rest.post("/v1/schema", PEOPLE_SCHEMA);
  await rest.atomic("k", couple("k"));
  const records = await log();
  expect(records.map(({ offset }) => offset)).toEqual(records.map((_, i) => i));
  const [last] = records.slice(-1);
  expect(last).toMatchObject({ tenant_id: "acme", actor: "user:ada", idempotency_key: "k" });
  expect(last.operations.map(({ op }: { op: string }) => op)).toEqual([
    "create_node",
    "create_node",
    "create_edge",
  ]);
  expect(last.operations[0].fields).toEqual({ 1: { str: "k a" }, 3: { int: 1 } });
  expect(await log("--from", String(last.offset))).toEqual([last]);
  expect(await log("--to", "0")).toEqual(records.slice(0, 1));
  expect(await log("--tenant-id", "nobody")).toEqual([]);
  const backwards = await runBinary(["log", "--from", "2", "--to", "1"], { cwd });
  expect(backwards).toMatchObject({ exitCode: 2, stdout: "" });
  expect(backwards.stderr).toContain("--from 2 is behind --to 1");
  await server.kill();
  expect(await log()).toEqual(records);
});

test("the log is followed until it is interrupted", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  await using server = await startServerProcess({ cwd });
  const rest = new Rest(server.httpUrl);
  await rest.post("/v1/schema", PEOPLE_SCHEMA);
  const follower = Bun.spawn([BINARY, "log", "--follow", "--data-dir", join(cwd, "data")], {
    stdout: "pipe",
    stderr: "pipe",
  });
  let seen = "";
  const followed = (async () => {
    for await (const chunk of follower.stdout) {
      seen += new TextDecoder().decode(chunk);
      if (seen.includes('"idempotency_key":"later"')) follower.kill("SIGINT");
    }
  })();
  await rest.atomic("later", couple("later"));
  await followed;
  expect(await follower.exited).toBe(0);
  expect(await follower.stderr.text()).toBe("");
  const offsets = seen
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).offset);
  expect(offsets).toEqual(offsets.map((_, i) => i));
});

test("a stopped server's tenant is rebuilt from the log under the lock", async () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  const rebuild = async (...args: string[]) =>
    await runBinary(
      [
        "rebuild",
        "--tenant-id",
        "acme",
        "--data-dir",
        join(cwd, "data"),
        "--yes",
        "-o",
        "json",
        ...args,
      ],
      { cwd },
    );
  {
    await using server = await startServerProcess({ cwd });
    const rest = new Rest(server.httpUrl);
    await rest.post("/v1/schema", PEOPLE_SCHEMA);
    for (let i = 0; i < 5; i++) await rest.atomic(`k${i}`, couple(`k${i}`));
    const locked = await rebuild();
    expect(locked.exitCode).toBe(1);
    expect(JSON.parse(locked.stderr).error).toMatchObject({ reason: "DATA_DIR_LOCKED" });
    expect(await server.stop()).toBe(0);
  }
  const { exitCode, stdout, stderr } = await rebuild();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report.records).toBe(6);
  expect(report.content_hash_after).toBe(report.content_hash_before);
  expect(report.outcome_digest_after).toBe(report.outcome_digest_before);
  const missing = await rebuild("--tenant-id", "nobody");
  expect(missing.exitCode).toBe(3);
  const elsewhere = await rebuild("--data-dir", join(cwd, "nowhere"));
  expect(elsewhere.exitCode).toBe(1);
  expect(existsSync(join(cwd, "nowhere"))).toBe(false);
  await using server = await startServerProcess({ cwd });
  const { body } = await new Rest(server.httpUrl).get("/v1/nodes?type_id=1");
  expect(body.total_count).toBe(10);
});
