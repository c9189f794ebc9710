import { expect, test } from "bun:test";
import { facePollUs } from "./own-processors.ts";

test("a face thread looks for the next call only where engine and faces leave a processor over", () => {
  const config = { idlePollUs: 200, faceThreads: 2 };
  expect(facePollUs(config, 3)).toBe(0);
  expect(facePollUs(config, 4)).toBe(200);
  expect(facePollUs({ ...config, idlePollUs: 0 }, 8)).toBe(0);
});
