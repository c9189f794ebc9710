/**
 * A server for the Connect conformance suite: the product's listener, paths and calls, with
 * the suite's service behind them. Never part of the shipped executable.
 *
 *     bun test/conformance/server.ts [--thin off] [--counts FILE]
 *
 * Speaks the suite's protocol: one ServerCompatRequest on standard input, one
 * ServerCompatResponse on standard output, then it serves until SIGTERM. On its way out it
 * appends a line to FILE: how many calls it served over the thin path, and how many in all.
 */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { create, createRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import {
  file_connectrpc_conformance_v1_conformance,
  type ServerCompatRequest,
  ServerCompatRequestSchema,
  ServerCompatResponseSchema,
} from "../../gen/connectrpc/conformance/v1/conformance_pb.ts";
import { trusting } from "../../src/access/authenticate.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { TlsMaterial } from "../../src/face/tls.ts";
import { type ErrorMap, toWireError } from "../../src/rpc/errors.ts";
import type { RpcServerOptions } from "../../src/rpc/options.ts";
import { createRpcServer } from "../../src/rpc/server.ts";
import { type ServedMethods, serveMethods } from "../../src/rpc/serving.ts";
import { conformanceMethods } from "./service.ts";

const HOST = "127.0.0.1";
const LENGTH_BYTES = 4;

const { values } = parseArgs({
  options: {
    thin: { type: "string", default: "on" },
    counts: { type: "string" },
  },
});

/**
 * The product's map, but for what the suite compares to the letter: the errors that its
 * handlers throw go out as they are, and no error carries details that it did not ask for.
 */
const errors: ErrorMap = (thrown, call, log) => {
  if (thrown instanceof ConnectError) return { error: thrown, reason: "INTERNAL" };
  const { error, reason } = toWireError(thrown, call, log);
  error.details.length = 0;
  return { error, reason };
};

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

const wanted = await readRequest();
const counts = { thin: 0, all: 0 };
const ignore = () => undefined;
const options: RpcServerOptions & ServedMethods = {
  methods: conformanceMethods(),
  errors,
  anyTypes: createRegistry(file_connectrpc_conformance_v1_conformance),
  authenticator: trusting,
  clock: systemClock,
  random: systemRandom,
  thin: values.thin !== "off",
  // The suite's answers are small: compress them all, or nothing would be compressed.
  limits: {
    compressMinBytes: 1,
    ...(wanted.messageReceiveLimit > 0 && { messageBytes: wanted.messageReceiveLimit }),
  },
  meter: {
    callStarted: ignore,
    callFinished: ({ thin }) => {
      counts.all += 1;
      if (thin) counts.thin += 1;
    },
    connectionOpened: ignore,
    connectionClosed: ignore,
    connectionEnded: ignore,
  },
  log: { fault: ({ rpc, cause }) => void process.stderr.write(`${rpc}: ${Bun.inspect(cause)}\n`) },
};
const server = createRpcServer(options, () => serveMethods(options));
const material = tlsOf(wanted);
const tls = material === undefined ? undefined : { current: material, onRenewed: ignore };
const { port } = await server.listen(HOST, 0, { tls });

process.on("SIGTERM", () => {
  if (values.counts !== undefined) appendFileSync(values.counts, `${counts.thin} ${counts.all}\n`);
  process.exit(0);
});

const response = toBinary(
  ServerCompatResponseSchema,
  create(ServerCompatResponseSchema, {
    host: HOST,
    port,
    pemCert: Buffer.from(material?.certificates ?? ""),
  }),
);
const length = Buffer.alloc(LENGTH_BYTES);
length.writeUInt32BE(response.length);
process.stdout.write(Buffer.concat([length, response]));
