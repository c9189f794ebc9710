import type { CancelSignal } from "../../base/cancel-signal.ts";
import { invalid } from "../../base/errors.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Engine, RequestedOperation } from "../../engine/engine.ts";
import type { Caller } from "../../record/caller.ts";
import { decodeSchema } from "../../schema/schema-json.ts";
import type { HttpCall } from "../call.ts";
import { lookUpNodeTypes } from "../decode/node-types.ts";
import { OperationReader } from "../decode/operations.ts";
import { receiptToJson } from "../encode/outcome.ts";
import { ANY } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import type { Answer } from "../reply.ts";
import { postRoute, type Route } from "../route.ts";
import { atomicAnswer, atomicRequest, type JsonOperation } from "../shapes/atomic.ts";
import type { TenantNames } from "../tenant-names.ts";

/**
 * The write. Names are turned into numbers here, against the tenant's schema and whatever
 * types the request brings itself; everything else about a transaction (ids, aliases,
 * limits, keys) is judged behind the engine, for every face alike.
 */
const KEY_HEADER = "idempotency-key";

/** The write: a list of operations, all or nothing, once per idempotency key. */
export function atomicRoute(engine: Engine, names: TenantNames): Route {
  const facts = {
    tag: "write",
    summary: "Apply a list of operations atomically",
    query: identityParams,
    body: atomicRequest,
    example: {
      tenant_id: "acme",
      actor: "user:alice",
      idempotency_key: "first-graph",
      operations: [
        { op: "create_node", alias: "ada", type_id: 1, payload: { name: "Ada" } },
        { op: "create_node", alias: "bob", type_id: 1, payload: { name: "Bob" } },
        { op: "create_edge", edge_type_id: 100, from: "$ada.id", to: "$bob.id" },
      ],
    },
    answers: { 200: atomicAnswer },
  } as const;
  return postRoute("/v1/atomic", facts, async ({ call, query, body }): Promise<Answer> => {
    const caller = callerOf(call, query, body);
    const schema = body.schema === undefined ? undefined : decodeSchema(body.schema);
    const request = {
      idempotencyKey: idempotencyKeyOf(call, body.idempotency_key),
      operations: await readOperations(
        { engine, names, caller, signal: call.signal },
        body.operations,
        schema,
      ),
      wait: body.wait ?? "applied",
      schemaFingerprint: body.schema_fingerprint ?? "",
      schema,
    };
    const receipt = await engine.execute(caller, request, call.signal);
    return {
      text: stringifyJson(receiptToJson(receipt)),
      positionToken: receipt.positionToken,
    };
  });
}

/** The key from body or header, empty for none. Throws INVALID_IDEMPOTENCY_KEY when they differ. */
export function idempotencyKeyOf(call: HttpCall, inBody: string | undefined): string {
  const inHeader = call.header(KEY_HEADER) ?? "";
  if (inBody === undefined || inBody === "") return inHeader;
  if (inHeader === "" || inHeader === inBody) return inBody;
  throw invalid(
    "INVALID_IDEMPOTENCY_KEY",
    "The body and the header Idempotency-Key name different keys.",
    "Name the key in one of the two.",
  );
}

interface Reading {
  readonly engine: Engine;
  readonly names: TenantNames;
  readonly caller: Caller;
  readonly signal: CancelSignal;
}

async function readOperations(
  { engine, names, caller, signal }: Reading,
  operations: readonly JsonOperation[],
  attached: ReturnType<typeof decodeSchema> | undefined,
): Promise<RequestedOperation[]> {
  const nodeTypes = await lookUpNodeTypes(engine, caller, operations, signal);
  return names.resolve(caller, signal, ANY, (registry) => {
    const reader = new OperationReader(registry, nodeTypes);
    if (attached !== undefined) reader.evolve(attached, "merge");
    return operations.map((operation, i) => reader.read(operation, `operations[${i}]`));
  });
}
