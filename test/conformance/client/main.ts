/**
 * A client for the Connect conformance suite: the transports of the TypeScript SDK, as its
 * users make them. `run.ts` bundles it, so that it runs in Node and in Bun.
 *
 *     client.js grpc|connect|fetch
 *
 * Speaks the suite's protocol: one ClientCompatRequest after another on standard input, and
 * on standard output what came of each, in whatever order they end.
 */
import { create, createRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type ClientCompatRequest,
  ClientCompatRequestSchema,
  type ClientCompatResponse,
  ClientCompatResponseSchema,
  file_connectrpc_conformance_v1_conformance,
} from "../../../gen/connectrpc/conformance/v1/conformance_pb.ts";
import { fetchTransport } from "../../../sdk/typescript/src/transport/fetch.ts";
import {
  connectTransport,
  grpcTransport,
  type TlsOptions,
} from "../../../sdk/typescript/src/transport/http2/transports.ts";
import type {
  ClientTransport,
  TransportFactory,
} from "../../../sdk/typescript/src/transport/transport.ts";
import { makeCall } from "./call.ts";

const LENGTH_BYTES = 4;
const CALLS_AT_ONCE = 8;

const FACTORIES: Readonly<
  Record<string, (request: ClientCompatRequest, tls: TlsOptions) => TransportFactory>
> = {
  grpc: (_request, tls) => grpcTransport({ tls }),
  connect: (_request, tls) => connectTransport({ tls }),
  fetch: ({ useGetHttpMethod: useHttpGet }) => fetchTransport({ useHttpGet }),
};

const factoryOf = FACTORIES[process.argv[2] ?? ""];
if (factoryOf === undefined) throw new Error(`one of ${Object.keys(FACTORIES).join(", ")}`);
const types = createRegistry(file_connectrpc_conformance_v1_conformance);
const transports = new Map<string, ClientTransport>();

/** One transport for all calls that differ in nothing that it is made of. */
function transportOf(request: ClientCompatRequest, make: NonNullable<typeof factoryOf>) {
  const { host, port, serverTlsCert, clientTlsCreds, useGetHttpMethod } = request;
  const ca = textOf(serverTlsCert);
  const cert = textOf(clientTlsCreds?.cert);
  const key = textOf(clientTlsCreds?.key);
  const endpoint = `${ca === "" ? "http" : "https"}://${host}:${port}`;
  const name = [endpoint, ca, cert, useGetHttpMethod].join("\0");
  const known = transports.get(name);
  if (known !== undefined) return known.connect;
  const tls = { ...(ca !== "" && { ca }), ...(cert !== "" && { cert, key }) };
  const made = make(request, tls)({ endpoint });
  transports.set(name, made);
  return made.connect;
}

function textOf(pem: Uint8Array | undefined): string {
  return Buffer.from(pem ?? []).toString();
}

async function* framed(): AsyncGenerator<ClientCompatRequest> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    while (bytes.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + bytes.readUInt32BE(0);
      if (bytes.length < end) break;
      yield fromBinary(ClientCompatRequestSchema, bytes.subarray(LENGTH_BYTES, end));
      bytes = bytes.subarray(end);
    }
  }
}

async function answer(request: ClientCompatRequest, make: NonNullable<typeof factoryOf>) {
  const { testName } = request;
  try {
    const value = await makeCall(transportOf(request, make), request, types);
    return create(ClientCompatResponseSchema, {
      testName,
      result: { case: "response", value },
    });
  } catch (cause) {
    return create(ClientCompatResponseSchema, {
      testName,
      result: { case: "error", value: { message: String(cause) } },
    });
  }
}

function tell(response: ClientCompatResponse): void {
  const bytes = toBinary(ClientCompatResponseSchema, response);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes.length);
  process.stdout.write(Buffer.concat([length, bytes]));
}

const underWay = new Set<Promise<void>>();
for await (const request of framed()) {
  const asked = answer(request, factoryOf)
    .then(tell)
    .finally(() => underWay.delete(asked));
  underWay.add(asked);
  if (underWay.size >= CALLS_AT_ONCE) await Promise.race(underWay);
}
await Promise.all(underWay);
for (const transport of transports.values()) transport.close();
