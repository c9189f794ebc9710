import { describe, expect, test } from "bun:test";
import { refusal } from "../../../test/harness/refusal.ts";
import { systemRandom } from "../../base/random.ts";
import { RequestIds } from "../../face/request-id.ts";
import { timeoutMs } from "./deadline.ts";
import { checkHost } from "./host.ts";
import { checkOrigin } from "./origin.ts";
import { checkAuthorization, checkMethod } from "./request-line.ts";
import { parseTarget } from "./target.ts";

describe("Host", () => {
  const policy = { trusted: true, allowedHosts: ["DB.example"] };

  test.each([
    "localhost",
    "LOCALHOST:8080",
    "127.0.0.1",
    "127.0.0.1:1",
    "[::1]",
    "[::1]:8080",
    "db.example:80",
  ])("%s is known", (host) => expect(() => checkHost(host, policy)).not.toThrow());

  test.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.2",
    "[::2]",
    "example",
    "localhosts",
  ])("%s is refused", (host) => {
    const { code, reason } = refusal(() => checkHost(host, policy));
    expect([code, reason]).toEqual(["permission_denied", "HOST_REFUSED"]);
  });

  test.each([
    null,
    "",
    "localhost, localhost",
    "localhost/x",
    "a@localhost",
    "local host",
    "localhost:",
    "localhost:123456",
    "[::1",
    "localhost\u0000",
  ])("%p is no host", (host) => {
    const { code, reason } = refusal(() => checkHost(host, { trusted: false, allowedHosts: [] }));
    expect([code, reason]).toEqual(["invalid_argument", "HOST_REFUSED"]);
  });

  test("any name does when credentials guard the data, or the operator says so", () => {
    expect(() => checkHost("any.example", { trusted: false, allowedHosts: [] })).not.toThrow();
    expect(() => checkHost("any.example", { trusted: true, allowedHosts: ["*"] })).not.toThrow();
  });
});

describe("Origin", () => {
  const trusted = { trusted: true, allowedOrigins: ["https://app.example"] };
  const open = { ...trusted, trusted: false };

  test("none, and the server's own, need no permission", () => {
    expect(checkOrigin(null, "localhost:8080", trusted)).toBeUndefined();
    expect(checkOrigin("http://localhost:8080", "localhost:8080", trusted)).toBeUndefined();
  });

  test("one on the list may read the answer", () => {
    expect(checkOrigin("https://app.example", "localhost", trusted)).toBe("https://app.example");
    expect(checkOrigin("https://x", "localhost", { trusted: true, allowedOrigins: ["*"] })).toBe(
      "https://x",
    );
  });

  test.each([
    "https://evil.example",
    "null",
    "http://localhost:9999",
    "https://app.example.evil",
    "http://app.example",
  ])("%s is refused in trusted mode, and told nothing otherwise", (origin) => {
    expect(refusal(() => checkOrigin(origin, "localhost:8080", trusted)).reason).toBe(
      "ORIGIN_REFUSED",
    );
    expect(checkOrigin(origin, "localhost:8080", open)).toBeUndefined();
  });
});

describe("the target", () => {
  test("is split at the question mark", () => {
    expect(parseTarget("http://h/a/b?x=/&y=//")).toEqual({ path: "/a/b", search: "x=/&y=//" });
    expect(parseTarget("http://h/")).toEqual({ path: "/", search: "" });
  });

  test.each([
    "http://h//a",
    "http://h/a//b",
    "http://h/a%2fb",
    "http://h/a%2Fb",
    "http://h/%5c",
    "http://h/%00",
    "http://h/a\\b",
    "http://h/a#b",
    "http://h/%zz",
    "http://h/a%",
    "http://h/%ff",
    "http://h/?a#b",
    "evil:443",
    "/relative",
    "http://h",
  ])("%s is refused", (url) =>
    expect(refusal(() => parseTarget(url)).reason).toBe("INVALID_REQUEST"),
  );
});

test("methods other than the served ones are refused, by their exact spelling", () => {
  for (const method of ["GET", "HEAD", "POST", "OPTIONS"])
    expect(() => checkMethod(method)).not.toThrow();
  for (const method of ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND", "get"]) {
    const { reason, details } = refusal(() => checkMethod(method));
    expect([reason, details["allow"]]).toEqual(["METHOD_NOT_ALLOWED", "GET, HEAD, POST, OPTIONS"]);
  }
});

test("two credentials are refused", () => {
  expect(() => checkAuthorization(null)).not.toThrow();
  expect(() => checkAuthorization("Bearer a.b-c_d==")).not.toThrow();
  expect(refusal(() => checkAuthorization("Bearer a, Bearer b")).reason).toBe("INVALID_REQUEST");
});

describe("the deadline", () => {
  test("is the client's, at most the server's", () => {
    expect(timeoutMs(null, 60_000)).toBe(60_000);
    expect(timeoutMs("250", 60_000)).toBe(250);
    expect(timeoutMs("0", 60_000)).toBe(0);
    expect(timeoutMs("9999999999", 60_000)).toBe(60_000);
  });

  test.each(["", "-1", "1.5", "1e3", "10s", "99999999999", "250, 300"])("%p is refused", (text) => {
    expect(refusal(() => timeoutMs(text, 60_000)).reason).toBe("INVALID_REQUEST");
  });
});

describe("the request id", () => {
  const ids = new RequestIds(systemRandom);

  test("is the client's own where it can be echoed", () => {
    expect(ids.of("trace-1.2_3")).toBe("trace-1.2_3");
    expect(ids.of("x".repeat(64))).toBe("x".repeat(64));
  });

  test.each([null, "", "x".repeat(65), "a b", "a\nb", "-a", "ä", "a,b"])(
    "%p is replaced",
    (proposed) => {
      const id = ids.of(proposed);
      expect(id).toMatch(/^[0-9a-f]{20}-[0-9a-z]+$/);
      expect(ids.of(proposed)).not.toBe(id);
    },
  );
});
