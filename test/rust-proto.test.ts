import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const PROTO = "proto/eventstore/v1/eventstore.proto";

test("the Rust crate carries the proto file as it is", () => {
  const read = (...path: string[]) => readFileSync(join(import.meta.dir, "..", ...path), "utf8");
  expect(read("sdk", "rust", PROTO)).toBe(read(PROTO));
});
