import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { join } from "node:path";
import { type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { type Measurement, measurementOf } from "../../../src/cli/bench/figures.ts";
import { WrongAnswerError } from "../graph-database.ts";
import type { Budget } from "../measure.ts";

/**
 * h2load, the load generator of nghttp2: gRPC calls with one and the same message, so many at
 * once, as fast as they are answered. It does not look at gRPC's status in the trailers, but a
 * refusal has no message: the bytes that came must be what as many right answers have.
 */
export interface GrpcCall {
  readonly url: string;
  /** "/entdb.v1.EntDBService/GetNode" */
  readonly path: string;
  readonly body: Uint8Array;
}

/** A call of which it is known how long its right answer is ({@link answerBytes}). */
export interface KnownCall extends GrpcCall {
  readonly answerBytes: number;
}

/** Why it cannot be used here, and what to install; undefined when it can. */
export function h2loadMissing(): string | undefined {
  if (Bun.which("h2load") !== null) return undefined;
  return "h2load is not installed: apt-get install -y --no-install-recommends nghttp2-client";
}

/** A message as one gRPC frame, not compressed. */
export function grpcBody<T extends DescMessage>(type: T, message: MessageShape<T>): Uint8Array {
  const bytes = toBinary(type, message);
  const frame = Buffer.alloc(5 + bytes.length);
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, 5);
  return frame;
}

/** Makes the call once. Answers with the bytes of its message; throws unless gRPC says that it went well. */
export function answerBytes(call: GrpcCall): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connect(call.url);
    session.once("error", reject);
    const stream = session.request({
      ":method": "POST",
      ":path": call.path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let status: unknown;
    let bytes = 0;
    const note = (headers: Record<string, unknown>) => {
      status = headers["grpc-status"] ?? status;
    };
    stream.on("response", note);
    stream.on("trailers", note);
    stream.on("data", (chunk: Uint8Array) => {
      bytes += chunk.length;
    });
    stream.once("error", reject);
    stream.once("close", () => {
      session.close();
      if (status === "0") resolve(bytes);
      else reject(new WrongAnswerError(`${call.path}: grpc-status ${String(status)}`));
    });
    stream.end(call.body);
  });
}

/** So many connections at the most; further callers are streams on them. */
const CONNECTIONS = 8;

export async function h2load(
  call: KnownCall,
  inFlight: number,
  budget: Budget,
  directory: string,
  cpu: string | undefined,
): Promise<Measurement> {
  const body = join(directory, "h2load.body");
  const log = join(directory, "h2load.log");
  writeFileSync(body, call.body);
  rmSync(log, { force: true });
  const clients = Math.min(inFlight, CONNECTIONS);
  const amount =
    "calls" in budget
      ? ["-n", String(Math.max(budget.calls, inFlight))]
      : ["-D", `${Math.round(budget.seconds * 1000)}ms`, "--warm-up-time=0"];
  const command = [
    ...(cpu === undefined ? [] : ["taskset", "-c", cpu]),
    ...["h2load", "-p", "h2c", "-t", "1", "-c", String(clients), "-m", String(inFlight / clients)],
    ...["-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers"],
    ...[...amount, `--log-file=${log}`, call.url + call.path],
  ];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  const failed = /(\d+) failed, (\d+) errored, (\d+) timeout/.exec(out)?.slice(1).map(Number);
  if (code !== 0 || failed === undefined || failed.some((count) => count > 0)) {
    throw new Error(`${command.join(" ")} ended with ${code}:\n${out}${err}`);
  }
  const measured = ofLog(readFileSync(log, "utf8"), command);
  requireAnswers(out, measured.calls, call);
  return measured;
}

/** What a message may differ from another, as positions have more digits or fewer. */
const TOLERANCE = 0.1;

function requireAnswers(out: string, calls: number, call: KnownCall): void {
  const received = Number(/\((\d+)\) data$/m.exec(out)?.[1]);
  const wanted = calls * call.answerBytes;
  if (Math.abs(received - wanted) <= wanted * TOLERANCE) return;
  throw new WrongAnswerError(
    `${call.path}: ${calls} answers had ${received} bytes of messages, right ones have ${wanted}`,
  );
}

/** Lines of start (µs since the epoch), HTTP status, duration (µs). */
function ofLog(log: string, command: readonly string[]): Measurement {
  const latencies: number[] = [];
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const line of log.split("\n")) {
    if (line === "") continue;
    const [start = 0, status, took = 0] = line.split("\t").map(Number);
    if (status !== 200) throw new Error(`${command.join(" ")} got status ${status}`);
    first = Math.min(first, start);
    last = Math.max(last, start + took);
    latencies.push(took / 1000);
  }
  return measurementOf(latencies, (last - first) / 1_000_000);
}
