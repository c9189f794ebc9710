/**
 * What only records of `_system` say: tenants, their state and limits, keys, audit. To and
 * from protobuf as in `codec.ts`: the bytes are the proto's, what is not known is passed over.
 */
import { ByteReader, type ByteWriter, MalformedBytesError, strictText } from "../base/bytes.ts";
import {
  lengthTag,
  numberTag,
  openMessage,
  skipField,
  writeBytes,
  writeFlag,
  writeNumber,
  writeText,
  writeTexts,
} from "../base/protobuf.ts";
import type { SystemBody, TenantLimitsSet } from "./transaction.ts";

const TAGS = {
  tenant_created: lengthTag(10),
  tenant_state_changed: lengthTag(11),
  tenant_deleted: lengthTag(12),
  tenant_limits_set: lengthTag(13),
  api_key_created: lengthTag(14),
  api_key_revoked: lengthTag(15),
  audit_event: lengthTag(16),
} as const;

const KINDS = new Map(
  Object.entries(TAGS).map(([kind, tag]) => [tag as number, kind as SystemBody["kind"]]),
);

/** Whether a record's field of this tag is one of these bodies. */
export function isSystemTag(tag: number): boolean {
  return KINDS.has(tag);
}

const ENTRY = { key: lengthTag(1), value: lengthTag(2) } as const;

export function writeSystemBody(writer: ByteWriter, body: SystemBody): void {
  const start = openMessage(writer, TAGS[body.kind]);
  writeFieldsOf(writer, body);
  writer.closeRun(start);
}

function writeFieldsOf(writer: ByteWriter, body: SystemBody): void {
  switch (body.kind) {
    case "tenant_created":
      writeText(writer, lengthTag(1), body.tenantId);
      writeNumber(writer, numberTag(2), body.incarnation);
      writeNumber(writer, numberTag(3), body.partition);
      return writeText(writer, lengthTag(4), body.directory);
    case "tenant_state_changed":
      writeText(writer, lengthTag(1), body.tenantId);
      writeNumber(writer, numberTag(2), body.incarnation);
      return writeFlag(writer, numberTag(3), body.suspended);
    case "tenant_deleted":
      writeText(writer, lengthTag(1), body.tenantId);
      return writeNumber(writer, numberTag(2), body.incarnation);
    case "tenant_limits_set":
      return writeLimits(writer, body);
    case "api_key_created":
      writeText(writer, lengthTag(1), body.keyId);
      writeBytes(writer, lengthTag(2), body.secretHash);
      writeText(writer, lengthTag(3), body.tenantId);
      writeNumber(writer, numberTag(4), body.incarnation);
      writeText(writer, lengthTag(5), body.actor);
      writeTexts(writer, lengthTag(6), body.mayActAs);
      writeTexts(writer, lengthTag(7), body.roles);
      writeText(writer, lengthTag(8), body.name);
      return writeNumber(writer, numberTag(9), body.expiresAt);
    case "api_key_revoked":
      return writeText(writer, lengthTag(1), body.keyId);
    case "audit_event":
      writeText(writer, lengthTag(1), body.action);
      writeText(writer, lengthTag(2), body.tenantId);
      writeText(writer, lengthTag(3), body.actor);
      writeText(writer, lengthTag(4), body.credential);
      writeText(writer, lengthTag(5), body.outcome);
      writeNumber(writer, numberTag(6), body.count);
      return writeDetails(writer, body.details);
  }
}

/** A number that is there is written, 0 too: it means "none", where absence means "the server's". */
function writeLimits(writer: ByteWriter, body: TenantLimitsSet): void {
  writeText(writer, lengthTag(1), body.tenantId);
  writeNumber(writer, numberTag(2), body.incarnation);
  if (body.requestsPerSecond !== undefined) {
    writer.varint(numberTag(3));
    writer.varint(body.requestsPerSecond);
  }
  if (body.requestBurst !== undefined) {
    writer.varint(numberTag(4));
    writer.varint(body.requestBurst);
  }
}

function writeDetails(writer: ByteWriter, details: ReadonlyMap<string, string>): void {
  const sorted = [...details].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of sorted) {
    const start = openMessage(writer, lengthTag(7));
    // Generated code writes both halves of a map's entry, also when one is empty.
    writeTexts(writer, ENTRY.key, [key]);
    writeTexts(writer, ENTRY.value, [value]);
    writer.closeRun(start);
  }
}

/** Throws `MalformedBytesError` for a tag that {@link isSystemTag} does not know. */
export function readSystemBody(reader: ByteReader, bodyTag: number): SystemBody {
  const kind = KINDS.get(bodyTag);
  switch (kind) {
    case "tenant_created": {
      const { text, number } = readAll(reader);
      return {
        kind,
        tenantId: text(1),
        incarnation: number(2),
        partition: number(3),
        directory: text(4),
      };
    }
    case "tenant_state_changed": {
      const { text, number } = readAll(reader);
      return { kind, tenantId: text(1), incarnation: number(2), suspended: number(3) !== 0 };
    }
    case "tenant_deleted": {
      const { text, number } = readAll(reader);
      return { kind, tenantId: text(1), incarnation: number(2) };
    }
    case "tenant_limits_set": {
      const { text, number, numbers } = readAll(reader);
      return {
        kind,
        tenantId: text(1),
        incarnation: number(2),
        requestsPerSecond: numbers.get(3),
        requestBurst: numbers.get(4),
      };
    }
    case "api_key_created": {
      const { text, texts, number, bytes } = readAll(reader);
      return {
        kind,
        keyId: text(1),
        secretHash: bytes(2),
        tenantId: text(3),
        incarnation: number(4),
        actor: text(5),
        mayActAs: texts(6),
        roles: texts(7),
        name: text(8),
        expiresAt: number(9),
      };
    }
    case "api_key_revoked":
      return { kind, keyId: readAll(reader).text(1) };
    case "audit_event": {
      const { text, number, runs } = readAll(reader);
      return {
        kind,
        action: text(1),
        tenantId: text(2),
        actor: text(3),
        credential: text(4),
        outcome: text(5),
        count: number(6),
        details: detailsOf(runs(7)),
      };
    }
    case undefined:
      throw new MalformedBytesError(`a record with a body of tag ${bodyTag}`);
  }
}

/** A message of `_system` by its fields' numbers. These records are few: no need to be quick. */
function readAll(reader: ByteReader) {
  const runs = new Map<number, Uint8Array[]>();
  const numbers = new Map<number, number>();
  while (!reader.done) {
    const tag = reader.varint();
    const field = tag >>> 3;
    if (tag === lengthTag(field)) runs.set(field, [...(runs.get(field) ?? []), reader.copy()]);
    else if (tag === numberTag(field)) numbers.set(field, reader.varint());
    else skipField(reader, tag);
  }
  const all = (field: number) => runs.get(field) ?? [];
  return {
    numbers,
    runs: all,
    number: (field: number) => numbers.get(field) ?? 0,
    bytes: (field: number) => all(field).at(-1) ?? new Uint8Array(0),
    text: (field: number) => strictText(all(field).at(-1) ?? new Uint8Array(0)),
    texts: (field: number) => all(field).map(strictText),
  };
}

function detailsOf(entries: readonly Uint8Array[]): Map<string, string> {
  const details = new Map<string, string>();
  for (const entry of entries) {
    const { text } = readAll(new ByteReader(entry));
    details.set(text(1), text(2));
  }
  return details;
}
