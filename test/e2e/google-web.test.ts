/**
 * Google's own client of gRPC-Web in a real browser, in both of its formats: `grpcwebtext`, which its
 * generator takes unless told otherwise, and `grpcweb`.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM_ARGS, chromiumPath } from "../../sdk/typescript/test/browser/chromium.ts";
import { servePage } from "../../sdk/typescript/test/browser/serve-page.ts";
import { type ServerProcess, startServerProcess } from "../harness/binary.ts";
import type { GoogleWebScenarios, WebFormat } from "../harness/google-web-page.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";
import { PEOPLE_SCHEMA, Rest } from "../harness/wire.ts";

const CODE_NOT_FOUND = 5;

let directory: TemporaryDirectory;
let pages: Bun.Server<undefined>;
let server: ServerProcess;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  pages = await servePage(join(import.meta.dir, "..", "harness", "google-web-page.ts"));
  const origin = `http://127.0.0.1:${pages.port}`;
  directory = temporaryDirectory();
  server = await startServerProcess({ cwd: directory.path, args: ["--cors-origins", origin] });
  expect((await new Rest(server.httpUrl).post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: CHROMIUM_ARGS,
  });
  page = await browser.newPage();
  await page.goto(origin);
  await page.waitForFunction("globalThis.scenarios !== undefined");
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.kill();
  await pages?.stop(true);
  directory[Symbol.dispose]();
});

/** Runs a scenario in the page. */
function run<Name extends keyof GoogleWebScenarios>(
  name: Name,
  ...given: Parameters<GoogleWebScenarios[Name]>
): Promise<unknown> {
  return page.evaluate(`scenarios[${JSON.stringify(name)}](...${JSON.stringify(given)})`);
}

const DOORS: readonly [WebFormat, "grpcUrl" | "httpUrl"][] = [
  ["text", "grpcUrl"],
  ["text", "httpUrl"],
  ["binary", "grpcUrl"],
  ["binary", "httpUrl"],
];

describe.each(DOORS)("format %s against the server's %s", (format, door) => {
  const name = `${format} ${door}`;

  test("writes, and reads its own write", async () => {
    expect(await run("writeAndRead", server[door], format, name)).toBe(name);
  });

  test("is told why a call is refused", async () => {
    expect(await run("refusal", server[door], format)).toEqual({
      code: CODE_NOT_FOUND,
      message: expect.stringContaining("nd_00000000000000000000000000"),
      hasDetails: true,
    });
  });
});

test("a stream brings what is there and then what comes, while it is open", async () => {
  const later = "written while the page watches";
  const watching = run("watch", server.httpUrl, "text", DOORS.length + 1);
  await run("writeAndRead", server.httpUrl, "text", later);
  const names = DOORS.map(([format, door]) => `${format} ${door}`);
  expect(await watching).toEqual([...names, later]);
});
