/**
 * What runs in a browser: Google's client of gRPC-Web against a server of another origin, over the
 * messages that we generate. Each scenario is called by the test and answers with what it saw.
 */
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { GrpcWebClientBase, MethodDescriptor, type RpcError } from "grpc-web";
import { EntDBService } from "../../gen/entdb/v1/entdb_service_pb.ts";

/** How the client puts frames on the wire: its generator's default, and as they are. */
export type WebFormat = "text" | "binary";

const { executeAtomic, getNode, watchChanges } = EntDBService.method;
const context = { tenantId: "acme", actor: "user:ada" };

/** A node is written and read again; the name that was read. */
async function writeAndRead(url: string, format: WebFormat, name: string): Promise<unknown> {
  const written = await call(url, format, executeAtomic, {
    context,
    idempotencyKey: name,
    operations: [
      {
        operation: {
          case: "createNode",
          value: { typeId: 1, fields: { 1: { kind: { case: "strValue", value: name } } } },
        },
      },
    ],
  });
  const id = written.results[0]?.nodeId ?? "";
  const { node } = await call(url, format, getNode, { context, id });
  return node?.fields[1]?.kind.value;
}

/** What the client is told of a node that is not there. */
async function refusal(url: string, format: WebFormat): Promise<unknown> {
  const id = "nd_00000000000000000000000000";
  return call(url, format, getNode, { context, id }).then(
    () => undefined,
    ({ code, message, metadata }: RpcError) => ({
      code,
      message,
      hasDetails: metadata["grpc-status-details-bin"] !== undefined,
    }),
  );
}

/** The names of the first nodes that a stream brings while it stays open. */
function watch(url: string, format: WebFormat, count: number): Promise<unknown> {
  const names: unknown[] = [];
  const stream = clientOf(format).serverStreaming(
    pathOf(url, watchChanges),
    create(watchChanges.input, { context, fromBeginning: true, withNodes: true, typeIds: [1] }),
    {},
    descriptorOf(watchChanges),
  );
  return new Promise((resolve, reject) => {
    stream.on("error", reject);
    stream.on("data", ({ changes }) => {
      for (const { node } of changes) {
        if (node !== undefined) names.push(node.fields[1]?.kind.value);
      }
      if (names.length < count) return;
      stream.cancel();
      resolve(names.slice(0, count));
    });
  });
}

function call<Input extends DescMessage, Output extends DescMessage>(
  url: string,
  format: WebFormat,
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
): Promise<MessageShape<Output>> {
  const message = create(method.input, request);
  return clientOf(format).unaryCall(pathOf(url, method), message, {}, descriptorOf(method));
}

const clientOf = (format: WebFormat) => new GrpcWebClientBase({ format });

const pathOf = (url: string, method: DescMethod) => `${url}${nameOf(method)}`;

const nameOf = ({ parent, name }: DescMethod) => `/${parent.typeName}/${name}`;

/** As the generator would write it, with our messages in the place of its own. */
function descriptorOf<Input extends DescMessage, Output extends DescMessage>(
  method: DescMethod & { readonly input: Input; readonly output: Output },
): MethodDescriptor<MessageShape<Input>, MessageShape<Output>> {
  const anyClass: unknown = Object;
  return new MethodDescriptor(
    nameOf(method),
    method.methodKind === "unary" ? "unary" : "server_streaming",
    anyClass as new () => MessageShape<Input>,
    anyClass as new () => MessageShape<Output>,
    (message: MessageShape<Input>) => toBinary(method.input, message),
    (bytes: Uint8Array) => fromBinary(method.output, bytes),
  );
}

const scenarios = { writeAndRead, refusal, watch };
export type GoogleWebScenarios = typeof scenarios;
Object.assign(globalThis, { scenarios });
