/**
 * Every setting of EntDB, once: its names, what may be written, its default and the sentence
 * that explains it. Flags, environment, configuration file, help texts and the reference page
 * are all made from this table, and a setting that is not in it does not exist.
 *
 * From an option's key follow its flag (`grpcPort`: `--grpc-port`), its environment variable
 * (`ENTDB_GRPC_PORT`) and its name in the file (`grpc_port`).
 */
import { limits } from "../base/limits.ts";
import { ACCESS_OPTIONS } from "./access-options.ts";
import { BACKUP_OPTIONS } from "./backup-options.ts";
import { KAFKA_OPTIONS } from "./kafka-options.ts";
import { KINESIS_OPTIONS } from "./kinesis-options.ts";
import { type Option, option } from "./option.ts";
import { boolean, bytes, choice, host, integer, list, text } from "./parse.ts";
import { TLS_OPTIONS } from "./tls-options.ts";

/** 0 asks the system for any free port. */
const port = integer(0, 65_535);
const DAY_MS = 86_400_000;
const MiB = 1024 * 1024;

export const OPTIONS = {
  host: option({
    group: "network",
    parser: host,
    default: "127.0.0.1",
    sentence:
      "Address that both ports listen on; one off loopback needs authentication or `--insecure`.",
  }),
  grpcPort: option({
    group: "network",
    parser: port,
    default: 50_051,
    sentence: "Port for gRPC, which also takes Connect and gRPC-Web; 0 takes any free one.",
  }),
  httpPort: option({
    group: "network",
    parser: port,
    default: 8080,
    sentence: "Port for REST, Connect, gRPC-Web, health and metrics; 0 takes any free one.",
  }),
  corsOrigins: option({
    group: "network",
    parser: list,
    default: [],
    sentence:
      "Origins that a browser may call from, such as `https://app.example`; none by default.",
  }),
  allowedHosts: option({
    group: "network",
    parser: list,
    default: [],
    sentence:
      "Host names, besides those of loopback, that requests may be addressed to in trusted mode.",
  }),

  faceThreads: option({
    group: "network",
    parser: integer(0, limits.faceThreads),
    default: 0,
    sentence:
      "Threads of their own for connections, credentials and messages; 0 serves them in the engine's thread, which is faster on few cores. Linux only.",
  }),
  idlePollUs: option({
    group: "network",
    parser: integer(0, 10_000),
    default: 200,
    sentence:
      "Microseconds for which the server looks for the next call behind an answer before it sleeps, while callers mostly ask again in that time; 0 sleeps at once. Face threads look only where each has a processor of its own, and one is left.",
  }),

  ...TLS_OPTIONS,
  ...ACCESS_OPTIONS,

  dataDir: option({
    group: "storage",
    parser: text,
    default: "/var/lib/entdb",
    devDefault: "./entdb-data",
    sentence: "Directory of the log and of every tenant's files; one server at a time uses it.",
  }),
  wal: option({
    group: "storage",
    parser: choice("auto", "file", "memory", "kafka", "kinesis"),
    default: "auto",
    sentence:
      "Where the log is: `file` syncs to disk before it answers, `kafka` has it at all replicas in sync, `kinesis` has read it back, `memory` forgets everything at the end; `auto` is kafka where `kafka_brokers` names some, else file.",
  }),
  segmentBytes: option({
    group: "storage",
    parser: bytes(16 * MiB, 1024 * MiB),
    default: limits.segmentBytes,
    sentence: "Size of the log's files, which are filled with zeros in advance.",
  }),
  syncAwakeUs: option({
    group: "storage",
    parser: integer(0, 100_000),
    default: 5_000,
    sentence:
      "Microseconds behind a sync of the log for which a thread of the idle priority keeps the server's processor from halting, while syncs come that close on each other and no quota limits the process; 0 never does. Linux only.",
  }),
  checkpointIntervalMs: option({
    group: "storage",
    parser: integer(100, DAY_MS),
    default: limits.checkpointIntervalMs,
    sentence:
      "Time between checkpoints, in milliseconds: what a start after a crash may have to replay.",
  }),
  acceptClock: option({
    group: "storage",
    parser: boolean,
    default: false,
    sentence: "Takes the machine's clock as right though it jumped ahead of the log's last record.",
  }),
  openTenants: option({
    group: "storage",
    parser: integer(1, 100_000),
    default: limits.openTenants,
    sentence: "Tenants whose files are open at once; the one unused for longest is closed first.",
  }),
  readWorkers: option({
    group: "storage",
    parser: integer(1, 64),
    default: limits.readWorkers,
    sentence: "Threads for queries, counts and walks; reads by key do not need them.",
  }),

  ...KAFKA_OPTIONS,

  ...KINESIS_OPTIONS,

  ...BACKUP_OPTIONS,

  messageBytes: option({
    group: "requests",
    parser: bytes(1024, limits.messageBytes),
    default: limits.messageBytes,
    sentence: "Largest request, before and after decompression.",
  }),
  deadlineMs: option({
    group: "requests",
    parser: integer(100, DAY_MS),
    default: limits.deadlineMs,
    sentence:
      "Longest that a call may take, in milliseconds; a client may ask for less, never for more.",
  }),
  longDeadlineMs: option({
    group: "requests",
    parser: integer(100, DAY_MS),
    default: limits.longDeadlineMs,
    sentence: "The same for what takes long by nature, such as rebuilding a tenant.",
  }),
  shutdownGraceMs: option({
    group: "requests",
    parser: integer(0, 600_000),
    default: limits.shutdownGraceMs,
    sentence: "How long a stop waits for calls under way, in milliseconds.",
  }),
  callsInFlight: option({
    group: "requests",
    parser: integer(1, 1_000_000),
    default: limits.callsInFlight,
    sentence: "Calls under way at once; one more is refused with OVERLOADED.",
  }),
  bytesInFlight: option({
    group: "requests",
    parser: bytes(limits.messageBytes, 64 * 1024 * MiB),
    default: limits.bytesInFlight,
    sentence: "Bytes of requests under way at once; one more is refused with OVERLOADED.",
  }),
  scanRows: option({
    group: "requests",
    parser: integer(1, 1_000_000_000),
    default: limits.scanRows,
    sentence: "Rows that one query may look at before it is refused with QUERY_NEEDS_INDEX.",
  }),
  walkDepth: option({
    group: "requests",
    parser: integer(1, limits.walkDepth),
    default: limits.walkDepth,
    sentence: "Steps that one walk along edges may take.",
  }),
  walkEdges: option({
    group: "requests",
    parser: integer(1, 100_000_000),
    default: limits.walkEdges,
    sentence: "Edges that one walk may look at before it is refused with LIMIT_EXCEEDED.",
  }),

  connections: option({
    group: "connections",
    parser: integer(1, 1_000_000),
    default: limits.connections,
    sentence:
      "Connections open at once, on each port; the REST port counts them only where it speaks TLS.",
  }),
  connectionsPerPeer: option({
    group: "connections",
    parser: integer(1, 1_000_000),
    default: limits.connectionsPerPeer,
    sentence: "Connections open at once from one address, on the same ports.",
  }),
  concurrentStreams: option({
    group: "connections",
    parser: integer(1, 256),
    default: limits.concurrentStreams,
    sentence: "Calls under way at once on one HTTP/2 connection.",
  }),
  idleTimeoutMs: option({
    group: "connections",
    parser: integer(1_000, DAY_MS),
    default: limits.idleTimeoutMs,
    sentence: "When a connection on which nothing happens is closed, in milliseconds.",
  }),
  requestTimeoutMs: option({
    group: "connections",
    parser: integer(1_000, DAY_MS),
    default: limits.requestTimeoutMs,
    sentence: "How long a client may take to send a request's headers and body, in milliseconds.",
  }),

  logLevel: option({
    group: "observing",
    parser: choice("DEBUG", "INFO", "WARN", "ERROR"),
    default: "INFO",
    sentence: "What is logged, to stderr: this level and those that are graver.",
  }),
  logFormat: option({
    group: "observing",
    parser: choice("json", "text"),
    default: "json",
    devDefault: "text",
    sentence: "One JSON object per line, or lines to be read by people.",
  }),
  metrics: option({
    group: "observing",
    parser: boolean,
    default: true,
    sentence: "Whether `/metrics` answers.",
  }),
} as const;

type Options = typeof OPTIONS;
export type OptionKey = keyof Options;

/** The settings in effect. Frozen; nothing changes them while the server runs. */
export type Config = {
  readonly [K in OptionKey]: Options[K] extends Option<infer T> ? T : never;
};

/** A table of options of any kind. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** `grpcPort` as a flag: `--grpc-port`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `grpcPort` in the environment: `ENTDB_GRPC_PORT`. */
export function environmentName(key: string): string {
  return `ENTDB_${fileName(key).toUpperCase()}`;
}

/** `grpcPort` in the configuration file: `grpc_port`. */
export function fileName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Names the configuration file itself; it cannot stand in that file. */
export const CONFIG_FILE_ENVIRONMENT = "ENTDB_CONFIG";
export const CONFIG_FILE_FLAG = "--config";

/** What the commands that talk to a server read; a server knows them and passes over them. */
export const CLIENT_ENVIRONMENT = {
  ENTDB_URL: "HTTP address of the server.",
  ENTDB_TENANT_ID: "The tenant that a command is about.",
  ENTDB_ACTOR: "Who asks, in trusted mode; with a credential, for whom it acts.",
  ENTDB_API_KEY: "The API key or token to ask with.",
  ENTDB_API_KEY_FILE: "A file that holds it instead.",
  ENTDB_CA_FILE:
    "A file of the authorities (PEM) that a server's certificate may come from, instead of the machine's.",
  ENTDB_CLIENT_CERT_FILE:
    "A file of the certificate (PEM) that is shown to a server that asks for one.",
  ENTDB_CLIENT_KEY_FILE: "A file of the key of that certificate.",
} as const;
