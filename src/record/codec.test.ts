import { describe, expect, test } from "bun:test";
import {
  bytesOf,
  type GoldenOperation,
  goldenOperation,
  hexOf,
  readGolden,
} from "../../test/harness/golden.ts";
import type { JsonValue } from "../base/json.ts";
import { decodeSchema } from "../schema/schema-json.ts";
import { decodeOwner, decodeRecord, encodeRecord } from "./codec.ts";
import {
  type Operation,
  RULES_VERSION,
  type SystemBody,
  type TransactionRecord,
} from "./transaction.ts";

type SystemForm = { readonly kind: SystemBody["kind"] } & Readonly<Record<string, unknown>>;

interface Vector {
  readonly name: string;
  readonly record: {
    readonly rules_version: number;
    readonly tenant_id: string;
    readonly incarnation: number;
    readonly actor: string;
    readonly roles: readonly string[];
    readonly idempotency_key: string;
    readonly server_made_key: boolean;
    readonly request_hash: string;
    readonly credential?: string;
    readonly transaction?: {
      readonly operations: readonly GoldenOperation[];
      readonly attached_schema?: JsonValue;
    };
    readonly tenant_created?: {
      readonly tenant_id: string;
      readonly incarnation: number;
      readonly partition: number;
      readonly directory: string;
    };
    /** Of the bodies that came later: as in our own words, bytes hexadecimal, maps as objects. */
    readonly system?: SystemForm;
  };
  readonly hex: string;
}

const { vectors } = readGolden<{ readonly vectors: readonly Vector[] }>("records.json");

function recordOf({ record }: Vector): TransactionRecord {
  return {
    rulesVersion: record.rules_version,
    tenantId: record.tenant_id,
    incarnation: record.incarnation,
    actor: record.actor,
    roles: record.roles,
    idempotencyKey: record.idempotency_key,
    serverMadeKey: record.server_made_key,
    requestHash: bytesOf(record.request_hash),
    credential: record.credential ?? "",
    body: bodyOf(record),
  };
}

function bodyOf(record: Vector["record"]): TransactionRecord["body"] {
  const { transaction, tenant_created: created, system } = record;
  if (created !== undefined) {
    const { tenant_id: tenantId, incarnation, partition, directory } = created;
    return { kind: "tenant_created", tenantId, incarnation, partition, directory };
  }
  if (system !== undefined) return systemBodyOf(system);
  const operations = transaction?.operations.map((each) => goldenOperation(each) as Operation);
  const schema = transaction?.attached_schema;
  return {
    kind: "transaction",
    operations: operations ?? [],
    attachedSchema: schema === undefined ? undefined : decodeSchema(schema),
  };
}

function systemBodyOf(form: SystemForm): SystemBody {
  const entries = Object.entries(form).map(([name, value]): [string, unknown] => {
    if (name === "secretHash") return [name, bytesOf(value as string)];
    if (name === "details") return [name, new Map(Object.entries(value as object))];
    return [name, value];
  });
  const absent = form.kind === "tenant_limits_set" && {
    requestsPerSecond: undefined,
    requestBurst: undefined,
  };
  return { ...absent, ...Object.fromEntries(entries) } as SystemBody;
}

describe("golden records", () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const record = recordOf(vector);
    expect(hexOf(encodeRecord(record))).toBe(vector.hex);
    const { decodeBody, ...envelope } = decodeRecord(bytesOf(vector.hex));
    const { body, ...expected } = record;
    expect(envelope).toEqual(expected);
    expect(decodeBody()).toEqual(body);
    const { tenantId, incarnation } = record;
    expect(decodeOwner(bytesOf(vector.hex))).toEqual({ tenantId, incarnation });
  });
});

describe("a record that this build cannot read", () => {
  const [vector] = vectors as [Vector, ...Vector[]];

  test("of other rules gives its envelope, and throws for its body alone", () => {
    for (const rulesVersion of [0, RULES_VERSION + 1, 99]) {
      const bytes = encodeRecord({ ...recordOf(vector), rulesVersion });
      const decoded = decodeRecord(bytes);
      expect(decoded).toMatchObject({ rulesVersion, tenantId: vector.record.tenant_id });
      expect(() => decoded.decodeBody()).toThrow("rules version");
    }
  });

  test("without a body, or with one of a kind that is unknown, likewise", () => {
    const whole = bytesOf(vector.hex);
    // Field 30, length-delimited, empty: what a later version's kind of body looks like.
    const later = new Uint8Array([...withoutBody(vector), 0xf2, 0x01, 0x00]);
    for (const bytes of [withoutBody(vector), later]) {
      const decoded = decodeRecord(bytes);
      expect(decoded.tenantId).toBe(vector.record.tenant_id);
      expect(() => decoded.decodeBody()).toThrow("without a body");
    }
    expect(() => decodeRecord(whole).decodeBody()).not.toThrow();
  });

  test("with an operation of an unknown kind likewise", () => {
    // transaction { operations { 30: "" } }
    const later = [0x4a, 0x05, 0x0a, 0x03, 0xf2, 0x01, 0x00];
    const bytes = new Uint8Array([...withoutBody(vector), ...later]);
    expect(() => decodeRecord(bytes).decodeBody()).toThrow("operation of a kind");
  });

  test("that is no record at all throws at once", () => {
    expect(() => decodeRecord(new Uint8Array([0xff, 0xff, 0xff]))).toThrow();
  });
});

/** The encoding of an empty transaction is the envelope and two bytes. */
function withoutBody(vector: Vector): Uint8Array {
  const body = { kind: "transaction", operations: [], attachedSchema: undefined } as const;
  const bytes = encodeRecord({ ...recordOf(vector), body });
  expect([...bytes.slice(-2)]).toEqual([0x4a, 0x00]);
  return bytes.slice(0, -2);
}
