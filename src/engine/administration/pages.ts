/** Pages of the lists of administration: their places, and cursors that continue nothing else. */
import { ByteWriter } from "../../base/bytes.ts";
import { decodeCursor, encodeCursor, type Listing } from "../../query/cursor.ts";
import type { Value } from "../../schema/value.ts";
import type { AdministrationPage, Page } from "../administration.ts";
import { pageRows } from "../edge-reads.ts";

/** Which list, of what, asked by whom. */
export interface ListScope {
  readonly list: "tenants" | "members" | "groups" | "keys" | "audit";
  readonly tenantId: string;
  readonly actor: string;
  /** What else decides which rows are in it. */
  readonly question?: readonly number[];
}

/** A list in the order of names. Throws INVALID_CURSOR, LIMIT_EXCEEDED. */
export function pageByName<T>(
  scope: ListScope,
  page: AdministrationPage,
  read: (after: string, limit: number) => readonly T[],
  nameOf: (item: T) => string,
): Page<T> {
  const rows = pageRows(page.pageSize);
  const cursors = cursorScope(scope, ["str"]);
  const [after] = page.cursor === undefined ? [] : decodeCursor(page.cursor, cursors);
  const found = read(after?.kind === "str" ? after.value : "", rows + 1);
  return pageOf(found, rows, (item) =>
    encodeCursor(cursors, [{ kind: "str", value: nameOf(item) }]),
  );
}

/** A list in the order of three numbers. Throws INVALID_CURSOR, LIMIT_EXCEEDED. */
export function pageByNumbers<T>(
  scope: ListScope,
  page: AdministrationPage,
  read: (place: readonly [number, number, number] | undefined, limit: number) => readonly T[],
  placeOf: (item: T) => readonly [number, number, number],
): Page<T> {
  const rows = pageRows(page.pageSize);
  const cursors = cursorScope(scope, ["int", "int", "int"]);
  const place = page.cursor && decodeCursor(page.cursor, cursors).map(numberOf);
  const [first = 0, second = 0, third = 0] = place ?? [];
  const found = read(place && [first, second, third], rows + 1);
  return pageOf(found, rows, (item) => {
    const values = placeOf(item).map((part): Value => ({ kind: "int", value: BigInt(part) }));
    return encodeCursor(cursors, values);
  });
}

function pageOf<T>(
  found: readonly T[],
  rows: number,
  cursorBehind: (item: T) => Uint8Array,
): Page<T> {
  const items = found.slice(0, rows);
  const last = items.at(-1);
  const hasMore = found.length > rows;
  return {
    items,
    hasMore,
    nextCursor: hasMore && last !== undefined ? cursorBehind(last) : undefined,
  };
}

function cursorScope(
  { list, tenantId, actor, question = [] }: ListScope,
  kinds: ("str" | "int")[],
) {
  const writer = new ByteWriter(64);
  writer.text(list);
  for (const part of question) writer.varint(part);
  const listing: Listing = {
    kind: "administration",
    question: writer.take(),
    place: kinds.map((kind) => ({ kind, nullable: false })),
  };
  return { tenantId, actor, listing };
}

function numberOf(value: Value): number {
  return value.kind === "int" ? Number(value.value) : 0;
}
