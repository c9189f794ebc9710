/** Starting and ending: what is refused and how, what is said, and by which signal it ends. */
import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import {
  runBinary,
  type ServerOptions,
  StartRefused,
  startServerProcess,
} from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { Rest, rpcClient } from "../harness/wire.ts";

async function refusalOf(options: ServerOptions): Promise<StartRefused> {
  const result = await startServerProcess(options).catch((error: unknown) => error);
  if (result instanceof StartRefused) return result;
  throw new Error("the start was not refused");
}

test.each([
  ["a bad value", ["--log-level", "loud"], "LOG_LEVEL|--log-level"],
  ["an unknown flag", ["--grpc-prot", "1"], "Did you mean --grpc-port"],
  ["another address than loopback, in plain text", ["--host", "0.0.0.0"], "--plaintext"],
  ["trust in whoever comes", ["--host", "0.0.0.0", "--auth", "trusted"], "--insecure"],
  ["a log in a stream that cannot be", ["--kinesis-stream", "a/b"], "ENTDB_KINESIS_STREAM"],
  ["a file that is not there", ["--config", "nowhere.toml"], "nowhere.toml"],
])("%s is a usage error with what to do", async (_what, args, hint) => {
  using directory = temporaryDirectory();
  const { exitCode, stderr } = await refusalOf({ cwd: directory.path, args });
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(new RegExp(hint));
  expect(stderr).toContain("hint: ");
  expect(existsSync(join(directory.path, "data"))).toBe(false);
});

test("with --insecure it listens off loopback, and the banner shouts", async () => {
  using directory = temporaryDirectory();
  const args = ["--host", "0.0.0.0", "--insecure"];
  await using server = await startServerProcess({ cwd: directory.path, args });
  expect(server.stderr()).toContain("TRUSTED MODE, INSECURE");
  expect(await server.stop()).toBe(0);
});

test("on loopback the banner says who is trusted and what an answer promises", async () => {
  using directory = temporaryDirectory();
  await using server = await startServerProcess({ cwd: directory.path });
  expect(server.stdout()).toBe("");
  await server.stop();
  expect(server.stderr()).toContain('"message":"trusted mode: ');
  expect(server.stderr()).toContain("answered after fdatasync");
  expect(server.ready).toMatchObject({ mode: "trusted", durability: "fdatasync" });
  for (const line of server.stderr().trimEnd().split("\n")) {
    expect(JSON.parse(line)).toMatchObject({
      level: expect.any(String),
      message: expect.any(String),
    });
  }
});

test("the ready line as text", async () => {
  using directory = temporaryDirectory();
  await using server = await startServerProcess({
    cwd: directory.path,
    args: ["--log-format", "text"],
  });
  expect(server.stderr()).toMatch(
    /^entdb ready grpc=http:\/\/127\.0\.0\.1:\d+ http=http:\/\/127\.0\.0\.1:\d+ /m,
  );
  expect(Number(server.ready["pid"])).toBe(server.pid);
  expect((await new Rest(server.httpUrl).get("/readyz")).status).toBe(200);
});

test("what it makes is for its owner alone", async () => {
  using directory = temporaryDirectory();
  await using server = await startServerProcess({ cwd: directory.path });
  await server.stop();
  expect(statSync(join(directory.path, "data")).mode & 0o777).toBe(0o700);
});

test("a directory that is not EntDB's is refused and left as it was", async () => {
  using directory = temporaryDirectory();
  await Bun.write(join(directory.path, "data", "letter.txt"), "Dear Ada");
  const { exitCode, stderr } = await refusalOf({ cwd: directory.path });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("DATA_DIR_INVALID");
  expect(await Bun.file(join(directory.path, "data", "letter.txt")).text()).toBe("Dear Ada");
});

test.each([
  ["in its place", "letter.txt"],
  ["on the way", "letter.txt/data"],
])("a file %s is named, and left as it was", async (_where, dataDir) => {
  using directory = temporaryDirectory();
  const letter = join(directory.path, "letter.txt");
  await Bun.write(letter, "Dear Ada");
  const { exitCode, stderr } = await refusalOf({ cwd: directory.path, dataDir });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("DATA_DIR_INVALID");
  expect(stderr).toContain(`${letter} is not a directory`);
  expect(await Bun.file(letter).text()).toBe("Dear Ada");
});

test.each([
  ["--http-port", "http"],
  ["--grpc-port", "grpc"],
])("a taken %s is named, with what to do", async (flag, door) => {
  using directory = temporaryDirectory();
  await using first = await startServerProcess({ cwd: directory.path });
  const { port } = new URL(first.ready[door] ?? "");
  const args = [flag, port];
  const { exitCode, stderr } = await refusalOf({ cwd: directory.path, dataDir: "other", args });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(port);
  expect(stderr).toContain("reason: ADDRESS_UNAVAILABLE");
  expect(stderr).toContain(`hint: Stop what listens there, or choose other ports with --grpc-port`);
});

test.each(["localhost", "127.0.0.1", ...(hasIpv6() ? ["::1"] : [])])(
  "it listens on %s and says so in addresses that work",
  async (host) => {
    using directory = temporaryDirectory();
    await using server = await startServerProcess({ cwd: directory.path, args: ["--host", host] });
    const name = host.includes(":") ? `[${host}]` : host;
    expect(server.httpUrl).toStartWith(`http://${name}:`);
    expect(server.grpcUrl).toStartWith(`http://${name}:`);
    expect((await new Rest(server.httpUrl).get("/readyz")).status).toBe(200);
    expect(await rpcClient("grpc", server.grpcUrl).health({})).toMatchObject({ status: "healthy" });
  },
);

function hasIpv6(): boolean {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.some((address) => address?.address === "::1");
}

test("SIGINT ends it like SIGTERM", async () => {
  using directory = temporaryDirectory();
  await using server = await startServerProcess({ cwd: directory.path });
  server.signal("SIGINT");
  expect(await server.exited).toBe(0);
});

test("a stop waits for a request that is under way; a second signal does not", async () => {
  using directory = temporaryDirectory();
  await using server = await startServerProcess({ cwd: directory.path });
  const { hostname, port, host } = new URL(server.httpUrl);
  const answered = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: { data: () => answered.resolve() },
  });
  // The whole of a first request shows that the server reads; of the second one half is missing.
  socket.write(`GET /livez HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await answered.promise;
  socket.write(
    `POST /v1/atomic HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  );
  // A request on another connection, sent later and answered, comes after the first half.
  expect((await new Rest(server.httpUrl).get("/livez")).status).toBe(200);
  server.signal("SIGTERM");
  await server.waitFor("stderr", "entdb stopping");
  server.signal("SIGTERM");
  expect(await server.exited).toBe(1);
  expect(server.stderr()).not.toContain("entdb stopped");
  socket.end();
});

test("dev: a directory here, everything on stdout, ready on stderr", async () => {
  using directory = temporaryDirectory();
  await using server = await startServerProcess({
    cwd: directory.path,
    command: "dev",
    dataDir: null,
  });
  await server.waitFor("stdout", "grpcurl -plaintext");
  const { httpUrl, grpcUrl } = server;
  for (const text of [
    `${httpUrl}/v1`,
    `${httpUrl}/health`,
    `${httpUrl}/metrics`,
    `${httpUrl}/openapi.json`,
    grpcUrl,
  ]) {
    expect(server.stdout()).toContain(text);
  }
  expect(server.stdout()).toContain(join(directory.path, "entdb-data"));
  expect(await server.stop()).toBe(0);
  expect(existsSync(join(directory.path, "entdb-data", "format.json"))).toBe(true);
  const log = await runBinary(["log"], { cwd: directory.path });
  expect(log.exitCode).toBe(0);
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "dev --throw-away leaves nothing behind after %s",
  async (signal) => {
    using directory = temporaryDirectory();
    await using server = await startServerProcess({
      cwd: directory.path,
      command: "dev",
      dataDir: null,
      args: ["--throw-away"],
      env: { TMPDIR: directory.path },
    });
    const dataDir = server.ready["data_dir"] ?? "";
    expect(dataDir.startsWith(directory.path)).toBe(true);
    expect(existsSync(dataDir)).toBe(true);
    server.signal(signal);
    expect(await server.exited).toBe(0);
    expect(existsSync(dataDir)).toBe(false);
  },
);
