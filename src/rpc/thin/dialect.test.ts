import { describe, expect, test } from "bun:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { refusal } from "../../../test/harness/refusal.ts";
import { type Dialect, dialectOf } from "./dialect.ts";

function dialect(headers: Record<string, string>): Dialect | undefined {
  return dialectOf((name) => headers[name]);
}

function known(contentType: string): Dialect {
  const found = dialect({ "content-type": contentType });
  if (found === undefined) throw new Error(contentType);
  return found;
}

describe("the thin path", () => {
  test.each([
    [{ "content-type": "application/grpc" }, "grpc proto"],
    [{ "content-type": "application/grpc+proto", "grpc-encoding": "identity" }, "grpc proto"],
    [{ "content-type": "application/proto" }, "connect proto"],
    [{ "content-type": "application/json", "content-encoding": "identity" }, "connect json"],
    [{ "content-type": "application/grpc", "grpc-encoding": "gzip" }, "undefined undefined"],
    [{ "content-type": "application/json", "content-encoding": "br" }, "undefined undefined"],
    [{ "content-type": "application/grpc+json" }, "undefined undefined"],
    [{ "content-type": "application/grpc-web+proto" }, "undefined undefined"],
    [{ "content-type": "application/connect+proto" }, "undefined undefined"],
    [{ "content-type": "application/json; charset=utf-8" }, "undefined undefined"],
    [{}, "undefined undefined"],
  ] as [Record<string, string>, string][])("knows its dialects, case %#", (headers, expected) => {
    const found = dialect(headers);
    expect(`${found?.protocol} ${found?.format}`).toBe(expected);
  });

  test("puts a message of gRPC in its envelope and takes it out again", () => {
    const grpc = known("application/grpc");
    const message = Uint8Array.from({ length: 300 }, (_, i) => i);
    const framed = grpc.frame(message);
    expect(Buffer.from(framed.subarray(0, 5)).toString("hex")).toBe("000000012c");
    expect(grpc.promisedBytes(framed)).toBe(300);
    expect(grpc.promisedBytes(framed.subarray(0, 4))).toBe(0);
    expect(grpc.promisedBytes(Uint8Array.of(0, 255, 255, 255, 255))).toBe(4_294_967_295);
    expect(Buffer.from(grpc.unframe(framed)).equals(Buffer.from(message))).toBe(true);
    const empty = grpc.frame(new Uint8Array(0));
    expect(grpc.unframe(empty)).toHaveLength(0);
  });

  test.each([
    ["nothing", [], "unimplemented"],
    ["half a head", [0, 0, 0], "invalid_argument"],
    ["too little", [0, 0, 0, 0, 2, 1], "invalid_argument"],
    ["too much", [0, 0, 0, 0, 1, 1, 1], "unimplemented"],
    ["a flag", [1, 0, 0, 0, 1, 1], "internal"],
  ])("refuses an envelope with %s", (_name, bytes, code) => {
    const error = refusal(() => known("application/grpc").unframe(Uint8Array.from(bytes)));
    expect([error.code, error.reason]).toEqual([code as "unimplemented", "INVALID_REQUEST"]);
  });

  test("says failures as each protocol does", () => {
    const error = new ConnectError("no “x”", Code.NotFound);
    const grpc = known("application/grpc").failure(error, "r-1");
    expect(grpc.headers).toMatchObject({ ":status": 200, "x-request-id": "r-1" });
    expect(grpc.trailers).toMatchObject({
      "grpc-status": "5",
      "grpc-message": "no%20%E2%80%9Cx%E2%80%9D",
    });
    expect(grpc.body).toBeUndefined();
    const connect = known("application/proto").failure(error, "r-1");
    expect(connect.headers).toMatchObject({ ":status": 404, "content-type": "application/json" });
    expect(JSON.parse(Buffer.from(connect.body ?? []).toString())).toEqual({
      code: "not_found",
      message: "no “x”",
    });
  });
});
