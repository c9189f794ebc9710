import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type ExecuteAtomicRequest,
  ExecuteAtomicRequestSchema,
} from "../../../gen/entdb/v1/entdb_service_pb.ts";
import type { Value } from "../../../gen/entdb/v1/model_pb.ts";
import { ErrorInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import type { Rpc } from "../../harness/wire.ts";
import type { Answer, Sent, Step } from "./journal.ts";
import { Violation } from "./violation.ts";

/** The schema of a fault run: accounts with a unique name, a count and words, and who knows whom. */
export const ACCOUNT = 1;
const NAME = 1;
const COUNT = 2;
const NOTE = 3;
const PADDING = 4;
const KNOWS = 100;
/** Whose mailbox gets an item of every pair. */
export const READER = "user:reader";
const TIMEOUT_MS = 10_000;
const DECIDED_MS = 120_000;
const PAUSE_MS = 100;
const STR = 1;
const INT = 2;

export async function registerSchema(rpc: Rpc, tenantId: string): Promise<void> {
  await rpc.registerSchema({
    context: contextOf(tenantId),
    idempotencyKey: "schema",
    schema: {
      nodeTypes: [
        {
          typeId: ACCOUNT,
          name: "Account",
          fields: [
            { fieldId: NAME, name: "name", kind: STR, unique: true },
            { fieldId: COUNT, name: "count", kind: INT, indexed: true },
            { fieldId: NOTE, name: "note", kind: STR, searchable: true },
            { fieldId: PADDING, name: "padding", kind: STR },
          ],
        },
      ],
      edgeTypes: [{ edgeTypeId: KNOWS, name: "Knows", fromTypeId: ACCOUNT, toTypeId: ACCOUNT }],
    },
  });
}

export function contextOf(tenantId: string): { tenantId: string; actor: string } {
  return { tenantId, actor: "user:fault" };
}

/** Creates a writer's counter; the key makes it the same one however often it is asked for. */
export async function createCounter(rpc: Rpc, tenant: string, writer: number): Promise<string> {
  const answer = await rpc.executeAtomic({
    context: contextOf(tenant),
    idempotencyKey: `counter-${writer}`,
    operations: [createAccount(`counter-${writer}`, "counter")],
  });
  return answer.results[0]?.nodeId ?? "";
}

/** Sends a step. Undefined when nobody can say what became of it. */
export async function send(rpc: Rpc, sent: Sent): Promise<Answer | undefined> {
  const outcome = await attempt(rpc, sent);
  return typeof outcome === "string" ? undefined : outcome;
}

/**
 * Asks what became of a step, under its key, until there is an answer: a busy server may need more
 * than one time. Throws a {@link Violation} that says why there is none after two minutes.
 */
export async function ask(rpc: Rpc, sent: Sent): Promise<Answer> {
  const deadline = performance.now() + DECIDED_MS;
  for (;;) {
    const outcome = await attempt(rpc, sent);
    if (typeof outcome !== "string") return outcome;
    if (performance.now() > deadline) {
      throw new Violation(`${sent.key} (${sent.step.kind}): still undecided: ${outcome}`);
    }
    await Bun.sleep(PAUSE_MS);
  }
}

/** The answer, or why there is none. */
async function attempt(rpc: Rpc, sent: Sent): Promise<Answer | string> {
  try {
    const answer = await rpc.executeAtomic(requestOf(sent), { timeoutMs: TIMEOUT_MS });
    return {
      state: "applied",
      ids: answer.results.map((result) => result.nodeId || result.edgeId),
      versions: answer.results.map((result) => Number(result.version)),
      reason: "",
      position: answer.walPosition,
    };
  } catch (error) {
    return rejectionOf(error);
  }
}

const DECIDED = new Set([
  "UNIQUE_CONFLICT",
  "VERSION_CONFLICT",
  "IDEMPOTENCY_KEY_REUSED",
  "NODE_NOT_FOUND",
]);

function rejectionOf(error: unknown): Answer | string {
  const info = ConnectError.from(error).findDetails(ErrorInfoSchema)[0];
  if (info === undefined || !DECIDED.has(info.reason)) {
    if (ConnectError.from(error).code === Code.InvalidArgument) throw error;
    return String(error);
  }
  const position = info.metadata["wal_position"] ?? "";
  return { state: "rejected", ids: [], versions: [], reason: info.reason, position };
}

function requestOf({ tenant, key, step }: Sent): ExecuteAtomicRequest {
  return create(ExecuteAtomicRequestSchema, {
    context: contextOf(tenant),
    idempotencyKey: key,
    operations: operationsOf(step),
  });
}

function operationsOf(step: Step) {
  switch (step.kind) {
    case "pair":
      return [
        createAccount(`${step.name}-a`, "a", [READER], step.paddingBytes),
        createAccount(`${step.name}-b`, "b"),
        {
          operation: {
            case: "createEdge" as const,
            value: { edgeTypeId: KNOWS, fromId: "$a.id", toId: "$b.id" },
          },
        },
      ];
    case "clash":
      return [createAccount(step.name, "")];
    case "count":
      return [
        {
          operation: {
            case: "updateNode" as const,
            value: {
              id: step.nodeId,
              expectedVersion: BigInt(step.from),
              fields: {
                [COUNT]: { kind: { case: "intValue" as const, value: BigInt(step.from) } },
              },
            },
          },
        },
      ];
  }
}

function createAccount(name: string, alias: string, recipients: string[] = [], paddingBytes = 0) {
  const text = (value: string) => ({ kind: { case: "strValue" as const, value } });
  return {
    operation: {
      case: "createNode" as const,
      value: {
        typeId: ACCOUNT,
        alias,
        recipients,
        fields: {
          [NAME]: text(name),
          [NOTE]: text(`note of ${name} `.repeat(4)),
          ...(paddingBytes > 0 ? { [PADDING]: text("x".repeat(paddingBytes)) } : {}),
        },
      },
    },
  };
}

/** A node's name and count as the server reads them. */
export function readAccount(fields: { readonly [id: number]: Value }): {
  name: string;
  count: number | undefined;
} {
  const name = fields[NAME]?.kind;
  const count = fields[COUNT]?.kind;
  return {
    name: name?.case === "strValue" ? name.value : "",
    count: count?.case === "intValue" ? Number(count.value) : undefined,
  };
}
