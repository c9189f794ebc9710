import { create } from "@bufbuild/protobuf";
import {
  Health,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import type { CallContext } from "./call-context.ts";
import { type RpcMethod, serverStreaming, unary } from "./methods.ts";

/** How often Watch looks. Orchestrators look every few seconds themselves. */
const WATCH_INTERVAL_MS = 1_000;

/**
 * grpc.health.v1, as orchestrators and gRPC clients ask it: "" is the server as a whole,
 * and every service served here shares its fate.
 */
export function grpcHealthMethods(health: {
  readonly isHealthy: () => Promise<boolean>;
  readonly services: ReadonlySet<string>;
  readonly clock: Clock;
}): RpcMethod[] {
  const statusOf = async (service: string): Promise<Status> => {
    if (service !== "" && !health.services.has(service)) return Status.SERVICE_UNKNOWN;
    return (await health.isHealthy()) ? Status.SERVING : Status.NOT_SERVING;
  };

  async function* watch(
    request: { readonly service: string },
    call: CallContext,
  ): AsyncGenerator<HealthCheckResponse> {
    let told: Status | undefined;
    while (!call.signal.aborted) {
      const status = await statusOf(request.service);
      if (status !== told) {
        told = status;
        yield create(HealthCheckResponseSchema, { status });
      }
      await health.clock.sleep(WATCH_INTERVAL_MS, call.signal);
    }
    throw call.signal.reason;
  }

  return [
    unary(Health.method.check, async (request) => {
      const status = await statusOf(request.service);
      if (status === Status.SERVICE_UNKNOWN) throw serviceUnknown(request.service);
      return create(HealthCheckResponseSchema, { status });
    }),
    serverStreaming(Health.method.watch, watch),
  ];
}

function serviceUnknown(service: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "ROUTE_NOT_FOUND",
    message: `No service ${JSON.stringify(service.slice(0, 128))} is served here.`,
    hint: "Ask for the empty name to learn of the server as a whole.",
  });
}
