import { describe, expect, test } from "bun:test";
import { EntError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type LogEntry, LogFormat } from "./log-format.ts";

const entry = (fields: LogEntry["fields"], message = "Something happened."): LogEntry => ({
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  level: "INFO",
  area: "wal",
  message,
  fields,
});
const parse = (format: LogFormat, given: LogEntry) => JSON.parse(format.line(given));
const json = new LogFormat("json");
const text = new LogFormat("text");

describe("JSON lines", () => {
  test("time, level, area, message, then the fields", () => {
    expect(json.line(entry({ request_id: "r1", offset: 7, ok: true, none: undefined }))).toBe(
      '{"time":"2026-01-02T03:04:05.006Z","level":"INFO","area":"wal","message":"Something happened.","request_id":"r1","offset":7,"ok":true}\n',
    );
  });

  test("a field cannot pass for one of the fixed ones", () => {
    expect(parse(json, entry({ level: "ERROR", time: 1 }))).toMatchObject({
      level: "INFO",
      level_: "ERROR",
      time_: 1,
    });
  });

  test("values that JSON does not have", () => {
    const circle: Record<string, unknown> = {};
    circle["again"] = circle;
    const fields = {
      big: 2n ** 63n,
      nan: Number.NaN,
      bytes: new Uint8Array(3),
      date: new Date(0),
      call: () => 1,
      nothing: null,
      circle,
      many: Array.from({ length: 100 }, () => 1),
    };
    const line = parse(json, entry(fields));
    expect(line).toMatchObject({
      big: "9223372036854775808",
      nan: "NaN",
      bytes: "(3 bytes)",
      date: "1970-01-01T00:00:00.000Z",
      call: "(function)",
      nothing: null,
    });
    expect(line.many).toHaveLength(32);
    expect(JSON.stringify(line.circle)).toContain("(…)");
  });

  test("an error with its code, reason, stack and cause", () => {
    const cause = Object.assign(new Error("disk gone"), { code: "EIO" });
    const error = new EntError({
      code: "unavailable",
      reason: "LOG_UNAVAILABLE",
      message: "The log takes no writes.",
      details: { segment: "3" },
      cause,
    });
    const line = parse(json, entry({ error }));
    expect(line.error).toMatchObject({
      name: "EntError",
      message: "The log takes no writes.",
      code: "unavailable",
      reason: "LOG_UNAVAILABLE",
      details: { segment: "3" },
      cause: { message: "disk gone", code: "EIO" },
    });
    expect(line.error.stack).toStartWith("at ");
    expect(line.error.stack).not.toContain("The log takes no writes.");
  });
});

describe("text lines", () => {
  test("read from left to right, with quotes only where needed", () => {
    expect(text.line(entry({ request_id: "r1", path: "/a b", empty: "", list: [1, 2] }))).toBe(
      '2026-01-02T03:04:05.006Z INFO  wal: Something happened. request_id=r1 path="/a b" empty="" list=[1,2]\n',
    );
  });
});

describe.each(["json", "text"] as const)("in %s, whatever is logged", (kind) => {
  const format = new LogFormat(kind, ["canary-1", "canary-12"]);

  test("stays one line without control characters", () => {
    const nasty = "a\nb\r\u001b[31mred\u0007\u0000\u009b1m\u2028\u202e\ud800 end";
    const line = format.line(entry({ tenant_id: nasty }, nasty));
    expect(line.slice(0, -1)).toMatch(/^[\x20-\x7e…\ufffd]*$/);
    expect(line).toEndWith("\n");
    expect(line).toContain("\\u001b");
  });

  test("names no secret, by value or by the name of its field", () => {
    const fields = {
      note: "key is canary-12!",
      error: new Error("refused canary-1", { cause: "canary-12" }),
      nested: { api_key: "abc-value", Authorization: "Bearer abc-value" },
      password: "abc-value",
      idempotency_key: "k1",
      position_token: "p1",
    };
    const line = format.line(entry(fields, "canary-1 and canary-12"));
    expect(line).not.toContain("canary");
    expect(line).not.toContain("(hidden)2");
    expect(line).not.toContain("abc-value");
    expect(line).toContain("k1");
    expect(line).toContain("p1");
  });

  test("keeps its size", () => {
    const long = "x".repeat(10 * limits.logFieldChars);
    expect(format.line(entry({ value: long }, long)).length).toBeLessThan(3 * limits.logFieldChars);
  });
});
