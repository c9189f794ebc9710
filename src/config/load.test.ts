import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EntError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { threadProblems } from "./check-threads.ts";
import { describeConfig, shownValue } from "./describe.ts";
import { environmentWithoutSettings, type LoadInput, loadConfig } from "./load.ts";
import { isLoopback } from "./loopback.ts";
import type { Option } from "./option.ts";
import { text } from "./parse.ts";
import { resolve, type Sources } from "./resolve.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "entdb-config-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function fileWith(content: string): string {
  const path = join(directory, "entdb.toml");
  writeFileSync(path, content);
  return path;
}

/** The refusal that loading ends in. */
function refusal(input: LoadInput): EntError {
  try {
    loadConfig({ environment: {}, ...input });
  } catch (error) {
    if (error instanceof EntError && error.reason === "CONFIG_INVALID") return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("where a value comes from", () => {
  test("defaults, in serve and in dev", () => {
    const { config, origins } = loadConfig({ environment: {} });
    expect(config).toMatchObject({
      host: "127.0.0.1",
      grpcPort: 50_051,
      httpPort: 8080,
      dataDir: "/var/lib/entdb",
      logLevel: "INFO",
      logFormat: "json",
      wal: "file",
      auth: "trusted",
      autoCreateTenants: true,
    });
    expect(origins.grpcPort).toEqual({ kind: "default", name: "" });
    const dev = loadConfig({ environment: {}, dev: true }).config;
    expect(dev).toMatchObject({ dataDir: "./entdb-data", logFormat: "text", grpcPort: 50_051 });
  });

  test("flags over environment over file over default", () => {
    const configPath = fileWith(
      'grpc_port = 1\nhttp_port = 2\nlog_level = "debug"\nmetrics = false\n',
    );
    const { config, origins } = loadConfig({
      configPath,
      environment: { ENTDB_GRPC_PORT: "11", ENTDB_HTTP_PORT: "12" },
      flags: { grpcPort: "21", insecure: true },
    });
    expect(config).toMatchObject({
      grpcPort: 21,
      httpPort: 12,
      logLevel: "DEBUG",
      metrics: false,
      insecure: true,
    });
    expect(origins.grpcPort).toEqual({ kind: "flag", name: "--grpc-port" });
    expect(origins.httpPort).toEqual({ kind: "environment", name: "ENTDB_HTTP_PORT" });
    expect(origins.metrics).toEqual({ kind: "file", name: `metrics in ${configPath}` });
    expect(origins.host.kind).toBe("default");
  });

  test("the environment may name the file; the flag goes first", () => {
    const path = fileWith('cors_origins = ["https://a", "https://b"]\n');
    const environment = { ENTDB_CONFIG: path };
    expect(loadConfig({ environment }).config.corsOrigins).toEqual(["https://a", "https://b"]);
    expect(refusal({ environment, configPath: "/missing.toml" }).message).toStartWith(
      "--config names /missing.toml, which cannot be read",
    );
  });

  test("who may ask follows from who can reach the server, unless it is said", () => {
    const auth = (flags: NonNullable<LoadInput["flags"]>) =>
      loadConfig({ environment: {}, flags }).config.auth;
    expect(auth({})).toBe("trusted");
    expect(auth({ auth: "required" })).toBe("required");
    expect(auth({ host: "0.0.0.0", plaintext: true })).toBe("required");
    expect(auth({ host: "0.0.0.0", tlsCertFile: "c.pem", tlsKeyFile: "k.pem" })).toBe("required");
    expect(auth({ host: "0.0.0.0", insecure: true })).toBe("trusted");
    expect(auth({ host: "0.0.0.0", insecure: true, auth: "required" })).toBe("required");
  });

  test.each([
    [{ tlsCertFile: "c.pem" }, "ENTDB_TLS_KEY_FILE"],
    [{ tlsKeyFile: "k.pem" }, "ENTDB_TLS_CERT_FILE"],
    [{ tlsClientCaFile: "ca.pem" }, "ENTDB_TLS_CERT_FILE"],
    [{ tlsCertFile: "c.pem", tlsKeyFile: "k.pem", plaintext: true }, "ENTDB_PLAINTEXT"],
  ])("certificates that contradict other settings are refused: %p", (flags, name) => {
    expect(Object.keys(refusal({ flags }).details)).toEqual([name]);
  });

  test("face threads are taken up to their limit and not beyond, on Linux alone", () => {
    const most = limits.faceThreads;
    if (process.platform === "linux") {
      const { config } = loadConfig({ environment: {}, flags: { faceThreads: String(most) } });
      expect(config.faceThreads).toBe(most);
    }
    const past = refusal({ flags: { faceThreads: String(most + 1) } });
    expect(Object.keys(past.details)).toEqual(["--face-threads"]);
    const names = (platform: NodeJS.Platform, faceThreads: number) =>
      threadProblems({ faceThreads }, platform).map(({ name }) => name);
    expect(names("darwin", 1)).toEqual(["ENTDB_FACE_THREADS"]);
    expect([...names("darwin", 0), ...names("linux", 1)]).toEqual([]);
  });

  test("the log is in Kafka where brokers are named, unless it is said", () => {
    const wal = (flags: NonNullable<LoadInput["flags"]>) =>
      loadConfig({ environment: {}, flags }).config.wal;
    expect(wal({ kafkaBrokers: "a:9092" })).toBe("kafka");
    expect(wal({ kafkaBrokers: "a:9092", wal: "file" })).toBe("file");
  });

  test("an empty variable counts as unset", () => {
    const { config } = loadConfig({ environment: { ENTDB_GRPC_PORT: "", ENTDB_CONFIG: "" } });
    expect(config.grpcPort).toBe(50_051);
  });

  test("the result cannot be changed", () => {
    const { config, origins } = loadConfig({ environment: {} });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(origins)).toBe(true);
  });
});

describe("what is refused", () => {
  test("unknown names, with what was probably meant", () => {
    const environment = { ENTDB_GRCP_PORT: "1", ENTDB_URL: "http://x", OTHER: "1" };
    expect(refusal({ environment }).message).toBe(
      "ENTDB_GRCP_PORT is no setting of EntDB. Did you mean ENTDB_GRPC_PORT?",
    );
    expect(refusal({ configPath: fileWith("grpcport = 1\n") }).message).toContain(
      "Did you mean grpc_port?",
    );
  });

  test("everything wrong is told at once, and nothing else", () => {
    const error = refusal({
      flags: { logLevel: "loud" },
      environment: { ENTDB_GRPC_PORT: "70000", ENTDB_X: "1" },
    });
    expect(error.message.split("\n")).toEqual([
      "ENTDB_X is no setting of EntDB.",
      'ENTDB_GRPC_PORT must be 0 to 65535, not "70000".',
      '--log-level must be one of DEBUG, INFO, WARN, ERROR, not "loud".',
    ]);
    expect(Object.keys(error.details)).toEqual(["ENTDB_X", "ENTDB_GRPC_PORT", "--log-level"]);
    expect(error.code).toBe("failed_precondition");
  });

  test("a file that is no TOML, or holds what no setting can be", () => {
    expect(refusal({ configPath: fileWith("grpc_port = = 1") }).message).toContain("as TOML");
    expect(refusal({ configPath: fileWith("[grpc_port]\na = 1\n") }).message).toContain(
      "must be a text, a number, true, false or a list of texts",
    );
  });

  test("a server that others can reach and that asks nobody, or is asked in plain text", () => {
    const host = "0.0.0.0";
    expect(refusal({ flags: { host, auth: "trusted" } }).message).toContain("--insecure");
    expect(refusal({ flags: { host } }).message).toContain("--plaintext");
    expect(refusal({ flags: { host, auth: "required" } }).message).toContain("--plaintext");
  });

  test("tokens of nobody in particular, for nobody in particular, or with keys from anywhere", () => {
    const whole = { jwtIssuer: "https://id", jwtAudience: "entdb", jwtKeysUrl: "https://id/keys" };
    expect(() => loadConfig({ environment: {}, flags: whole })).not.toThrow();
    for (const [flags, name] of [
      [{ ...whole, jwtIssuer: undefined }, "ENTDB_JWT_ISSUER"],
      [{ ...whole, jwtAudience: undefined }, "ENTDB_JWT_AUDIENCE"],
      [{ ...whole, jwtKeysUrl: undefined }, "ENTDB_JWT_KEYS_URL"],
      [{ ...whole, jwtKeysFile: "keys.json" }, "ENTDB_JWT_KEYS_URL"],
      [{ ...whole, jwtKeysUrl: "http://id.example/keys" }, "ENTDB_JWT_KEYS_URL"],
      [{ ...whole, jwtKeysUrl: "https://me:secret@id.example/keys" }, "ENTDB_JWT_KEYS_URL"],
      [{ ...whole, jwtKeysUrl: "file:///etc/keys" }, "ENTDB_JWT_KEYS_URL"],
      [{ ...whole, jwtAlgorithms: "HS256" }, "ENTDB_JWT_ALGORITHMS"],
      [{ ...whole, jwtAlgorithms: "EdDSA,none" }, "ENTDB_JWT_ALGORITHMS"],
    ] as const) {
      expect(Object.keys(refusal({ flags }).details)).toEqual([name]);
    }
    const loopback = { ...whole, jwtKeysUrl: "http://127.0.0.1:9/keys" };
    expect(() => loadConfig({ environment: {}, flags: loopback })).not.toThrow();
  });

  test("a log in Kafka without brokers, with names that Kafka has not, or that may lose what it acknowledged", () => {
    const kafka = { wal: "kafka", kafkaBrokers: "a:9092,b:9092" };
    const whole = {
      ...kafka,
      kafkaTls: true,
      kafkaTlsCertFile: "cert.pem",
      kafkaTlsKeyFile: "key.pem",
      kafkaSaslMechanism: "plain",
      kafkaSaslUsername: "entdb",
    };
    const environment = { ENTDB_KAFKA_SASL_PASSWORD: "secret" };
    expect(() => loadConfig({ environment, flags: whole })).not.toThrow();
    for (const [flags, name] of [
      [{ wal: "kafka" }, "ENTDB_KAFKA_BROKERS"],
      [{ kafkaBrokers: "a:9092,b" }, "ENTDB_KAFKA_BROKERS"],
      [{ ...kafka, kafkaTopic: "a/b" }, "ENTDB_KAFKA_TOPIC"],
      [{ ...kafka, kafkaAcks: "1" }, "ENTDB_KAFKA_ACKS"],
      [{ ...kafka, kafkaEnableIdempotence: "false" }, "ENTDB_KAFKA_ENABLE_IDEMPOTENCE"],
      [{ ...kafka, kafkaTlsCaFile: "ca.pem" }, "ENTDB_KAFKA_TLS"],
      [{ ...whole, kafkaTlsKeyFile: undefined }, "ENTDB_KAFKA_TLS_CERT_FILE"],
      [{ ...whole, kafkaSaslUsername: undefined }, "ENTDB_KAFKA_SASL_MECHANISM"],
    ] as const) {
      const isWhole = "kafkaSaslMechanism" in flags;
      const error = refusal({ flags, environment: isWhole ? environment : {} });
      expect(Object.keys(error.details)).toEqual([name]);
    }
  });

  test("names and addresses that Kinesis has not, and less than it keeps", () => {
    const whole = {
      wal: "kinesis",
      kinesisStream: "entdb-wal",
      kinesisRegion: "eu-central-1",
      kinesisEndpoint: "http://127.0.0.1:4567",
    };
    expect(() => loadConfig({ environment: {}, flags: whole })).not.toThrow();
    for (const [flags, name] of [
      [{ kinesisStream: "a/b" }, "ENTDB_KINESIS_STREAM"],
      [{ kinesisRegion: "Frankfurt!" }, "ENTDB_KINESIS_REGION"],
      [{ kinesisEndpoint: "http://me:secret@127.0.0.1" }, "ENTDB_KINESIS_ENDPOINT"],
      [{ kinesisRetentionHours: "23" }, "--kinesis-retention-hours"],
    ] as const) {
      expect(Object.keys(refusal({ flags: { ...whole, ...flags } }).details)).toEqual([name]);
    }
  });

  test("one port for both listeners, unless any will do", () => {
    expect(refusal({ flags: { grpcPort: "8080" } }).message).toContain("ENTDB_HTTP_PORT");
    const { config } = loadConfig({ environment: {}, flags: { grpcPort: "0", httpPort: "0" } });
    expect(config.httpPort).toBe(0);
  });

  test("what counts as loopback", () => {
    for (const host of ["127.0.0.1", "127.9.9.9", "::1", "LOCALHOST"]) {
      expect(isLoopback(host)).toBe(true);
    }
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "localhost.example"]) {
      expect(isLoopback(host)).toBe(false);
    }
  });
});

describe("secrets", () => {
  const row: Option<string> = {
    group: "identity",
    parser: text,
    default: "",
    secret: true,
    sentence: "A secret.",
  };
  const canary = "canary-7d1f";
  const read = (sources: Partial<Sources>) =>
    resolve(
      { apiKey: row },
      {
        flags: {},
        environment: {},
        file: undefined,
        dev: false,
        readSecret: (path) => {
          if (path !== "/run/key") throw new Error("no such file");
          return `${canary}\n`;
        },
        ...sources,
      },
    );

  test("come from the environment, or from a file that it names", () => {
    expect(read({ environment: { ENTDB_API_KEY: canary } }).values["apiKey"]).toBe(canary);
    const fromFile = read({ environment: { ENTDB_API_KEY_FILE: "/run/key" } });
    expect(fromFile.values["apiKey"]).toBe(canary);
    expect(fromFile.origins["apiKey"]).toEqual({
      kind: "environment",
      name: "ENTDB_API_KEY_FILE",
    });
  });

  test("are refused on the command line, twice, and from a file that is missing", () => {
    expect(read({ flags: { apiKey: canary } }).problems).toHaveLength(1);
    expect(read({ flags: { apiKey: canary } }).values["apiKey"]).toBe("");
    const both = { ENTDB_API_KEY: canary, ENTDB_API_KEY_FILE: "/run/key" };
    expect(read({ environment: both }).problems).toHaveLength(1);
    const missing = read({ environment: { ENTDB_API_KEY_FILE: "/missing" } });
    expect(missing.problems[0]?.message).toContain("no such file");
  });

  test("are not shown", () => {
    expect(shownValue(row, canary)).toBe("(hidden)");
    expect(shownValue(row, "")).toBe("");
    const everything = JSON.stringify(read({ flags: { apiKey: canary } }).problems);
    expect(everything).not.toContain(canary);
  });

  test("only secrets have a file of their own", () => {
    const error = refusal({ environment: { ENTDB_GRPC_PORT_FILE: "/x" } });
    expect(error.message).toContain("ENTDB_GRPC_PORT_FILE is no setting");
  });
});

test("every setting is described with its names, value and origin", () => {
  const settings = describeConfig(loadConfig({ environment: { ENTDB_MESSAGE_BYTES: "1MiB" } }));
  const of = (key: string) => settings.find((setting) => setting.key === key);
  expect(of("messageBytes")).toEqual({
    key: "messageBytes",
    flag: "--message-bytes",
    environment: "ENTDB_MESSAGE_BYTES",
    value: "1MiB",
    origin: { kind: "environment", name: "ENTDB_MESSAGE_BYTES" },
  });
  expect(of("metrics")?.value).toBe("true");
});

test("a server with its defaults is given the environment without EntDB's own", () => {
  const environment = {
    PATH: "/bin",
    ENTDB_WAL: "memory",
    ENTDB_API_KEY: "secret",
    MY_ENTDB_X: "1",
  };
  expect(environmentWithoutSettings(environment)).toEqual({ PATH: "/bin", MY_ENTDB_X: "1" });
});
