import { resolve } from "node:path";
import { isLoopback } from "../config/loopback.ts";
import type { Config } from "../config/options.ts";
import { LogFormat } from "../telemetry/log-format.ts";
import type { CliContext } from "./context.ts";

/**
 * What the program itself says while a server runs (banner, ready, stopping), on stderr
 * among the server's log lines and in their format: `message key=value …`, or one JSON
 * object a line. The line that begins "entdb ready" is stable: supervisors and tests
 * wait for it and take the addresses from it.
 */
export type Note = (message: string, fields?: NoteFields) => Promise<void>;
export type NoteFields = Readonly<Record<string, string | number>>;

export function serverNotes(context: CliContext, format: Config["logFormat"]): Note {
  const json = new LogFormat("json");
  return async (message, fields = {}) => {
    const entry = { time: context.clock.now(), level: "INFO", area: "server", message, fields };
    const line = format === "json" ? json.line(entry).trimEnd() : textLine(message, fields);
    await context.output.note(line);
  };
}

function textLine(message: string, fields: NoteFields): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${textValue(value)}`);
  return [message, ...pairs].join(" ");
}

function textValue(value: string | number): string {
  const text = String(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** Who is trusted and what an answer promises: said at every start, before anything else. */
export function bannerNotes(config: Config): readonly string[] {
  return [trustNote(config), durabilityNote(config)];
}

function trustNote(config: Config): string {
  if (config.auth === "required") {
    const asked = "authentication: every request needs a credential";
    if (config.tlsCertFile !== "") return asked;
    const flag = config.plaintext ? "--plaintext" : "--insecure";
    return isLoopback(config.host)
      ? asked
      : `${asked}; IN PLAIN TEXT (${flag}): whoever listens in on the network can read them`;
  }
  const who = "the client names its tenant and actor, nobody is asked who they are";
  return config.insecure
    ? `TRUSTED MODE, INSECURE: ${who}, and --insecure lets others than this machine in at ${config.host}`
    : `trusted mode: ${who}; only this machine can connect (${config.host})`;
}

function durabilityNote(config: Config): string {
  switch (config.wal) {
    case "memory":
      return "durability: NONE: the log is in memory and everything is gone when the server ends";
    case "kafka":
      return `durability: a write is answered when all in-sync replicas of the Kafka topic ${config.kafkaTopic} have it in memory`;
    case "kinesis":
      return `durability: a write is answered when it was read back from the Kinesis stream ${config.kinesisStream}, which forgets it after its retention`;
    default:
      return `durability: a write is answered after fdatasync of the log in ${resolve(config.dataDir)}`;
  }
}

/** For the ready line and for whoever measures: what a success answer stands for. */
export function durabilityWord(config: Config): string {
  const words = {
    auto: "fdatasync",
    file: "fdatasync",
    memory: "none",
    kafka: "acks=all",
    kinesis: "read back",
  } as const;
  return words[config.wal];
}
