import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../test/harness/temporary-directory.ts";
import { readIfExists, systemErrorCode, writeDurably } from "./durable-file.ts";

describe("a durable file", () => {
  test("is replaced whole, for its owner alone, and leaves nothing beside it", async () => {
    using place = temporaryDirectory();
    const path = join(place.path, "state");
    expect(await readIfExists(path)).toBeUndefined();
    await writeDurably(path, "a longer first content");
    await writeDurably(path, new Uint8Array([1, 0, 255]));
    expect([...((await readIfExists(path)) ?? [])]).toEqual([1, 0, 255]);
    expect(readdirSync(place.path)).toEqual(["state"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("takes no notice of what an earlier attempt left", async () => {
    using place = temporaryDirectory();
    const path = join(place.path, "state");
    writeFileSync(`${path}.new`, "half of something that was never finish");
    await writeDurably(path, "whole");
    expect((await readIfExists(path))?.toString()).toBe("whole");
  });

  test("keeps the old content and the system's code when it fails", async () => {
    using place = temporaryDirectory();
    const path = join(place.path, "state");
    await writeDurably(path, "old");
    mkdirSync(`${path}.new`);
    const error: unknown = await writeDurably(path, "new").catch((thrown: unknown) => thrown);
    expect(systemErrorCode(error)).toBe("EISDIR");
    expect((await readIfExists(path))?.toString()).toBe("old");
  });

  test("follows no link, to read or to write", async () => {
    using place = temporaryDirectory();
    const target = join(place.path, "target");
    writeFileSync(target, "theirs");
    symlinkSync(target, join(place.path, "link"));
    symlinkSync(target, join(place.path, "state.new"));
    const read: unknown = await readIfExists(join(place.path, "link")).catch((e: unknown) => e);
    expect(systemErrorCode(read)).toBe("ELOOP");
    const write: unknown = await writeDurably(join(place.path, "state"), "x").catch(
      (e: unknown) => e,
    );
    expect(systemErrorCode(write)).toBe("ELOOP");
  });

  test("only system errors have a code", () => {
    expect(systemErrorCode(new Error("plain"))).toBeUndefined();
    expect(systemErrorCode({ code: "ENOENT" })).toBeUndefined();
    expect(systemErrorCode(undefined)).toBeUndefined();
  });
});
