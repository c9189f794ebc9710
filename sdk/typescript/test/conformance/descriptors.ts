/**
 * Names out of the package's own descriptors. The built ones: their source has enums, which Node
 * does not load.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

interface Service {
  readonly methods: readonly { readonly name: string }[];
}

function built(name: string): Promise<unknown> {
  const path = join(import.meta.dirname, "../../dist/gen/entdb/v1", `${name}.js`);
  return import(pathToFileURL(path).href);
}

/** Every RPC that the package can call. */
export async function rpcNames(): Promise<string[]> {
  const { EntDBService } = (await built("entdb_service_pb")) as { readonly EntDBService: Service };
  const { TenantService } = (await built("tenant_service_pb")) as {
    readonly TenantService: Service;
  };
  const { EventStoreService } = (await built("events_pb")) as {
    readonly EventStoreService: Service;
  };
  return [EntDBService, TenantService, EventStoreService].flatMap(({ methods }) =>
    methods.map(({ name }) => name),
  );
}

/** Every reason of the server's. */
export async function reasonNames(): Promise<string[]> {
  const { ErrorReason } = (await built("errors_pb")) as {
    readonly ErrorReason: Readonly<Record<string, unknown>>;
  };
  return Object.entries(ErrorReason).flatMap(([name, value]) =>
    typeof value === "number" && value > 0 ? name : [],
  );
}
