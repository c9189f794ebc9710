/**
 * The executable behind nginx and HAProxy, as docs/deployment.md says to put it there: every
 * protocol, streams, deadlines, trailers, long answers, and a proxy that is restarted under
 * its clients. Skipped, audibly, where a proxy is not installed.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { createClient, defineNode, field } from "../../sdk/typescript/src/index.ts";
import { connectTransport, grpcTransport } from "../../sdk/typescript/src/node.ts";
import { runBinary, type ServerProcess, startServerProcess } from "../harness/binary.ts";
import { makeCertificate, type TestCertificate } from "../harness/certificates.ts";
import { PROXIES, type RunningProxy, startProxy } from "../harness/proxies.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";
import { type PROTOCOLS, type Rpc, rpcClient } from "../harness/wire.ts";

const PAGE = join(import.meta.dir, "..", "..", "docs", "deployment.md");
const FILES = ["deploy/nginx/entdb.conf", "deploy/haproxy/haproxy.cfg"];

const Note = defineNode({
  typeId: 1,
  name: "Note",
  fields: { text: field.str(1, { required: true }), number: field.int(2, { unique: true }) },
});
/** Ten of them are more than any proxy's buffers, and than one window of HTTP/2. */
const LONG = "EntDB ".repeat(20_000);

test.each(FILES)("the page shows %s as it is tested", (file) => {
  const text = readFileSync(join(import.meta.dir, "..", "..", file), "utf8");
  expect(readFileSync(PAGE, "utf8")).toContain(`\n${text}\`\`\`\n`);
});

for (const kind of PROXIES) {
  describe.skipIf(Bun.which(kind) === null)(`behind ${kind}`, () => {
    let directory: TemporaryDirectory;
    let server: ServerProcess;
    let proxy: RunningProxy;
    let certificate: TestCertificate;
    let key: string;
    let headers: { authorization: string };

    beforeAll(async () => {
      directory = temporaryDirectory();
      const cwd = directory.path;
      certificate = makeCertificate(cwd, "localhost");
      const args = ["--auth", "required", "--admin-key-file", "admin.key"];
      server = await startServerProcess({ cwd, args });
      const { grpcUrl } = server;
      proxy = await startProxy(kind, { directory: cwd, grpcUrl, certificate });
      key = readFileSync(join(cwd, "admin.key"), "utf8").trim();
      headers = { authorization: `Bearer ${key}` };
      const asOperator = ["--url", proxy.url, "--ca-file", certificate.certFile];
      const env = { ENTDB_API_KEY_FILE: "admin.key" };
      const made = await runBinary(["tenants", "create", "acme", ...asOperator], { cwd, env });
      expect(made).toMatchObject({ exitCode: 0 });
      await client("grpc").schema.register();
    }, 60_000);

    afterAll(async () => {
      await proxy?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    });

    const client = (door: "grpc" | "connect") =>
      createClient({
        endpoint: proxy.url,
        tenantId: "acme",
        actor: "user:ada",
        credential: key,
        schema: [Note],
        transport: { grpc: grpcTransport, connect: connectTransport }[door]({
          tls: { ca: certificate.cert },
        }),
      });
    const context = { tenantId: "acme", actor: "user:ada" };
    const stock = (protocol: (typeof PROTOCOLS)[number], version?: "1.1" | "2"): Rpc =>
      rpcClient(protocol, proxy.url, version, { ca: certificate.cert });
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`${proxy.url}${path}`, { ...init, tls: { ca: certificate.cert } });

    test("a stranger is asked who it is, though the proxy comes from loopback", async () => {
      expect((await ask("/v1/schema?tenant_id=acme&actor=user:ada")).status).toBe(401);
      const refused = stock("grpc").getSchema({ context });
      expect(ConnectError.from(await refused.catch((error) => error)).code).toBe(
        Code.Unauthenticated,
      );
    });

    test.each([
      ["grpc", "2"],
      ["grpc-web", "1.1"],
      ["grpc-web", "2"],
      ["connect", "1.1"],
      ["connect", "2"],
      ["connect-json", "1.1"],
    ] as const)(
      "%s over HTTP/%s: an answer, and an error with its details",
      async (protocol, version) => {
        const rpc = stock(protocol, version);
        const { schema } = await rpc.getSchema({ context }, { headers });
        expect(schema?.nodeTypes.map(({ name }) => name)).toEqual(["Note"]);
        const missing = { context, id: "nd_00000000000000000000000000" };
        const error = ConnectError.from(
          await rpc.getNode(missing, { headers }).catch((thrown) => thrown),
        );
        expect(error.code).toBe(Code.NotFound);
        expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe("NODE_NOT_FOUND");
      },
    );

    test("REST, and whether the server is ready", async () => {
      const named = { ...headers, "x-tenant-id": "acme", "x-actor": "user:ada" };
      const schema = await ask("/v1/schema", { headers: named });
      expect(await schema.json()).toMatchObject({ node_types: [{ name: "Note" }] });
      expect((await ask("/readyz")).status).toBe(200);
    });

    test.each(["grpc", "connect"] as const)("long answers, over %s", async (door) => {
      const ours = client(door);
      const { results } = await ours.atomic((plan) =>
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => plan.create(Note, { text: `${n}${LONG}` })),
      );
      const { nodes } = await ours.getMany(
        Note,
        results.map(({ id }) => id),
      );
      expect(nodes.map(({ fields }) => fields.text)).toEqual(
        results.map((_, n) => `${n + 1}${LONG}`),
      );
      ours.close();
    });

    test.each([
      ["grpc", "2"],
      ["grpc-web", "1.1"],
      ["connect", "1.1"],
      ["connect", "2"],
    ] as const)("a watch over %s, HTTP/%s, tells at once", async (protocol, version) => {
      const abort = new AbortController();
      const stream = stock(protocol, version).watchChanges(
        { context },
        { headers, signal: abort.signal },
      );
      const responses = stream[Symbol.asyncIterator]();
      // The first message says from where on; nothing more comes until something happens.
      expect((await responses.next()).done).toBe(false);
      const writer = client("grpc");
      const { results } = await writer.atomic((plan) => plan.create(Note, { text: "news" }));
      let told: string[] = [];
      while (!told.includes(results.id)) {
        const { value } = await responses.next();
        told = value?.changes.map(({ nodeId }: { nodeId: string }) => nodeId) ?? [];
      }
      abort.abort();
      writer.close();
      await expect(responses.next()).rejects.toThrow();
    });

    test("a watch over REST tells at once", async () => {
      const abort = new AbortController();
      const response = await ask("/v1/watch?tenant_id=acme&actor=user:ada", {
        headers,
        signal: abort.signal,
      });
      const writer = client("grpc");
      const { results } = await writer.atomic((plan) => plan.create(Note, { text: "news" }));
      writer.close();
      let told = "";
      for await (const chunk of response.body ?? []) {
        told += Buffer.from(chunk).toString();
        if (told.includes(results.id)) break;
      }
      abort.abort();
      expect(told).toContain(results.id);
    });

    test("a deadline arrives at the server, and its answer at the client", async () => {
      const connectAnswer = await ask("/entdb.v1.EntDBService/GetSchema", {
        method: "POST",
        headers: { ...headers, "content-type": "application/json", "connect-timeout-ms": "0" },
        body: JSON.stringify({ context }),
      });
      expect(connectAnswer.status).toBe(504);
      expect(await connectAnswer.json()).toMatchObject({ code: "deadline_exceeded" });
      expect(await grpcStatus(proxy.url, certificate, headers)).toBe("4");
    });

    test("restarted under its clients: nothing is lost, nothing is done twice", async () => {
      const writer = client("grpc");
      const reader = client("connect");
      const watch = reader.watch({ types: [Note] });
      const seen = new Map<string, number>();
      const watching = (async () => {
        for await (const { changes } of watch) {
          for (const change of changes) {
            if (change.kind !== "nodeCreated") continue;
            seen.set(change.nodeId, (seen.get(change.nodeId) ?? 0) + 1);
          }
          if (seen.size === 30) return;
        }
      })();
      await watch.started;
      let restarted: Promise<void> | undefined;
      const ids: string[] = [];
      for (let n = 0; n < 30; n++) {
        if (n === 10) restarted = proxy.restart();
        const { results } = await writer.atomic((plan) =>
          plan.create(Note, { text: "counted", number: BigInt(n) }),
        );
        ids.push(results.id);
      }
      await restarted;
      await watching;
      expect([...seen.keys()].sort()).toEqual(ids.sort());
      expect(new Set(seen.values())).toEqual(new Set([1]));
      writer.close();
      reader.close();
    }, 60_000);
  });
}

/** The status that a call gets whose time is up before it begins. */
async function grpcStatus(
  url: string,
  { cert: ca }: TestCertificate,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const session = connectHttp2(url, { ca });
  try {
    const stream = session.request({
      ...headers,
      ":method": "POST",
      ":path": "/entdb.v1.EntDBService/GetSchema",
      "content-type": "application/grpc",
      "grpc-timeout": "0m",
      te: "trailers",
    });
    stream.end(Buffer.alloc(5));
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (found: { "grpc-status"?: unknown }) => {
      if (found["grpc-status"] !== undefined) resolve(String(found["grpc-status"]));
    };
    stream.on("response", look);
    stream.on("trailers", look);
    stream.on("error", reject);
    stream.resume();
    return await promise;
  } finally {
    session.destroy();
  }
}
