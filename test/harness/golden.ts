import { readFileSync } from "node:fs";
import type { JsonValue } from "../../src/base/json.ts";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import type { EdgeTarget } from "../../src/record/transaction.ts";
import { decodeSchema } from "../../src/schema/schema-json.ts";
import type { Fields, Value } from "../../src/schema/value.ts";

/** Files of `test/golden/`: what was written once and must mean the same for ever. */
export function readGolden<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/${file}`, import.meta.url), "utf8"));
}

/** Ints and timestamps are decimal text, bytes hexadecimal. */
export interface GoldenField {
  readonly field_id: number;
  readonly kind: Value["kind"];
  readonly value?: unknown;
}

type GoldenTarget = { id: string } | { edge_type_id: number; from_id: string; to_id: string };

/** An operation as a request has it; members that say nothing are left out. */
export interface GoldenOperation {
  readonly op: RequestedOperation["op"];
  readonly type_id?: number;
  readonly edge_type_id?: number;
  readonly id?: string;
  readonly alias?: string;
  readonly from_id?: string;
  readonly to_id?: string;
  readonly return_existing?: boolean;
  readonly expected_version?: number;
  readonly fields?: readonly GoldenField[];
  readonly preconditions?: readonly GoldenField[];
  readonly target?: GoldenTarget;
  readonly schema?: JsonValue;
}

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

export function goldenFields(fields: readonly GoldenField[] = []): Fields {
  return new Map(fields.map((field) => [field.field_id, goldenValue(field)]));
}

function goldenValue({ kind, value }: GoldenField): Value {
  switch (kind) {
    case "null":
      return { kind };
    case "int":
    case "timestamp":
      return { kind, value: BigInt(value as string) };
    case "list_int":
      return { kind, value: (value as string[]).map(BigInt) };
    case "bytes":
      return { kind, value: bytesOf(value as string) };
    default:
      return { kind, value } as Value;
  }
}

function goldenTarget(target: GoldenTarget | undefined): EdgeTarget {
  if (target === undefined) throw new Error("an edge operation has a target");
  if ("id" in target) return { by: "id", id: target.id };
  const { edge_type_id: edgeTypeId, from_id: fromId, to_id: toId } = target;
  return { by: "ends", edgeTypeId, fromId, toId };
}

export function goldenOperation(golden: GoldenOperation): RequestedOperation {
  const { op, id = "", return_existing: returnExisting = false } = golden;
  const fields = goldenFields(golden.fields);
  const alias = golden.alias === undefined ? {} : { alias: golden.alias };
  switch (op) {
    case "create_node":
      return { op, typeId: golden.type_id ?? 0, id, returnExisting, fields, ...alias };
    case "update_node": {
      const preconditions = goldenFields(golden.preconditions);
      return { op, id, fields, expectedVersion: golden.expected_version ?? 0, preconditions };
    }
    case "delete_node":
    case "restore_node":
    case "purge_node":
      return { op, id, expectedVersion: golden.expected_version ?? 0 };
    case "create_edge": {
      const { edge_type_id: edgeTypeId = 0, from_id: fromId = "", to_id: toId = "" } = golden;
      return { op, edgeTypeId, id, fromId, toId, returnExisting, fields, ...alias };
    }
    case "update_edge":
      return { op, target: goldenTarget(golden.target), fields };
    case "delete_edge":
      return { op, target: goldenTarget(golden.target) };
    case "register_schema":
      return { op, schema: decodeSchema(golden.schema ?? {}) };
    default:
      throw new Error(`no golden form for ${op}`);
  }
}
