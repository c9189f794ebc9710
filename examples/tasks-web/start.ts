/**
 * `bun run start`: the page on http://localhost:3000 (`PORT`), and an EntDB beside it, which is
 * told that the page's origin may call. With `ENTDB_URL` an EntDB that runs already is used; it
 * must have been started with that origin among its `--cors-origins`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createApp } from "./server.ts";

const TENANT = "tasks";
const BUILT = join(import.meta.dir, "..", "..", "dist", "entdb");

/** The executable: named, on the PATH, or built in the repository that this example is part of. */
function entdb(): string {
  const found =
    process.env["ENTDB"] ?? Bun.which("entdb") ?? (existsSync(BUILT) ? BUILT : undefined);
  if (found !== undefined) return found;
  console.error("There is no entdb on the PATH: build it (bun run build), or name it in ENTDB.");
  process.exit(1);
}

/** Starts EntDB and answers with its address once it is ready. It ends with this process. */
async function startEntDB(origins: readonly string[]): Promise<string> {
  const child = Bun.spawn([entdb(), "dev", "--cors-origins", origins.join(",")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill());
  const ready = Promise.withResolvers<string>();
  const forward = async () => {
    let said = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      process.stderr.write(text);
      said = (said + text).slice(-4_096);
      const address = /entdb ready .*\bhttp=(\S+)/.exec(said)?.[1];
      if (address !== undefined) ready.resolve(address);
    }
    process.exit(await child.exited);
  };
  void forward();
  return await ready.promise;
}

const starting = () => new Response("starting", { status: 503 });
const server = Bun.serve({ port: Number(process.env["PORT"] ?? 3000), fetch: starting });
const origins = [`http://localhost:${server.port}`, `http://127.0.0.1:${server.port}`];
const endpoint = process.env["ENTDB_URL"] ?? (await startEntDB(origins));
const app = await createApp({ endpoint, tenantId: TENANT });
server.reload({ fetch: app.fetch });
console.log(`Tasks: ${origins[0]}, with EntDB at ${endpoint}`);
