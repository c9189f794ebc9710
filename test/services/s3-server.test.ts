/** A whole server with a real bucket, and with wrong ones: it serves in any case, and says what is wrong. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import type { Config } from "../../src/config/options.ts";
import { GRAPH_SCHEMA } from "../harness/graph-schema.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";
import { type S3, startS3 } from "./s3.ts";

let service: S3;

beforeAll(async () => {
  service = await startS3();
  service.makeBucket("entdb-backup");
});
afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
});

async function serving(change: Partial<Config>): Promise<TestServer> {
  const server = await startTestServer({
    wal: "file",
    archiveInterval: 100,
    s3Bucket: "entdb-backup",
    s3Endpoint: service.endpoint,
    s3AccessKeyId: service.accessKeyId,
    s3SecretAccessKey: service.secretAccessKey,
    ...change,
  });
  const written = await fetch(`${server.httpUrl}/v1/schema`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-tenant-id": "acme",
      "x-actor": "user:alice",
    },
    body: JSON.stringify(GRAPH_SCHEMA),
  });
  expect(written.status).toBe(200);
  return server;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a server answers.
async function ask(server: TestServer, path: string): Promise<any> {
  return await (await fetch(server.httpUrl + path)).json();
}

test("a bucket gets every record", async () => {
  await using server = await serving({});
  while ((await ask(server, "/admin/archive")).lag_records > 0) await Bun.sleep(20);
  expect(await ask(server, "/admin/archive")).toMatchObject({ place: "s3://entdb-backup" });
  expect((await ask(server, "/health")).components.s3).toBe("ok");
  expect(existsSync(service.fileOf("entdb-backup", "archive/acme"))).toBe(true);
  expect(existsSync(service.fileOf("entdb-backup", "archive/_system"))).toBe(true);
});

test.each<[string, Partial<Config>, string]>([
  [
    "a bucket that is not there",
    { s3Bucket: "nobodys-bucket" },
    "s3://nobodys-bucket does not exist",
  ],
  ["a wrong secret", { s3SecretAccessKey: "wrong-secret" }, "does not let this server"],
  ["a wrong key", { s3AccessKeyId: "nobody" }, "does not let this server"],
])("%s: writes go on, health and the archive's state say why", async (_name, change, sentence) => {
  await using server = await serving(change);
  while ((await ask(server, "/admin/archive")).failure === undefined) await Bun.sleep(20);
  expect((await ask(server, "/admin/archive")).failure).toContain(sentence);
  const { status, components } = await ask(server, "/health");
  expect(status).toBe("healthy");
  expect(components.s3).toContain(sentence);
  expect(JSON.stringify(components)).not.toContain("wrong-secret");
});
