import { expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryDirectory } from "../../test/harness/temporary-directory.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { readSchemaFile } from "./schema-file.ts";

const PERSON = `{"node_types": [{"type_id": 1, "name": "Person", "fields": [
  {"field_id": 1, "name": "n", "kind": "int", "default": 9223372036854775807}]}]}`;

async function read(name: string, content: string) {
  using directory = temporaryDirectory();
  const path = join(directory.path, name);
  await Bun.write(path, content);
  return await readSchemaFile(path);
}

test("JSON, a default export and an export `schema` mean the same", async () => {
  const value = PERSON.replace("9223372036854775807", '"9223372036854775807"');
  const fromJson = await read("a.json", PERSON);
  const fromDefault = await read("a.ts", `const s: object = ${value};\nexport default s;`);
  const fromNamed = await read("b.ts", `export const schema = ${value};`);
  expect(fingerprintOf(fromDefault.schema)).toBe(fingerprintOf(fromJson.schema));
  expect(fingerprintOf(fromNamed.schema)).toBe(fingerprintOf(fromJson.schema));
});

test("a bigint of a module is not rounded", async () => {
  const { schema } = await read("a.ts", `export default ${PERSON.replace("807", "807n")};`);
  expect(schema.nodeTypes[0]?.fields[0]?.defaultValue).toEqual({
    kind: "int",
    value: 9223372036854775807n,
  });
});

test("what `schema get -o json` shows can be read as it is", async () => {
  const { json } = await read("a.json", PERSON.replace("{", '{"fingerprint": "sha256:0",'));
  expect(Object.keys(json)).toEqual(["node_types"]);
});

test.each([
  ["a.json", "[]", "is not an object"],
  ["a.json", "{}", "neither node_types nor edge_types"],
  ["a.json", "{", "is not JSON"],
  ["a.ts", "export const x = 1;", "exports neither"],
  ["a.ts", "throw new Error('boom')", "boom"],
  ["a.ts", "const o: any = {node_types: []}; o.self = o; export default o;", "not plain data"],
  ["a.ts", "export default () => 1;", "is not an object"],
])("%s with %p is a usage error", async (name, content, sentence) => {
  const failure = await read(name, content).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CommandFailure);
  expect((failure as CommandFailure).exitCode).toBe(EXIT.usage);
  expect((failure as CommandFailure).message).toContain(sentence);
});

test("a missing file is a usage error", async () => {
  for (const path of ["/nowhere/a.json", "/nowhere/a.ts"]) {
    await expect(readSchemaFile(path)).rejects.toThrow(`There is no file ${path}.`);
  }
});

test("a schema that is wrong is refused before a server is asked", async () => {
  const error = await read("a.json", PERSON.replace('"Person"', '"1"')).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(CommandFailure);
  expect(error).toMatchObject({ reason: "SCHEMA_INVALID", exitCode: EXIT.usage });
  expect(error.message).toContain("a.json: ");
});
