import { afterAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../test/harness/temporary-directory.ts";
import { type LoadInput, loadConfig } from "../config/load.ts";
import { partitionLog } from "./wal-backend.ts";

const place = temporaryDirectory();
afterAll(() => place[Symbol.dispose]());

const logOf = (flags: NonNullable<LoadInput["flags"]>, environment = {}) =>
  partitionLog(loadConfig({ environment, flags }).config);

describe("the log that a configuration asks for", () => {
  test("is in files, in memory, or where brokers are named", () => {
    expect([logOf({}), logOf({ wal: "memory" })]).toEqual(["file", "memory"]);
    expect(logOf({ kafkaBrokers: "a:9092,b:9092", kafkaTopic: "orders" })).toMatchObject({
      kind: "kafka",
      topic: "orders",
      kafka: { brokers: ["a:9092", "b:9092"], tls: undefined, sasl: undefined, allowUnsafe: false },
    });
  });

  test("is in Kinesis with the settings that are named, and the environment's where none are", () => {
    expect(logOf({ wal: "kinesis", archiveEnabled: false })).toEqual({
      kind: "kinesis",
      topic: "entdb-wal",
      kinesis: {
        region: undefined,
        endpoint: undefined,
        partitions: 1,
        retentionHours: 168,
        isArchived: false,
        allowUnsafe: false,
      },
    });
    const named = { kinesisRegion: "eu-west-1", kinesisEndpoint: "http://127.0.0.1:4567" };
    expect(logOf({ wal: "kinesis", ...named })).toMatchObject({
      kinesis: { region: "eu-west-1", endpoint: "http://127.0.0.1:4567", isArchived: true },
    });
  });

  test("is reached with the certificates and the user that are named", () => {
    const pem = (name: string) => {
      const path = join(place.path, name);
      writeFileSync(path, name);
      return path;
    };
    const flags = {
      kafkaBrokers: "a:9093",
      kafkaTls: true,
      kafkaTlsCaFile: pem("ca"),
      kafkaTlsCertFile: pem("cert"),
      kafkaTlsKeyFile: pem("key"),
      kafkaSaslMechanism: "scram-sha-512",
      kafkaSaslUsername: "entdb",
    };
    expect(logOf(flags, { ENTDB_KAFKA_SASL_PASSWORD: "secret" })).toMatchObject({
      kafka: {
        tls: { ca: "ca", cert: "cert", key: "key" },
        sasl: { mechanism: "scram-sha-512", username: "entdb", password: "secret" },
      },
    });
  });

  test("cannot be had when a certificate cannot be read; the setting is named", () => {
    const flags = { kafkaBrokers: "a:9093", kafkaTls: true, kafkaTlsCaFile: "/missing.pem" };
    expect(() => logOf(flags)).toThrow(
      expect.objectContaining({
        reason: "CONFIG_INVALID",
        details: { ENTDB_KAFKA_TLS_CA_FILE: expect.stringContaining("/missing.pem") },
      }),
    );
  });
});
