/**
 * A server for the Connect conformance suite: the product's listener, paths and calls, with
 * the suite's service behind them, in this thread or in so many others. Never part of the
 * shipped executable.
 *
 *     bun test/conformance/server.ts [--thin off] [--threads N] [--counts FILE]
 *
 * Speaks the suite's protocol: one ServerCompatRequest on standard input, one
 * ServerCompatResponse on standard output, then it serves until SIGTERM. On its way out it
 * appends a line to FILE: how many calls it served over the thin path, and how many in all.
 */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type ServerCompatRequest,
  ServerCompatRequestSchema,
  ServerCompatResponseSchema,
} from "../../gen/connectrpc/conformance/v1/conformance_pb.ts";
import { SharedCounts } from "../../src/base/counts.ts";
import { faceCountsShape } from "../../src/face/counts.ts";
import type { TlsMaterial } from "../../src/face/tls.ts";
import { claimPorts } from "../../src/server/face-threads/claim-ports.ts";
import { ALL, HOST, serve, THIN, type Wanted } from "./served.ts";

const LENGTH_BYTES = 4;

const { values } = parseArgs({
  options: {
    thin: { type: "string", default: "on" },
    threads: { type: "string", default: "0" },
    counts: { type: "string" },
  },
});

async function readRequest(): Promise<ServerCompatRequest> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of Bun.stdin.stream()) {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < LENGTH_BYTES) continue;
    const end = LENGTH_BYTES + bytes.readUInt32BE(0);
    if (bytes.length < end) continue;
    return fromBinary(ServerCompatRequestSchema, bytes.subarray(LENGTH_BYTES, end));
  }
  throw new Error("standard input ended before a whole request had come");
}

/** What the suite hands over: a certificate that it trusts, and whose clients are to be let in. */
function tlsOf({
  useTls,
  serverCreds,
  clientTlsCert,
}: ServerCompatRequest): TlsMaterial | undefined {
  if (!useTls) return undefined;
  const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();
  return {
    certificates: text(serverCreds?.cert),
    key: text(serverCreds?.key),
    clientAuthorities: clientTlsCert.length > 0 ? text(clientTlsCert) : undefined,
  };
}

/** So many threads serve on one port, and this one on none. */
async function serveInThreads(wanted: Wanted, threads: number): Promise<number> {
  const [port] = await claimPorts(HOST, [0, 0]);
  const counts = new SharedArrayBuffer(SharedCounts.bytes(faceCountsShape(threads)));
  const listening = Array.from({ length: threads }, (_, index) => {
    const worker = new Worker(new URL("./thread.ts", import.meta.url).href);
    worker.postMessage({ ...wanted, port, thread: { index, threads, counts } });
    return new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  });
  await Promise.all(listening);
  return port;
}

const request = await readRequest();
const answered = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
const { messageReceiveLimit } = request;
const tls = tlsOf(request);
const wanted: Wanted = {
  port: 0,
  thin: values.thin !== "off",
  messageBytes: messageReceiveLimit > 0 ? messageReceiveLimit : undefined,
  tls,
  answered: answered.buffer as SharedArrayBuffer,
  thread: undefined,
};
const threads = Number(values.threads);
const port = threads === 0 ? await serve(wanted) : await serveInThreads(wanted, threads);

process.on("SIGTERM", () => {
  const line = `${answered[THIN]} ${answered[ALL]}\n`;
  if (values.counts !== undefined) appendFileSync(values.counts, line);
  process.exit(0);
});

const response = toBinary(
  ServerCompatResponseSchema,
  create(ServerCompatResponseSchema, {
    host: HOST,
    port,
    pemCert: Buffer.from(tls?.certificates ?? ""),
  }),
);
const length = Buffer.alloc(LENGTH_BYTES);
length.writeUInt32BE(response.length);
process.stdout.write(Buffer.concat([length, response]));
