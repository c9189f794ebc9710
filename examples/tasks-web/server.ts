/** Serves the page, its script among it, and tells it where EntDB is. No data goes through here. */
import { join } from "node:path";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Place } from "./page/tracker.ts";

const PAGE = join(import.meta.dir, "page");

/** The application of a page that speaks with this EntDB. Throws when the page cannot be built. */
export async function createApp(place: Place): Promise<Hono> {
  const built = await Bun.build({
    entrypoints: [join(PAGE, "page.ts")],
    target: "browser",
    minify: true,
  });
  const script = await built.outputs[0]?.text();
  if (script === undefined) throw new Error("the page has no script");
  const self = ["'self'"];
  const contentSecurityPolicy = {
    defaultSrc: self,
    imgSrc: ["data:"],
    connectSrc: [...self, place.endpoint],
  };
  return new Hono()
    .use(secureHeaders({ contentSecurityPolicy }))
    .get("/", async (c) => c.html(await Bun.file(join(PAGE, "index.html")).text()))
    .get("/style.css", async (c) =>
      c.body(await Bun.file(join(PAGE, "style.css")).text(), 200, { "content-type": "text/css" }),
    )
    .get("/page.js", (c) => c.body(script, 200, { "content-type": "text/javascript" }))
    .get("/config.json", (c) => c.json(place));
}
