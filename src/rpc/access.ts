/**
 * Who may call what, before a method looks at its message: a table over services, so that a
 * method that nobody thought of needs a credential.
 */
import { OperationsService } from "../../gen/entdb/v1/operations_service_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import type { RpcMethod } from "./methods.ts";

/** `open`: everybody; `credential`: whoever has one that holds; `server`: a credential of the server. */
export type RpcAccess = "open" | "credential" | "server";

const OF_SERVER: ReadonlySet<string> = new Set(
  [OperationsService, ServerReflection, ServerReflectionAlpha].map(({ typeName }) => typeName),
);
/** What orchestrators ask, who have no credential; its answer is one constant word. */
const OPEN: ReadonlySet<string> = new Set([`${Health.typeName}/${Health.method.check.name}`]);

export function accessOf({ name, method }: Pick<RpcMethod, "name" | "method">): RpcAccess {
  if (OPEN.has(name)) return "open";
  return OF_SERVER.has(method.parent.typeName) ? "server" : "credential";
}
