/** A page of its own origin that runs a script, bundled for browsers. */
export async function servePage(script: string): Promise<Bun.Server<undefined>> {
  const built = await Bun.build({ entrypoints: [script], target: "browser" });
  const text = (await built.outputs[0]?.text()) ?? "";
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) =>
      new URL(url).pathname === "/page.js"
        ? new Response(text, { headers: { "content-type": "text/javascript" } })
        : new Response('<!doctype html><script type="module" src="/page.js"></script>', {
            headers: { "content-type": "text/html" },
          }),
  });
}
