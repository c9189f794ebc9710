import { EntDBService } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { EventStoreService } from "../../gen/entdb/v1/events_pb.ts";
import { OperationsService } from "../../gen/entdb/v1/operations_service_pb.ts";
import { TenantService } from "../../gen/entdb/v1/tenant_service_pb.ts";
import { EventStore } from "../../gen/eventstore/v1/eventstore_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { eventStoreMethods } from "./event-store.ts";
import { eventstoreV1Methods } from "./eventstore-v1.ts";
import { graphReadMethods } from "./graph-read.ts";
import { graphWriteMethods } from "./graph-write.ts";
import { grpcHealthMethods } from "./grpc-health.ts";
import { mailboxMethods } from "./mailbox.ts";
import type { RpcMethod } from "./methods.ts";
import { operationsMethods } from "./operations.ts";
import type { RpcFaceOptions } from "./options.ts";
import { reflectionMethods } from "./reflection.ts";
import { schemaMethods } from "./schema.ts";
import { searchMethods } from "./search.ts";
import { type Serving, serveMethods } from "./serving.ts";
import { tenantKeyMethods } from "./tenant-keys.ts";
import { tenantMemberMethods } from "./tenant-members.ts";
import { tenantMethods } from "./tenants.ts";
import { watchMethods } from "./watch.ts";

const SERVICES = [
  EntDBService,
  EventStoreService,
  EventStore,
  TenantService,
  OperationsService,
  Health,
];

/** Makes the engine's methods ready to be served. */
export function serveEngine(options: RpcFaceOptions): Serving {
  return serveMethods({ ...options, methods: methodsOf(options) });
}

function methodsOf({ engine, clock, reflection }: RpcFaceOptions): RpcMethod[] {
  const health = grpcHealthMethods({
    isHealthy: async () => (await engine.health()).status === "healthy",
    services: new Set(SERVICES.map((service) => service.typeName)),
    clock,
  });
  return [
    ...graphWriteMethods(engine),
    ...graphReadMethods(engine),
    ...searchMethods(engine),
    ...mailboxMethods(engine),
    ...watchMethods(engine),
    ...eventStoreMethods(engine),
    ...eventstoreV1Methods(engine),
    ...schemaMethods(engine),
    ...tenantMethods(engine),
    ...tenantMemberMethods(engine),
    ...tenantKeyMethods(engine),
    ...operationsMethods(engine),
    ...health,
    ...(reflection === false ? [] : reflectionMethods(SERVICES)),
  ];
}
