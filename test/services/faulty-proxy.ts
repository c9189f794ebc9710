/**
 * An HTTP proxy in front of a service, on a free port of loopback, that does to answers what
 * networks and overloaded services do. Signatures hold through it: the Host header is kept.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Fault =
  /** An answer of the proxy's own, by default an error of S3; the service never hears of the request. */
  | { readonly kind: "answer"; readonly status: number; readonly body?: string }
  /** The service does it twice; the second answer is given. */
  | { readonly kind: "twice" }
  /** The service does what was asked, and no answer ever comes. */
  | { readonly kind: "silent" }
  /** The service is not asked, and no answer ever comes. */
  | { readonly kind: "unheard" }
  /** The service does what was asked, and the connection ends without an answer. */
  | { readonly kind: "dropped" }
  /** The connection ends in the middle of the answer's body. */
  | { readonly kind: "torn" }
  /** A byte of the answer's body is another one. */
  | { readonly kind: "flipped" }
  /** The answer's body comes a byte at a time. */
  | { readonly kind: "slow"; readonly everyMs: number }
  /** The connection is refused. */
  | { readonly kind: "closed" };

/** What an object storage behind a bad network does to a request that may be made again. */
export const STORAGE_FAULTS: readonly Fault[] = [
  { kind: "answer", status: 500 },
  { kind: "answer", status: 503 },
  { kind: "closed" },
  { kind: "torn" },
  { kind: "flipped" },
  { kind: "silent" },
  { kind: "unheard" },
];

export interface FaultyRequest {
  readonly method: string;
  readonly path: string;
  /** The operation, for services that name it in a header of Amazon's: "PutRecord". */
  readonly operation: string;
}

export interface FaultyProxy extends AsyncDisposable {
  readonly url: string;
  /** Asked for each request, in order. Undefined: nothing happens to it. */
  fault: (request: FaultyRequest) => Fault | undefined;
  /** Requests that came. */
  readonly requests: number;
}

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const proxy = new LoopbackProxy({ hostname, port: Number(port) });
  await proxy.listen();
  return proxy;
}

class LoopbackProxy implements FaultyProxy {
  fault: FaultyProxy["fault"] = () => undefined;
  requests = 0;
  readonly #target: { readonly hostname: string; readonly port: number };
  readonly #server = createServer((incoming, answer) => void this.#serve(incoming, answer));
  readonly #stop = new AbortController();

  constructor(target: { readonly hostname: string; readonly port: number }) {
    this.#target = target;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.requests += 1;
    const { method = "GET", url: path = "/" } = incoming;
    const body = Buffer.concat(await Array.fromAsync(incoming));
    const operation = String(incoming.headers["x-amz-target"] ?? "").replace(/^.*\./, "");
    const fault = this.fault({ method, path, operation });
    if (fault?.kind === "closed") return void incoming.socket.destroy();
    if (fault?.kind === "unheard") return;
    if (fault?.kind === "answer") {
      const { status, body } = fault;
      const type = body === undefined ? "application/xml" : "application/x-amz-json-1.1";
      answer.writeHead(status, { "content-type": type });
      answer.end(body ?? S3_ERROR);
      return;
    }
    if (fault?.kind === "twice") {
      await this.#ask(incoming, method, path, body).catch(() => undefined);
    }
    const asked = await this.#ask(incoming, method, path, body).catch(() => undefined);
    if (asked === undefined) return void incoming.socket.destroy();
    const { status, headers, content } = asked;
    if (fault?.kind === "silent") return;
    if (fault?.kind === "dropped") return void incoming.socket.destroy();
    answer.writeHead(status, headers);
    await this.#send(fault, incoming, answer, content);
  }

  async #send(
    fault: Fault | undefined,
    incoming: IncomingMessage,
    answer: ServerResponse,
    content: Buffer,
  ): Promise<void> {
    if (fault?.kind === "torn") {
      answer.write(content.subarray(0, content.length >> 1), () => incoming.socket.destroy());
      return;
    }
    if (fault?.kind === "slow") {
      for (const byte of content) {
        if (this.#stop.signal.aborted || answer.destroyed) return;
        answer.write(Buffer.of(byte));
        await Bun.sleep(fault.everyMs);
      }
    }
    if (fault?.kind === "flipped")
      content[content.length >> 1] = 1 ^ (content[content.length >> 1] ?? 0);
    answer.end(fault?.kind === "slow" ? undefined : content);
  }

  #ask(
    incoming: IncomingMessage,
    method: string,
    path: string,
    body: Buffer,
  ): Promise<{ status: number; headers: Record<string, string | string[]>; content: Buffer }> {
    return new Promise((resolve, reject) => {
      const asked = request(
        { ...this.#target, method, path, headers: incoming.headers },
        async (answer) => {
          const content = Buffer.concat(await Array.fromAsync(answer));
          const headers = Object.entries(answer.headers).filter(
            ([name, value]) => value !== undefined && name !== "transfer-encoding",
          );
          resolve({
            status: answer.statusCode ?? 500,
            headers: Object.fromEntries(headers) as Record<string, string | string[]>,
            content,
          });
        },
      );
      asked.on("error", reject);
      asked.end(body);
    });
  }
}

const S3_ERROR = "<Error><Code>InternalError</Code><Message>on purpose</Message></Error>";
