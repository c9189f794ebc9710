/**
 * deploy/compose.yaml, as far as it can be looked at without a container engine: its shape, that
 * EntDB takes the settings, that what one service is told of another is so, and that the image
 * is the Dockerfile's.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { loadConfig } from "../src/config/load.ts";
import { environmentName, OPTIONS, type OptionKey } from "../src/config/options.ts";
import { KAFKA_VERSION } from "./services/kafka-jars.ts";
import { S3_VERSION } from "./services/s3.ts";

const ROOT = join(import.meta.dir, "..");
const text = v.pipe(v.string(), v.minLength(1));
const duration = v.pipe(v.string(), v.regex(/^\d+s$/));
const condition = v.picklist([
  "service_started",
  "service_healthy",
  "service_completed_successfully",
]);

const serviceShape = v.strictObject({
  image: text,
  build: v.optional(v.strictObject({ context: text })),
  command: v.optional(v.array(text)),
  depends_on: v.optional(v.record(text, v.strictObject({ condition }))),
  environment: v.optional(v.record(text, text), {}),
  ports: v.optional(v.array(text)),
  volumes: v.optional(v.array(text), []),
  healthcheck: v.optional(
    v.strictObject({
      test: v.pipe(v.array(text), v.minLength(2)),
      interval: duration,
      timeout: duration,
      retries: v.number(),
      start_period: v.optional(duration),
    }),
  ),
  restart: v.optional(v.literal("unless-stopped")),
  stop_grace_period: v.optional(duration),
});

const { services, volumes } = v.parse(
  v.strictObject({
    name: v.literal("entdb"),
    services: v.strictObject({
      entdb: serviceShape,
      kafka: serviceShape,
      s3: serviceShape,
      bucket: serviceShape,
    }),
    volumes: v.record(text, v.null()),
  }),
  Bun.YAML.parse(readFileSync(join(ROOT, "deploy", "compose.yaml"), "utf8")),
);
const { entdb, kafka, s3, bucket } = services;

const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");

/** What follows an instruction of the Dockerfile, lines that go on put together. */
function instruction(name: string): string {
  const joined = dockerfile.replaceAll(/\\\n\s*/g, "");
  return new RegExp(`^${name} (.*)$`, "m").exec(joined)?.[1] ?? "";
}

/** The settings that the image brings along. */
function imageSettings(): Record<string, string> {
  const pairs = instruction("ENV").split(/\s+/);
  return Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]));
}

test("EntDB takes the settings: every one exists, and they do not contradict each other", () => {
  const known = Object.keys(OPTIONS).map((key) => environmentName(key as OptionKey));
  const given = Object.keys(entdb.environment);
  expect(given.filter((name) => !known.includes(name))).toEqual([]);
  const environment = { ...imageSettings(), ...entdb.environment };
  const { config } = loadConfig({ environment });
  expect(config).toMatchObject({
    wal: "kafka",
    auth: "required",
    archiveEnabled: true,
    host: "0.0.0.0",
  });
});

test("the image is that of the Dockerfile: its ports, its volume, its executable", () => {
  const ports = [OPTIONS.httpPort.default, OPTIONS.grpcPort.default].map(String);
  expect(instruction("EXPOSE").split(" ").sort()).toEqual([...ports].sort());
  // Published on loopback alone: nothing speaks TLS in front of them.
  expect(entdb.ports).toEqual(ports.map((port) => `127.0.0.1:${port}:${port}`));
  expect(entdb.volumes).toEqual([`entdb:${instruction("VOLUME")}`]);
  expect(imageSettings()["ENTDB_DATA_DIR"]).toBe(instruction("VOLUME"));
  const [executable] = JSON.parse(instruction("ENTRYPOINT")) as string[];
  const [how, program, ...args] = entdb.healthcheck?.test ?? [];
  expect([how, program]).toEqual(["CMD", executable]);
  expect(args).toEqual(["health", "--url", `http://127.0.0.1:${ports[0]}`]);
});

test("EntDB is told where Kafka and the bucket are, and with which credential", () => {
  const brokers = entdb.environment["ENTDB_KAFKA_BROKERS"];
  expect(kafka.environment["KAFKA_ADVERTISED_LISTENERS"]).toBe(`BROKER://${brokers}`);
  expect(brokers).toStartWith("kafka:");
  const [flag, port, ...rest] = s3.command ?? [];
  expect([flag, ...rest]).toEqual(["--port", "posix", "/data"]);
  expect(entdb.environment["ENTDB_S3_ENDPOINT"]).toBe(`http://s3${port}`);
  expect(entdb.environment).toMatchObject({
    ENTDB_S3_ACCESS_KEY_ID: s3.environment["ROOT_ACCESS_KEY"] ?? "",
    ENTDB_S3_SECRET_ACCESS_KEY: s3.environment["ROOT_SECRET_KEY"] ?? "",
  });
  const made = `/data/${entdb.environment["ENTDB_S3_BUCKET"]}`;
  expect(bucket.command).toEqual(["mkdir", "-p", made]);
  expect(bucket.volumes).toEqual(s3.volumes);
});

test("Kafka and the S3 service are those that the tests run on", () => {
  expect(kafka.image).toBe(`apache/kafka:${KAFKA_VERSION}`);
  expect(s3.image).toBe(`versity/versitygw:v${S3_VERSION}`);
});

test("what one service waits for, and what they keep, is there", () => {
  const all = Object.entries(services);
  for (const [name, service] of all) {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const found = all.find(([one]) => one === other)?.[1];
      expect(found, `${name} waits for ${other}`).toBeDefined();
      if (condition === "service_healthy") expect(found?.healthcheck).toBeDefined();
    }
  }
  const used = all.flatMap(([, service]) => service.volumes.map((volume) => volume.split(":")[0]));
  expect([...new Set(used)].sort()).toEqual(Object.keys(volumes).sort());
});

test("a stop leaves the server the time that it takes", () => {
  const seconds = Number.parseInt(entdb.stop_grace_period ?? "", 10);
  expect(seconds * 1_000).toBeGreaterThan(OPTIONS.shutdownGraceMs.default);
});
