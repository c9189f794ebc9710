/**
 * The package in a real browser: pages of one origin, a server of another. Runs under Bun, which
 * bundles the page.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { FlakyProxy } from "../fixtures/proxy.ts";
import { TestServer } from "../fixtures/server.ts";
import { CHROMIUM_ARGS, chromiumPath } from "./chromium.ts";
import type { Scenarios } from "./page.ts";
import { servePage } from "./serve-page.ts";

let browser: Browser;
let page: Page;
let pages: Bun.Server<undefined>;
let server: TestServer;

beforeAll(async () => {
  pages = await servePage(join(import.meta.dir, "page.ts"));
  server = await TestServer.start({ args: ["--cors-origins", originOf(pages)] });
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: CHROMIUM_ARGS,
  });
  page = await open(originOf(pages));
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await pages?.stop(true);
});

const originOf = ({ port }: { readonly port?: number | undefined }) => `http://127.0.0.1:${port}`;

async function open(origin: string): Promise<Page> {
  const opened = await browser.newPage();
  await opened.goto(origin);
  await opened.waitForFunction("globalThis.scenarios !== undefined");
  return opened;
}

/** Runs a scenario in the page. */
function run<Name extends keyof Scenarios>(
  name: Name,
  ...given: Parameters<Scenarios[Name]>
): Promise<unknown> {
  return runIn(page, name, given);
}

function runIn(where: Page, name: string, given: readonly unknown[]): Promise<unknown> {
  return where.evaluate(`scenarios[${JSON.stringify(name)}](...${JSON.stringify(given)})`);
}

/** Both ports answer browsers. */
const PORTS = ["httpUrl", "grpcUrl"] as const;

describe.each(PORTS)("in Chromium, against the server's %s", (port) => {
  test("a graph is written, read and found", async () => {
    const tenant = await TestServer.start({ args: ["--cors-origins", originOf(pages)] });
    try {
      expect(await run("graph", tenant[port])).toEqual({
        points: "9223372036854775807",
        titles: ["three", "two"],
        count: 3,
        due: 7,
        found: 1,
      });
    } finally {
      await tenant.stop();
    }
  });

  test("the server's refusals keep class, reason and request id", async () => {
    const fresh = await TestServer.start({ args: ["--cors-origins", originOf(pages)] });
    try {
      expect(await run("conflict", fresh[port])).toEqual({
        name: "UniqueConflictError",
        reason: "UNIQUE_CONFLICT",
        requestId: true,
      });
    } finally {
      await fresh.stop();
    }
  });
});

describe("in Chromium", () => {
  test("changes come while the page is open", async () => {
    expect(await run("watch", server.httpUrl)).toEqual(["first@x", "second@x"]);
  });

  test("positions are handed over", async () => {
    expect(await run("handOver", server.httpUrl)).toBe("handed@x");
  });

  test("a call is given up by its signal", async () => {
    const proxy = await FlakyProxy.start(server.httpUrl);
    proxy.always("silence");
    expect(await run("abort", proxy.url)).toBe("CANCELED");
    expect(await run("failure", proxy.url, { timeoutMs: 300 })).toEqual({
      name: "DeadlineExceededError",
      reason: "DEADLINE_EXCEEDED",
      hint: true,
      requestId: true,
    });
    await proxy.stop();
  });

  test("whatever a browser calls a failed fetch is a ConnectionError with what to check", async () => {
    const gone = await FlakyProxy.start(server.httpUrl);
    const { url } = gone;
    await gone.stop();
    const failed = {
      name: "ConnectionError",
      reason: "CONNECTION_FAILED",
      hint: true,
      requestId: true,
    };
    expect(await run("failure", url)).toEqual(failed);
    expect(await run("failure", server.httpUrl.replace("http:", "https:"))).toEqual(failed);
    // A page whose origin the server was not told of may not call, and sees no more than that.
    const stranger = await open(`http://localhost:${pages.port}`);
    expect(await runIn(stranger, "failure", [server.httpUrl])).toEqual(failed);
    await stranger.close();
  });

  test("a credential goes along, and one that does not hold is said so", async () => {
    const guarded = await TestServer.start({
      args: ["--auth", "required", "--cors-origins", originOf(pages)],
    });
    expect(await run("failure", guarded.httpUrl, { credential: "edb_a_b" })).toEqual({
      name: "UnauthenticatedError",
      reason: "UNAUTHENTICATED",
      hint: true,
      requestId: true,
    });
    await guarded.stop();
  });

  test("nothing of Node is in what a browser loads", async () => {
    const script = await (await fetch(`${originOf(pages)}/page.js`)).text();
    expect(script.length).toBeGreaterThan(10_000);
    expect(/["']node:|Http2Session/.test(script)).toBe(false);
  });
});
