import { expect, test } from "bun:test";
import { RestApp } from "../../test/harness/rest-app.ts";
import type { HttpApp } from "./app.ts";
import { HttpAppOnDemand } from "./on-demand.ts";

/** A face that is made when the test says so. */
function unmade() {
  const made = Promise.withResolvers<HttpApp>();
  let asked = 0;
  const app = new HttpAppOnDemand(() => {
    asked += 1;
    return made.promise;
  });
  const ready = () => made.resolve(new RestApp().app);
  const get = () =>
    app.fetch(new Request("http://localhost/livez", { headers: { host: "localhost" } }));
  return { app, ready, get, asked: () => asked };
}

test("whoever comes before it is made is answered once it is, and it is made once", async () => {
  const { app, ready, get, asked } = unmade();
  expect(asked()).toBe(0);
  const early = [get(), get(), get()];
  expect([asked(), app.inFlight]).toEqual([1, 3]);
  ready();
  for (const answer of early) expect((await answer).status).toBe(200);
  expect((await get()).status).toBe(200);
  expect([asked(), app.inFlight]).toEqual([1, 0]);
});

test("a stop waits for nothing that was never made, and what is made later refuses", async () => {
  const { app, ready, get } = unmade();
  await app.stop();
  ready();
  const late = await get();
  expect(late.status).toBe(503);
  expect(await late.json()).toMatchObject({ error: { reason: "SERVER_STOPPING" } });
});

test("a stop waits for who is waiting", async () => {
  const { app, ready, get } = unmade();
  const early = get();
  const stopped = app.stop().then(() => "stopped");
  ready();
  expect([200, 503]).toContain((await early).status);
  expect(await stopped).toBe("stopped");
});
