import type { JsonObject } from "../base/json.ts";
import { snapshotId } from "./keys.ts";
import {
  countIn,
  encodeStated,
  fieldsOf,
  isSha256,
  type StatedFields,
  textIn,
} from "./stated-fields.ts";

/**
 * What `manifest.json` says of a snapshot: whose it is, how far it has come, and which bytes its
 * files have. It is written last, so that it says too that the snapshot is whole.
 */
export interface Manifest {
  readonly tenantId: string;
  /** Which life of the tenant's id. */
  readonly incarnation: number;
  /** When it was begun, Unix milliseconds; the snapshot's id is made of it. */
  readonly timestamp: number;
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
  /** The tenant's last record that `canonical.db` has; -1: none. */
  readonly offset: number;
  /** Log time of that record, Unix milliseconds; 0: none. */
  readonly logTime: number;
  /** The record up to which `mailbox.db` has been told, never beyond `offset`; undefined: there is no such file. */
  readonly mailboxOffset: number | undefined;
  /** "sha256:…"; empty: the tenant has no schema. */
  readonly schemaFingerprint: string;
  /** In hexadecimal. */
  readonly outcomeDigest: string;
  /** Format of `canonical.db`. */
  readonly formatVersion: number;
  readonly files: readonly SnapshotFile[];
}

export interface SnapshotFile {
  readonly name: (typeof SNAPSHOT_FILES)[number];
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** What a snapshot may consist of, besides its manifest. */
export const SNAPSHOT_FILES = ["canonical.db", "mailbox.db"] as const;
export const MANIFEST_FILE = "manifest.json";

const FORMAT = 1;

/** "snap_2024-01-15T10:20:30.123Z" */
export function idOf({ timestamp }: Manifest): string {
  return snapshotId(timestamp);
}

/** Bytes of all its files. */
export function sizeOf({ files }: Manifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The content of `manifest.json`. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const { topic, partition, offset } = manifest;
  const content: JsonObject = {
    format: FORMAT,
    tenant_id: manifest.tenantId,
    incarnation: manifest.incarnation,
    timestamp: new Date(manifest.timestamp).toISOString(),
    log_id: manifest.logId,
    wal_position: { topic, partition, offset },
    log_time: manifest.logTime,
    mailbox_position: manifest.mailboxOffset ?? null,
    schema_fingerprint: manifest.schemaFingerprint,
    outcome_digest: manifest.outcomeDigest,
    format_version: manifest.formatVersion,
    files: manifest.files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
  };
  return encodeStated(content);
}

/** Reads it back. Throws an error that says what is wrong with it. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const fields = fieldsOf(bytes, FORMAT);
  const position = membersOf(fields["wal_position"], "wal_position");
  const mailboxPosition = fields["mailbox_position"];
  const manifest: Manifest = {
    tenantId: textIn(fields, "tenant_id"),
    incarnation: countIn(fields, "incarnation"),
    timestamp: Date.parse(textIn(fields, "timestamp")),
    logId: textIn(fields, "log_id"),
    topic: textIn(position, "topic"),
    partition: countIn(position, "partition"),
    offset: countIn(position, "offset", -1),
    logTime: countIn(fields, "log_time"),
    mailboxOffset: mailboxPosition === null ? undefined : countIn(fields, "mailbox_position", -1),
    schemaFingerprint: String(fields["schema_fingerprint"] ?? ""),
    outcomeDigest: textIn(fields, "outcome_digest"),
    formatVersion: countIn(fields, "format_version"),
    files: filesIn(fields["files"]),
  };
  const { timestamp, offset, mailboxOffset = -1, outcomeDigest, files } = manifest;
  if (Number.isNaN(timestamp)) throw new Error("its timestamp is none");
  if (mailboxOffset > offset) throw new Error("its mailboxes are ahead of it");
  if (!isSha256(outcomeDigest)) throw new Error("its outcome_digest is none");
  const expected = SNAPSHOT_FILES.slice(0, manifest.mailboxOffset === undefined ? 1 : 2);
  if (files.map(({ name }) => name).join() !== expected.join()) {
    throw new Error("its files are not those of a snapshot");
  }
  return manifest;
}

function filesIn(value: unknown): SnapshotFile[] {
  if (!Array.isArray(value)) throw new Error("its files are missing");
  return value.map((entry: unknown) => {
    const fields = membersOf(entry, "files");
    const name = SNAPSHOT_FILES.find((known) => known === fields["name"]);
    const sha256 = textIn(fields, "sha256");
    if (name === undefined || !isSha256(sha256)) throw new Error("one of its files is none");
    return { name, bytes: countIn(fields, "bytes"), sha256 };
  });
}

function membersOf(value: unknown, name: string): StatedFields {
  if (typeof value !== "object" || value === null) throw new Error(`its ${name} is missing`);
  return { ...value };
}
