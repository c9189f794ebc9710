/**
 * Lines read back as records. Goal: every record that was written comes back as it was, however its
 * line is put, and lines that are not those of a whole segment are refused. Method: random records,
 * as the archive writes them and as other JSON.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encodeRecord } from "../record/codec.ts";
import { type LogRecord, RECORD_TYPE } from "../wal/wal.ts";
import { readArchiveLines, recordsOf } from "./archive-lines.ts";
import { archiveLine } from "./archived-record.ts";

const OWNER = { tenantId: "acme", incarnation: 3 };

function bodyOf(idempotencyKey: string, tenantId = OWNER.tenantId): Uint8Array {
  return encodeRecord({
    ...{ rulesVersion: 1, tenantId, incarnation: OWNER.incarnation, actor: "user:alice" },
    ...{ roles: [], credential: "", idempotencyKey, serverMadeKey: false },
    requestHash: new Uint8Array(32),
    body: { kind: "transaction", operations: [], attachedSchema: undefined },
  });
}

const record = (offset: number, body = bodyOf(`key-${offset}`)): LogRecord => ({
  ...{ offset, logTime: 1_700_000_000_000 + offset, type: RECORD_TYPE.record, body },
});
const line = (one: LogRecord) => archiveLine(one, OWNER);
const read = (text: string) => recordsOf(readArchiveLines(Buffer.from(text), OWNER.tenantId));

const records = fc
  .tuple(fc.nat({ max: 2 ** 52 }), fc.array(fc.string({ maxLength: 200 }), { minLength: 1 }))
  .map(([first, keys]) => keys.map((key, i) => record(first + i, bodyOf(key))));

describe("lines of records", () => {
  test("come back as what was written", () => {
    fc.assert(
      fc.property(records, (all) => {
        expect(read(all.map(line).join(""))).toEqual(all);
      }),
    );
  });

  test("come back from other JSON that says the same", () => {
    fc.assert(
      fc.property(records, fc.nat(), (all, which) => {
        const lines = all.map(line);
        const at = which % lines.length;
        const members = JSON.parse(lines[at] ?? "");
        lines[at] = `${JSON.stringify({ later: [which], ...members })}\n`;
        expect(read(lines.join(""))).toEqual(all);
      }),
    );
  });

  test.each([
    ["no lines", ""],
    ["a line that is cut off", line(record(4)).slice(0, -1)],
    ["an empty line", `${line(record(4))}\n`],
    ["no JSON", "{\n"],
    ["no object", "null\n"],
    ["another type", line(record(4)).replace('"type":1', '"type":2')],
    ["an offset below nought", line(record(-1))],
    ["an offset that no number holds", line(record(1)).replace("1", "9".repeat(17))],
    ["no log time", line(record(4)).replace("log_time", "time")],
    ["no body", line(record(4)).replace("body", "text")],
    ["a body that is no base64", line(record(4)).replace('"body":"', '"body":"*')],
    ["a body that is no record", line(record(4, Uint8Array.of(255)))],
    ["a record of somebody else", line(record(4, bodyOf("key", "globex")))],
    ["a record twice", line(record(4)).repeat(2)],
    ["records out of order", line(record(5)) + line(record(4))],
  ])("are refused with %s", (_what, text) => {
    expect(() => read(text)).toThrow();
  });
});
