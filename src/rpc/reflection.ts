import { create, type DescService, fromBinary, toBinary } from "@bufbuild/protobuf";
import { file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  type ServerReflectionRequest as AlphaRequest,
  ServerReflectionRequestSchema as AlphaRequestSchema,
  type ServerReflectionResponse as AlphaResponse,
  ServerReflectionResponseSchema as AlphaResponseSchema,
  ServerReflection as ServerReflectionAlpha,
} from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { type DescriptorFile, DescriptorIndex } from "./descriptor-index.ts";
import { biDiStreaming, type RpcMethod } from "./methods.ts";

/** gRPC's number of NOT_FOUND and UNIMPLEMENTED, as the reflection protocol reports them. */
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

/**
 * Server reflection v1 and v1alpha over the services given, so that `grpcurl` and its kin
 * need no proto files, not even for the details of errors. An unknown name is an answer of the protocol, not an error: the
 * stream goes on.
 */
export function reflectionMethods(services: readonly DescService[]): RpcMethod[] {
  const served = [...services, ServerReflection, ServerReflectionAlpha];
  // Made for the first question: every file written out again is a good part of a start.
  let index: DescriptorIndex | undefined;
  const names = served.map((service) => service.typeName).sort();

  function respond(request: ServerReflectionRequest): ServerReflectionResponse {
    index ??= new DescriptorIndex(served, [file_google_rpc_error_details]);
    return create(ServerReflectionResponseSchema, {
      validHost: request.host,
      originalRequest: request,
      messageResponse: answer(request.messageRequest, index, names),
    });
  }

  async function* v1(requests: AsyncIterable<ServerReflectionRequest>) {
    for await (const request of requests) yield respond(request);
  }

  // The two versions differ in their package's name alone: the bytes are the same.
  async function* v1alpha(requests: AsyncIterable<AlphaRequest>): AsyncGenerator<AlphaResponse> {
    for await (const request of requests) {
      const bytes = toBinary(AlphaRequestSchema, request);
      const response = respond(fromBinary(ServerReflectionRequestSchema, bytes));
      yield fromBinary(AlphaResponseSchema, toBinary(ServerReflectionResponseSchema, response));
    }
  }

  return [
    biDiStreaming(ServerReflection.method.serverReflectionInfo, v1),
    biDiStreaming(ServerReflectionAlpha.method.serverReflectionInfo, v1alpha),
  ];
}

function answer(
  question: ServerReflectionRequest["messageRequest"],
  index: DescriptorIndex,
  names: readonly string[],
) {
  switch (question.case) {
    case "fileByFilename":
      return filesOrNotFound(index.byName(question.value), question.value);
    case "fileContainingSymbol":
      return filesOrNotFound(index.bySymbol(question.value), question.value);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      return failure(NOT_FOUND, `no extension ${extensionNumber} of ${containingType}`);
    }
    case "allExtensionNumbersOfType": {
      const baseTypeName = question.value;
      if (index.bySymbol(baseTypeName) === undefined) return failure(NOT_FOUND, baseTypeName);
      return {
        case: "allExtensionNumbersResponse" as const,
        value: { baseTypeName, extensionNumber: [] },
      };
    }
    case "listServices":
      return {
        case: "listServicesResponse" as const,
        value: { service: names.map((name) => ({ name })) },
      };
    default:
      return failure(UNIMPLEMENTED, "a question that this server does not know");
  }
}

function filesOrNotFound(file: DescriptorFile | undefined, name: string) {
  if (file === undefined) return failure(NOT_FOUND, `not found: ${name}`);
  const fileDescriptorProto = [file.bytes, ...file.imports.map((each) => each.bytes)];
  return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto } };
}

function failure(errorCode: number, errorMessage: string) {
  return { case: "errorResponse" as const, value: { errorCode, errorMessage } };
}
