import { expect, test } from "bun:test";
import type { Command } from "commander";
import { recordedContext } from "../../test/harness/cli-context.ts";
import { buildProgram, forEachCommand } from "./program.ts";

/** The words that lead to every command there is: `["node", "get"]`. */
function everyPath(): string[][] {
  const paths: string[][] = [];
  forEachCommand(buildProgram(recordedContext()), (command) => paths.push(pathOf(command)));
  return paths;
}

function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

function find(program: Command, path: readonly string[]): Command | undefined {
  let found: Command | undefined = program;
  for (const name of path) found = found?.commands.find((child) => child.name() === name);
  return found;
}

test("the tree of one line says of what it asks for what the whole tree says", () => {
  const whole = buildProgram(recordedContext());
  const paths = everyPath();
  expect(paths.length).toBeGreaterThan(80);
  for (const path of paths) {
    const asked = find(buildProgram(recordedContext(), [...path, "--help"]), path);
    expect(asked?.helpInformation()).toBe(find(whole, path)?.helpInformation());
  }
});

test("a line declares the options of no command but its own", () => {
  const declared = (words: readonly string[]) =>
    buildProgram(recordedContext(), words)
      .commands.filter(({ commands, options }) => commands.length + options.length > 0)
      .map((command) => command.name());
  expect(declared(["--help"])).toEqual([]);
  expect(declared(["serve", "--data-dir", "node"])).toEqual(["serve"]);
  expect(declared(["node", "get", "nd_1"])).toEqual(["node"]);
  expect(declared(["complete", "--", "node", "g"]).length).toBeGreaterThan(20);
});

test("a line of a server declares the flags that it names, all when it is mistaken", () => {
  const flags = (...words: string[]) =>
    find(buildProgram(recordedContext(), words), words.slice(0, 1))?.options.map(
      ({ long }) => long,
    );
  expect(flags("serve", "--data-dir", "x", "--http-port=0")).toEqual([
    "--config",
    "--http-port",
    "--data-dir",
  ]);
  expect(flags("dev", "--throw-away")).toEqual(["--throw-away", "--config"]);
  const all = flags("serve", "--help")?.length ?? 0;
  expect(all).toBeGreaterThan(50);
  expect(flags("serve", "--data-dri", "x")).toHaveLength(all);
  expect(flags("serve", "--data-dir", "--http-port", "-h")).toHaveLength(all);
});
