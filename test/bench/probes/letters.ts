import type { Engine, RequestedOperation } from "../../../src/engine/engine.ts";
import type { Caller } from "../../../src/record/caller.ts";
import type { NodeSharing } from "../../../src/record/transaction.ts";
import { decodeSchema } from "../../../src/schema/schema-json.ts";
import type { Fields } from "../../../src/schema/value.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";

/** Texts to be searched, and the type that holds them. */
const LETTER = 1;
const TEXT = 1;
const WORDS_PER_LETTER = 30;
const VOCABULARY = 5_000;
/** The word that every text of {@link textOf} has. */
export const COMMON_WORD = "everywhere";
/** One that about two in a hundred have. */
export const RARE_WORD = "w2mx";
/** Letters of one transaction while filling. */
export const FILL = 250;
export const NEVER = new AbortController().signal;
export const NOW = { atLeast: undefined, strong: false };

/** Few words are frequent and most are rare, as in any language. */
export function textOf(random: SeededRandom): string {
  const words = Array.from({ length: WORDS_PER_LETTER }, () => {
    const rank = Math.floor(random.float() ** 3 * VOCABULARY);
    return `w${rank.toString(36)}x`;
  });
  return `${words.join(" ")} ${COMMON_WORD}`;
}

export function letterOf(text: string, sharing?: NodeSharing): RequestedOperation {
  const fields: Fields = new Map([[TEXT, { kind: "str", value: text }]]);
  const operation = {
    op: "create_node",
    typeId: LETTER,
    id: "",
    fields,
    returnExisting: false,
  } as const;
  return sharing === undefined ? operation : { ...operation, sharing };
}

/** Makes the tenant, with letters that can be searched. */
export async function register(engine: Engine, tenantId: string): Promise<void> {
  const field = { field_id: TEXT, name: "text", kind: "str", searchable: true };
  const schema = decodeSchema({
    node_types: [{ type_id: LETTER, name: "Letter", fields: [field] }],
  });
  const request = { idempotencyKey: "", schema, mode: "merge" } as const;
  await engine.registerSchema(callerOf(tenantId, "user:bench"), request, NEVER);
}

export async function execute(
  engine: Engine,
  caller: Caller,
  operations: readonly RequestedOperation[],
): Promise<void> {
  const request = {
    idempotencyKey: "",
    operations,
    wait: "applied",
    schemaFingerprint: "",
    schema: undefined,
  } as const;
  await engine.execute(caller, request, NEVER);
}

export function callerOf(tenantId: string, actor: string): Caller {
  return { tenantId, actor, roles: [], credential: "" };
}
