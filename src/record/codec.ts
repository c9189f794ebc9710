import { ByteReader, ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import {
  lengthTag,
  numberTag,
  openMessage,
  requireEnd,
  skipField,
  writeBytes,
  writeFlag,
  writeNumber,
  writeText,
  writeTexts,
} from "../base/protobuf.ts";
import { decodeSchemaText, encodeSchemaText } from "../schema/schema-json.ts";
import type { Schema } from "../schema/types.ts";
import { readOperation, writeOperation } from "./operation-codec.ts";
import { isSystemTag, readSystemBody, writeSystemBody } from "./system-codec.ts";
import {
  type Operation,
  RULES_VERSION,
  type Transaction,
  type TransactionRecord,
} from "./transaction.ts";

/**
 * The body of a record in the log, `entdb.wal.v1.Record`, to and from our own words.
 * Whatever a released version has written reads back here for ever.
 *
 * Written out by hand, because every write passes here twice and every replay once: the
 * generated code walks descriptors and makes an object of each message on the way. That the
 * bytes are the proto's, both ways, is held against it by `codec-protobuf.test.ts`.
 */
const RECORD = {
  rulesVersion: numberTag(1),
  tenantId: lengthTag(2),
  incarnation: numberTag(3),
  actor: lengthTag(4),
  roles: lengthTag(5),
  idempotencyKey: lengthTag(6),
  serverMadeKey: numberTag(7),
  requestHash: lengthTag(8),
  transaction: lengthTag(9),
  credential: lengthTag(17),
} as const;

const TRANSACTION = { operations: lengthTag(1), attachedSchema: lengthTag(2) } as const;
const SCHEMA = { json: lengthTag(1) } as const;

const shared = new ByteWriter(4096);

export function encodeRecord(record: TransactionRecord): Uint8Array {
  shared.reset();
  writeNumber(shared, RECORD.rulesVersion, record.rulesVersion);
  writeText(shared, RECORD.tenantId, record.tenantId);
  writeNumber(shared, RECORD.incarnation, record.incarnation);
  writeText(shared, RECORD.actor, record.actor);
  writeTexts(shared, RECORD.roles, record.roles);
  writeText(shared, RECORD.idempotencyKey, record.idempotencyKey);
  writeFlag(shared, RECORD.serverMadeKey, record.serverMadeKey);
  writeBytes(shared, RECORD.requestHash, record.requestHash);
  if (record.body.kind === "transaction") writeTransaction(record.body);
  else writeSystemBody(shared, record.body);
  writeText(shared, RECORD.credential, record.credential);
  return shared.take();
}

function writeTransaction({ operations, attachedSchema }: Transaction): void {
  const transaction = openMessage(shared, RECORD.transaction);
  for (const operation of operations) {
    const start = openMessage(shared, TRANSACTION.operations);
    writeOperation(shared, operation);
    shared.closeRun(start);
  }
  if (attachedSchema !== undefined) {
    const start = openMessage(shared, TRANSACTION.attachedSchema);
    writeText(shared, SCHEMA.json, encodeSchemaText(attachedSchema));
    shared.closeRun(start);
  }
  shared.closeRun(transaction);
}

/**
 * A record as read from the log: the envelope at once, the body when it is asked for, so
 * that a body which this build cannot read is the trouble of its tenant alone.
 */
export interface LoggedRecord extends Omit<TransactionRecord, "body"> {
  /** Throws when the body is of rules or of a kind that this build does not know. */
  decodeBody(): TransactionRecord["body"];
}

/** Throws when the bytes are no record at all. */
export function decodeRecord(bytes: Uint8Array): LoggedRecord {
  const reader = new ByteReader(bytes);
  let bodyTag = 0;
  let bodyAt = 0;
  let bodyEnd = 0;
  const record: Writable<LoggedRecord> = {
    rulesVersion: 0,
    tenantId: "",
    incarnation: 0,
    actor: "",
    roles: NO_ROLES,
    idempotencyKey: "",
    serverMadeKey: false,
    requestHash: NO_BYTES,
    credential: "",
    decodeBody: () => {
      requireKnownRules(record.rulesVersion);
      const body = new ByteReader(bytes, bodyAt, bodyEnd);
      if (bodyTag === RECORD.transaction) return readTransaction(body);
      if (bodyTag !== 0) return readSystemBody(body, bodyTag);
      throw new MalformedBytesError("record without a body");
    },
  };
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === RECORD.transaction || isSystemTag(tag)) {
      bodyTag = tag;
      bodyEnd = reader.runEnd();
      bodyAt = reader.at;
      reader.skip(bodyEnd - bodyAt);
    } else readEnvelope(reader, tag, record);
  }
  return record;
}

/** Whose record it is, in what life of the tenant's id: what of {@link decodeRecord} whoever only sorts records needs. */
export function decodeOwner(bytes: Uint8Array): Pick<LoggedRecord, "tenantId" | "incarnation"> {
  const reader = new ByteReader(bytes);
  const owner = { tenantId: "", incarnation: 0 };
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === RECORD.tenantId) owner.tenantId = reader.text();
    else if (tag === RECORD.incarnation) owner.incarnation = reader.varint();
    else skipField(reader, tag);
  }
  return owner;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

const NO_ROLES: readonly string[] = [];
const NO_BYTES: Uint8Array = new Uint8Array(0);

function readEnvelope(reader: ByteReader, tag: number, record: Writable<LoggedRecord>): void {
  if (tag === RECORD.rulesVersion) record.rulesVersion = reader.varint();
  else if (tag === RECORD.tenantId) record.tenantId = reader.text();
  else if (tag === RECORD.incarnation) record.incarnation = reader.varint();
  else if (tag === RECORD.actor) record.actor = reader.text();
  else if (tag === RECORD.roles) record.roles = [...record.roles, reader.text()];
  else if (tag === RECORD.idempotencyKey) record.idempotencyKey = reader.text();
  else if (tag === RECORD.serverMadeKey) record.serverMadeKey = reader.varint() !== 0;
  else if (tag === RECORD.requestHash) record.requestHash = reader.copy();
  else if (tag === RECORD.credential) record.credential = reader.text();
  else skipField(reader, tag);
}

function requireKnownRules(rulesVersion: number): void {
  if (rulesVersion >= 1 && rulesVersion <= RULES_VERSION) return;
  throw new MalformedBytesError(
    `record of rules version ${rulesVersion}; this build knows 1 to ${RULES_VERSION}`,
  );
}

function readTransaction(reader: ByteReader): Transaction {
  const operations: Operation[] = [];
  let attachedSchema: Schema | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === TRANSACTION.operations) operations.push(readOperation(reader, reader.runEnd()));
    else if (tag === TRANSACTION.attachedSchema) attachedSchema = readSchema(reader);
    else skipField(reader, tag);
  }
  return { kind: "transaction", operations, attachedSchema };
}

function readSchema(reader: ByteReader): Schema {
  const end = reader.runEnd();
  let json = "";
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === SCHEMA.json) json = reader.text();
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return decodeSchemaText(json);
}
