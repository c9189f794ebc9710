/** A server that speaks TLS: who trusts it is answered, and who does not is told why not. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ConnectionError, TlsError } from "@entdb/client";
import { connectTransport, grpcTransport } from "@entdb/client/node";
import { writeCertificate } from "./fixtures/certificate.ts";
import { DOORS } from "./fixtures/doors.ts";
import { refusal } from "./fixtures/refusal.ts";
import { User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

const TRANSPORTS = { grpc: grpcTransport, connect: connectTransport } as const;

describe("a server that speaks TLS", () => {
  const suite = useServer({
    args: ["--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem"],
    prepare: writeCertificate,
  });

  for (const door of ["grpc", "connect"] as const) {
    test(`over ${door}: is called by who trusts its authority`, async () => {
      const ca = readFileSync(join(suite.server.directory, "cert.pem"), "utf8");
      const transport = TRANSPORTS[door]({ tls: { ca } });
      const client = suite.client(door, { transport });
      const { results } = await client.atomic((plan) => plan.create(User, { email: "a@x" }));
      assert.equal((await client.get(User, results.id))?.id, results.id);
    });
  }

  for (const door of DOORS) {
    test(`over ${door}: is not called by who does not`, async () => {
      await refusal(suite.client(door).health(), TlsError, "CERTIFICATE_INVALID");
    });

    test(`over ${door}: called without TLS, that is an error in time`, async () => {
      const { grpcUrl, httpUrl } = suite.server;
      const endpoint = (door === "fetch" ? httpUrl : grpcUrl).replace("https:", "http:");
      const client = suite.client(door, { endpoint, retry: { maxAttempts: 1 }, timeoutMs: 5_000 });
      const error = await client.health().catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ConnectionError, String(error));
      assert.match(error.hint ?? "", /TLS|https|http or https/);
    });
  }
});

describe("a server that asks for certificates of clients", () => {
  const suite = useServer({
    args: [
      ...["--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem"],
      ...["--tls-client-ca-file", "cert.pem"],
    ],
    prepare: writeCertificate,
  });
  const file = (name: string) => readFileSync(join(suite.server.directory, name), "utf8");

  for (const door of ["grpc", "connect"] as const) {
    test(`over ${door}: is called by who shows one, and tells who does not`, async () => {
      const ca = file("cert.pem");
      const bare = suite.client(door, { transport: TRANSPORTS[door]({ tls: { ca } }) });
      const error = await refusal(bare.health(), TlsError, "CERTIFICATE_INVALID");
      assert.match(error.hint ?? "", /cert, key/);
      const tls = { ca, cert: ca, key: file("key.pem") };
      const client = suite.client(door, { transport: TRANSPORTS[door]({ tls }) });
      assert.equal((await client.health()).status, "healthy");
    });
  }
});
