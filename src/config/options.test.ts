import { describe, expect, test } from "bun:test";
import { optionRows } from "./describe.ts";
import { GROUPS } from "./option.ts";
import { environmentName, fileName, flagName } from "./options.ts";
import { boolean, bytes, choice, duration, host, integer, list, ParseError } from "./parse.ts";

describe("the table of options", () => {
  test("names follow from the key", () => {
    expect(flagName("grpcPort")).toBe("--grpc-port");
    expect(environmentName("grpcPort")).toBe("ENTDB_GRPC_PORT");
    expect(fileName("grpcPort")).toBe("grpc_port");
  });

  test.each(optionRows())("%s is whole", (key, row) => {
    expect(key).toMatch(/^[a-z][A-Za-z0-9]*$/);
    expect(Object.keys(GROUPS)).toContain(row.group);
    expect(row.sentence).toMatch(/^[A-Z].*\.$/);
    expect(row.parser.accepts).not.toBe("");
    for (const value of [row.default, row.devDefault]) {
      // What is shown of a default must be what may be written for it.
      const written = value === undefined ? "" : row.parser.format(value);
      if (written !== "") expect(row.parser.parse(written)).toEqual(value);
    }
  });
});

describe("parsers", () => {
  test("boolean", () => {
    for (const text of ["true", "1", "YES", "on"]) expect(boolean.parse(text)).toBe(true);
    for (const text of ["false", "0", "No", "off"]) expect(boolean.parse(text)).toBe(false);
    expect(() => boolean.parse("maybe")).toThrow(ParseError);
  });

  test("integer takes its limits and nothing past them", () => {
    const port = integer(0, 65_535);
    expect(port.parse("0")).toBe(0);
    expect(port.parse("65535")).toBe(65_535);
    for (const text of ["65536", "-1", "1.5", "1e3", "0x10", " 1", "", "９"]) {
      expect(() => port.parse(text)).toThrow(ParseError);
    }
    expect(() => integer(1, Number.MAX_SAFE_INTEGER).parse("9007199254740993")).toThrow(ParseError);
  });

  test("bytes takes units and shows the largest that divides", () => {
    const size = bytes(1, 1024 ** 3);
    expect(size.parse("1024")).toBe(1024);
    expect(size.parse("4MiB")).toBe(4 * 1024 ** 2);
    expect(size.parse("1 gib")).toBe(1024 ** 3);
    expect(size.format(4 * 1024 ** 2)).toBe("4MiB");
    expect(size.format(1025)).toBe("1025");
    for (const text of ["0", "2GiB", "4MB", "1.5MiB", "MiB"]) {
      expect(() => size.parse(text)).toThrow(ParseError);
    }
  });

  test("duration takes units and shows the largest that divides", () => {
    const wait = duration(1_000, 86_400_000);
    expect(wait.parse("60s")).toBe(60_000);
    expect(wait.parse("1500ms")).toBe(1_500);
    expect(wait.parse("24 h")).toBe(86_400_000);
    expect([1_500, 60_000, 90_000, 86_400_000].map(wait.format)).toEqual([
      "1500ms",
      "1m",
      "90s",
      "1d",
    ]);
    for (const text of ["60", "1.5s", "-1s", "999ms", "2d", "1w", "s", ""]) {
      expect(() => wait.parse(text)).toThrow(ParseError);
    }
  });

  test("choice takes any case and gives the set's spelling", () => {
    const level = choice("DEBUG", "INFO");
    expect(level.parse("info")).toBe("INFO");
    expect(() => level.parse("TRACE")).toThrow("must be one of DEBUG, INFO");
  });

  test("host takes names and addresses, no ports, no addresses of pages", () => {
    for (const text of [
      "127.0.0.1",
      "0.0.0.0",
      "::",
      "localhost",
      "db-1.example",
      "fe80::1%eth0",
    ]) {
      expect(host.parse(text)).toBe(text);
    }
    expect(host.parse("[::1]")).toBe("::1");
    for (const text of ["localhost:80", "http://a", "a b", "", "-a", "a/b"]) {
      expect(() => host.parse(text)).toThrow(ParseError);
    }
  });

  test("list trims, refuses empty entries and cannot be changed", () => {
    const origins = list.parse("https://a, https://b");
    expect(origins).toEqual(["https://a", "https://b"]);
    expect(Object.isFrozen(origins)).toBe(true);
    expect(() => list.parse("a,,b")).toThrow(ParseError);
  });
});
