import { expect, test } from "bun:test";
import { join } from "node:path";
import { recordedContext } from "../../test/harness/cli-context.ts";
import { temporaryDirectory } from "../../test/harness/temporary-directory.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { parseAssignments, readPayload } from "./payload.ts";

test("= takes text as it is, := takes JSON", () => {
  expect(parseAssignments(["name=36", "age:=36", "note=a=b", "tags:=[1,2]", "gone:=null"])).toEqual(
    {
      name: "36",
      age: 36,
      note: "a=b",
      tags: [1, 2],
      gone: null,
    },
  );
});

test("an integer of 64 bits is not rounded", () => {
  expect(parseAssignments(["n:=9223372036854775807"])).toEqual({ n: 9223372036854775807n });
});

test.each([["name"], ["=x"], ["1a=x"], ["a b=c"], [""]])("%p sets no field", (assignment) => {
  expect(usageMessage(() => parseAssignments([assignment]))).toContain("does not set a field");
});

test("what follows := must be JSON", () => {
  expect(usageMessage(() => parseAssignments(["a:=Ada"]))).toContain("The value of a is not JSON");
});

test("a payload comes as text, from stdin or from a file, and assignments win over it", async () => {
  using directory = temporaryDirectory();
  await Bun.write(join(directory.path, "p.json"), '{"a":3}');
  const context = recordedContext({ input: '{"a":2}' });
  expect(await readPayload(context, ["b=x"], '{"a":1,"b":1}')).toEqual({ a: 1, b: "x" });
  expect(await readPayload(context, [], "-")).toEqual({ a: 2 });
  expect(await readPayload(context, [], `@${directory.path}/p.json`)).toEqual({ a: 3 });
  expect(await readPayload(context, [], undefined)).toEqual({});
});

test.each([["[1]"], ["3"], ["{"], ["@/nowhere/p.json"]])(
  "the payload %p is refused",
  async (text) => {
    const failure = await readPayload(recordedContext(), [], text).catch((error) => error);
    expect(failure).toBeInstanceOf(CommandFailure);
    expect(failure.exitCode).toBe(EXIT.usage);
  },
);

function usageMessage(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode === EXIT.usage) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}
