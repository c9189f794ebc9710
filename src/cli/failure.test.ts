import { expect, test } from "bun:test";
import { failureOf } from "./failure.ts";

test("a port that this user may not listen on is told apart from a file that he may not read", () => {
  const port = Object.assign(new Error("permission denied 127.0.0.1:80"), { code: "EACCES" });
  expect(failureOf(port)).toMatchObject({
    reason: "ADDRESS_UNAVAILABLE",
    hint: expect.stringContaining("--http-port"),
  });
  const file = Object.assign(new Error("EACCES: permission denied, open '/data/log/0/log.json'"), {
    code: "EACCES",
    path: "/data/log/0/log.json",
  });
  expect(failureOf(file)).toMatchObject({
    reason: "DATA_DIR_INVALID",
    message: expect.stringContaining("/data/log/0/log.json"),
    hint: expect.stringContaining("user"),
  });
});
