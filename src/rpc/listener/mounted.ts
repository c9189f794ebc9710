/**
 * Another face on the listener's sockets: what is no RPC's is answered by a handler that
 * speaks `fetch` (REST, health, metrics), so that one port is enough. Its guards, limits
 * and errors are its own; connections, slow clients and unread answers are the listener's.
 */
import { invalid } from "../../base/errors.ts";
import { isRpcPath } from "../../face/rpc-path.ts";
import { singleChunk } from "../single-chunk.ts";
import type { FinishedResponse } from "../stock/finish.ts";
import type { HttpRequest, StockServer, Transport } from "../stock/serve.ts";

/** What the other face is told of the connection. */
export interface MountedPeer {
  /** The client's address. */
  address(): string;
  /** Nothing to do: an exchange of the listener stays open for as long as its answer goes on. */
  keepOpen(): void;
  /** True: what an answered client goes on to send is the listener's to read. */
  readonly lingers: boolean;
}

/** Answers every request, and never rejects. */
export type MountedFace = (request: Request, peer: MountedPeer) => Promise<Response>;

const EVENTS = "text/event-stream";

/** Whether a request is for the other face: neither its path nor its content is an RPC's. */
export function isForMounted(target: string, contentType: string | null): boolean {
  const [path = ""] = target.split("?", 1);
  return !isRpcPath(path) && !(contentType ?? "").toLowerCase().startsWith("application/grpc");
}

/** Has the other face answer. Resolves when the answer is out, or nobody is there to take it. */
export async function serveMounted(
  face: MountedFace,
  request: HttpRequest,
  transport: Transport,
  stock: StockServer,
): Promise<void> {
  const gone = new AbortController();
  transport.onGone(() => gone.abort());
  const asked = requestOf(request, gone.signal);
  if (asked === undefined) return transport.write(stock.refusal(request, unreadable(), 400));
  const peer = { address: request.peer, keepOpen: () => undefined, lingers: true };
  const response = await face(asked, peer);
  await transport.write(await finished(response, request));
}

/** Undefined for a target that would be read as another one than was sent. */
function requestOf(request: HttpRequest, signal: AbortSignal): Request | undefined {
  const { method, headers, body } = request;
  const url = `http://localhost${request.target}`;
  if (!URL.canParse(url)) return undefined;
  const bodiless = method === "GET" || method === "HEAD";
  const chunks = body[Symbol.asyncIterator]();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await chunks.next();
      if (chunk.done === true) controller.close();
      else controller.enqueue(chunk.value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
  const asked = new Request(url, { method, headers, signal, body: bodiless ? null : stream });
  return asked.url === url ? asked : undefined;
}

async function finished(response: Response, request: HttpRequest): Promise<FinishedResponse> {
  const { status, headers: header } = response;
  // HTTP/2 knows no such header; its streams end without their connection.
  if (request.httpVersion === "2.0") header.delete("connection");
  const { body } = response;
  if (body === null) return { status, header, body: undefined, trailer: undefined };
  if (header.get("content-type")?.startsWith(EVENTS) === true) {
    return { status, header, body, trailer: undefined };
  }
  const bytes = await response.bytes();
  header.set("content-length", String(bytes.length));
  const isAlone = bytes.length === 0 || request.method === "HEAD";
  return { status, header, body: isAlone ? undefined : singleChunk(bytes), trailer: undefined };
}

function unreadable() {
  return invalid(
    "INVALID_REQUEST",
    "The path of the request is not one that this server reads.",
    "Send a plain path, without . and .. in it.",
  );
}
