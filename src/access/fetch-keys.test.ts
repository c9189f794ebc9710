import { afterEach, describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { limits } from "../base/limits.ts";
import { fetchKeys } from "./fetch-keys.ts";

let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(() => server?.stop(true));

/** The address of somebody who answers like this. */
function answering(answer: (request: Request) => Response | Promise<Response>): string {
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  return server.url.href;
}

const clock = new FakeClock();

describe("keys that are fetched", () => {
  test("as large as they may be, and one byte larger", async () => {
    const sized = (request: Request) =>
      new Response("x".repeat(Number(new URL(request.url).searchParams.get("bytes"))));
    const url = answering(sized);
    const most = limits.tokenKeysBytes;
    expect(await fetchKeys(`${url}?bytes=${most}`, clock)).toHaveLength(most);
    await expect(fetchKeys(`${url}?bytes=${most + 1}`, clock)).rejects.toThrow(
      `more than ${most} bytes`,
    );
  });

  test("that do not come in time are given up", async () => {
    const asked = Promise.withResolvers<void>();
    const never = new Promise<Response>(() => undefined);
    const url = answering(() => {
      asked.resolve();
      return never;
    });
    const time = new FakeClock();
    const fetching = fetchKeys(url, time);
    await asked.promise;
    time.advance(limits.tokenKeysTimeoutMs - 1);
    expect(time.pendingTimers).toBe(1);
    time.advance(1);
    await expect(fetching).rejects.toThrow("did not answer");
  });

  test("are answered with 200, and from the address that was given", async () => {
    const moved = (request: Request) =>
      new URL(request.url).pathname === "/keys"
        ? new Response("{}")
        : Response.redirect("/keys", 302);
    const url = answering(moved);
    expect(await fetchKeys(`${url}keys`, clock)).toBe("{}");
    await expect(fetchKeys(url, clock)).rejects.toThrow();
    server?.stop(true);
    const gone = answering(() => new Response("x", { status: 404 }));
    await expect(fetchKeys(gone, clock)).rejects.toThrow("HTTP 404");
  });
});
