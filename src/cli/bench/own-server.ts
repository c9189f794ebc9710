/**
 * A server for one run: this executable as a process of its own, on loopback, with its default
 * settings whatever this process's environment says, and its data in a directory that it has to
 * itself. Both are gone when the run is over, whichever way it ended. It is killed, not stopped:
 * nothing of what it has is to be kept.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildInfo } from "../../base/build-info.ts";
import { systemErrorCode } from "../../base/durable-file.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../base/json.ts";
import { environmentWithoutSettings } from "../../config/load.ts";
import { CommandFailure, EXIT, usageFailure } from "../failure.ts";

export interface OwnServer {
  /** `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Made for this run, on the disk that is measured. */
  readonly directory: string;
  /** What its ready line says of it. */
  readonly durability: string;
}

/**
 * Starts one below the directory, and resolves or rejects as `use` does, once nothing is left of
 * it. Rejects as `interrupted` does when that comes first, and with what the server said last when
 * it is lost. Refuses a directory that nothing can be made in.
 */
export async function withOwnServer<T>(
  parent: string,
  interrupted: Promise<never>,
  use: (server: OwnServer) => Promise<T>,
): Promise<T> {
  const directory = makeDirectory(parent);
  try {
    const child = startChild(directory);
    const said = new Said(child.stderr);
    try {
      const run = async () => {
        const ready = await said.ready;
        if (ready === undefined) {
          throw lost(`ended with ${await child.exited} before it was ready`, said.end);
        }
        const { http, durability } = ready;
        return await use({ url: String(http), directory, durability: String(durability) });
      };
      return await Promise.race([run(), interrupted]);
    } catch (error) {
      throw isUnreachable(error) ? lost("answers no more", said.end) : error;
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(parent: string): string {
  try {
    return mkdtempSync(join(resolve(parent), "entdb-bench-"));
  } catch (error) {
    throw usageFailure(
      `No directory can be made in ${parent} (${systemErrorCode(error) ?? "unknown"}).`,
      "Name one that this user may write, on the disk to be measured, with --directory.",
    );
  }
}

function startChild(directory: string) {
  const free = ["--grpc-port", "0", "--http-port", "0"];
  const format = ["--log-format", "json"];
  const data = ["--data-dir", join(directory, "data")];
  return Bun.spawn([...program(), "serve", "--host", "127.0.0.1", ...free, ...format, ...data], {
    cwd: directory,
    env: environmentWithoutSettings(),
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
}

/** This program: the executable, or the runtime and the sources that it was started from. */
function program(): string[] {
  const isBuilt = buildInfo.commit !== "source";
  return isBuilt
    ? [process.execPath]
    : [process.execPath, join(import.meta.dir, "..", "..", "main.ts")];
}

/** What the server writes: its ready line, and the end of the rest for when it fails. */
class Said {
  /** Undefined when it ended without one. */
  readonly ready: Promise<JsonObject | undefined>;
  readonly #ready = Promise.withResolvers<JsonObject | undefined>();
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ready = this.#ready.promise;
    void this.#collect(stream);
  }

  get end(): string {
    return this.#text;
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#text += decoder.decode(chunk, { stream: true });
      const [line] = /^\{.*"message":"entdb ready".*\}$/m.exec(this.#text) ?? [];
      const ready = line === undefined ? undefined : parseJson(line);
      if (isJsonObject(ready)) this.#ready.resolve(ready);
      this.#text = this.#text.slice(-KEPT_CHARS);
    }
    this.#ready.resolve(undefined);
  }
}

const KEPT_CHARS = 4_000;

function isUnreachable(error: unknown): boolean {
  return error instanceof CommandFailure && error.reason === "SERVER_UNREACHABLE";
}

function lost(what: string, said: string): CommandFailure {
  return new CommandFailure({
    code: "SERVICE_UNAVAILABLE",
    reason: "SERVER_UNREACHABLE",
    message: `The server that this run started ${what}. The last that it said:\n${said.trim()}`,
    exitCode: EXIT.unavailable,
    hint: "See whether a server keeps running on this machine: entdb doctor, entdb serve.",
  });
}
