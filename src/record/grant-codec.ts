/** A grant to and from protobuf, wherever operations carry one. */
import { type ByteReader, type ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import {
  lengthTag,
  numberTag,
  openMessage,
  requireEnd,
  skipField,
  writeNumber,
  writeText,
} from "../base/protobuf.ts";
import type { Permission } from "../schema/types.ts";
import { type Grant, permissionLevel, permissionOfLevel } from "./access.ts";

const GRANT = {
  principal: lengthTag(1),
  permission: numberTag(2),
  expiresAt: numberTag(3),
} as const;

/** A grant whose permission may be left out; then it stands for all of them, as 0. */
export type GrantParts = Omit<Grant, "permission"> & {
  readonly permission: Permission | undefined;
};

export function writeGrantField(writer: ByteWriter, tag: number, grant: GrantParts): void {
  const start = openMessage(writer, tag);
  writeText(writer, GRANT.principal, grant.principal);
  const level = grant.permission === undefined ? 0 : permissionLevel(grant.permission);
  writeNumber(writer, GRANT.permission, level);
  writeNumber(writer, GRANT.expiresAt, grant.expiresAt);
  writer.closeRun(start);
}

/** Throws `MalformedBytesError` for a permission that is none. */
export function readGrant(reader: ByteReader, end: number): Grant {
  const { principal, permission, expiresAt } = readGrantParts(reader, end);
  if (permission === undefined) throw new MalformedBytesError("a grant without a permission");
  return { principal, permission, expiresAt };
}

/** As {@link readGrant}, also without a permission. */
export function readGrantParts(reader: ByteReader, end: number): GrantParts {
  let principal = "";
  let level = 0;
  let expiresAt = 0;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === GRANT.principal) principal = reader.text();
    else if (tag === GRANT.permission) level = reader.varint();
    else if (tag === GRANT.expiresAt) expiresAt = reader.varint();
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  const permission = permissionOfLevel(level);
  if (level !== 0 && permission === undefined) {
    throw new MalformedBytesError(`a permission of level ${level}`);
  }
  return { principal, permission, expiresAt };
}
