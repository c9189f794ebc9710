/**
 * What one connection can make the executable hold: very many calls, and very many long answers
 * at once. Every call is answered, and memory stays where it was. Skipped, audibly, where h2load
 * is not installed.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { GetNodeRequestSchema, HealthRequestSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { type ServerProcess, startServerProcess } from "../harness/binary.ts";
import { envelope } from "../harness/raw-socket.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";
import { PEOPLE_SCHEMA, Rest } from "../harness/wire.ts";

const MB = 1024 * 1024;
const PAGE_BYTES = 4_096;
const ENVELOPE_BYTES = 5;
/** Ten seconds on a quiet machine. */
const TIMEOUT_MS = 300_000;
const LONG = "x".repeat(200_000);

describe.skipIf(Bun.which("h2load") === null)("over one connection", () => {
  let directory: TemporaryDirectory;
  let server: ServerProcess;

  beforeAll(async () => {
    directory = temporaryDirectory();
    server = await startServerProcess({ cwd: directory.path });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });

  /** Makes the call so many times, so many of them at once; answers with how many went well. */
  async function load<T extends DescMessage>(
    method: string,
    type: T,
    message: MessageInitShape<T>,
    { calls, atOnce }: { readonly calls: number; readonly atOnce: number },
  ): Promise<{ readonly succeeded: number; readonly bytes: number }> {
    const body = join(directory.path, "body");
    writeFileSync(body, envelope(toBinary(type, create(type, message))));
    const child = Bun.spawn(
      [
        ...["h2load", "-p", "h2c", "-c", "1", "-t", "1", "-n", String(calls), "-m", String(atOnce)],
        ...["-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers"],
        // Windows for long answers to arrive at once.
        ...["-w", "24", "-W", "28", `${server.grpcUrl}/entdb.v1.EntDBService/${method}`],
      ],
      { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    );
    const report = await child.stdout.text();
    return {
      succeeded: Number(/(\d+) succeeded/.exec(report)?.[1]),
      bytes: Number(/\((\d+)\) data$/m.exec(report)?.[1]),
    };
  }

  const residentMb = () => {
    const [, pages] = readFileSync(`/proc/${server.pid}/statm`, "utf8").split(" ");
    return (Number(pages) * PAGE_BYTES) / MB;
  };

  test(
    "200,000 calls leave nothing behind",
    async () => {
      // What a busy server takes at all, it takes in the first of them.
      await load("Health", HealthRequestSchema, {}, { calls: 20_000, atOnce: 100 });
      const before = residentMb();
      const calls = 200_000;
      const came = await load("Health", HealthRequestSchema, {}, { calls, atOnce: 100 });
      expect(came.succeeded).toBe(calls);
      // A refusal has no message.
      expect(came.bytes).toBeGreaterThan(calls * ENVELOPE_BYTES);
      expect(residentMb() - before).toBeLessThan(64);
    },
    TIMEOUT_MS,
  );

  test(
    "100 answers of 200 KB at once, again and again, arrive whole",
    async () => {
      const rest = new Rest(server.httpUrl);
      await rest.post("/v1/schema", PEOPLE_SCHEMA);
      const made = await rest.atomic("long", [
        { op: "create_node", type_id: 1, payload: { name: LONG } },
      ]);
      const id: string = made.body.results[0].node_id;
      const ask = { context: { tenantId: "acme", actor: "user:ada" }, id };
      await load("GetNode", GetNodeRequestSchema, ask, { calls: 200, atOnce: 100 });
      const before = residentMb();
      const calls = 2_000;
      const came = await load("GetNode", GetNodeRequestSchema, ask, { calls, atOnce: 100 });
      expect(came.succeeded).toBe(calls);
      expect(came.bytes).toBeGreaterThan(calls * LONG.length);
      // A hundred answers are 20 MB, twice that on their way, and twice that until collected; all are 400.
      expect(residentMb() - before).toBeLessThan(200);
    },
    TIMEOUT_MS,
  );
});
