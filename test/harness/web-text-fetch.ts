/**
 * A `fetch` that sends what a transport of gRPC-Web sends as base64, and reads base64: what a client
 * of `grpcwebtext` puts on the wire, under a transport that knows only bytes.
 */

/** Cuts requests into pieces of so many bytes, each with padding of its own; 0 sends one piece. */
export function webTextFetch(pieceBytes = 0): typeof fetch {
  const send = async (url: string | URL | Request, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("content-type", textOf(headers.get("content-type")));
    const body = piecesOf(new Uint8Array(await new Response(init.body).arrayBuffer()), pieceBytes);
    const answer = await fetch(url, { ...init, headers, body });
    const contentType = answer.headers.get("content-type") ?? "";
    if (!contentType.startsWith(TEXT)) throw new Error(`answered as ${contentType}`);
    const answered = new Headers(answer.headers);
    answered.set("content-type", contentType.replace(TEXT, BINARY));
    return new Response(answer.body?.pipeThrough(decoding()) ?? null, {
      status: answer.status,
      headers: answered,
    });
  };
  return Object.assign(send, { preconnect: fetch.preconnect });
}

const BINARY = "application/grpc-web";
const TEXT = "application/grpc-web-text";

function textOf(contentType: string | null): string {
  return (contentType ?? "").replace(BINARY, TEXT);
}

function piecesOf(bytes: Uint8Array, pieceBytes: number): string {
  const size = pieceBytes === 0 ? Math.max(bytes.length, 1) : pieceBytes;
  let text = "";
  for (let at = 0; at < bytes.length; at += size) {
    text += Buffer.from(bytes.subarray(at, at + size)).toString("base64");
  }
  return text;
}

/** Padding may stand wherever the server's pieces end. */
function decoding(): TransformStream<Uint8Array, Uint8Array> {
  let left = "";
  return new TransformStream({
    transform(chunk, controller) {
      const text = left + Buffer.from(chunk).toString("latin1");
      const end = text.length - (text.length % 4);
      left = text.slice(end);
      for (const piece of text.slice(0, end).match(/[^=]+=*/g) ?? []) {
        controller.enqueue(new Uint8Array(Buffer.from(piece, "base64")));
      }
    },
    flush() {
      if (left !== "") throw new Error("the answer ends within a group of base64");
    },
  });
}
