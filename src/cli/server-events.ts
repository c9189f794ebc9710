/** One event of a stream of server-sent events. */
export interface ServerEvent {
  /** "message" where none is named. */
  readonly event: string;
  readonly data: string;
  /** The last one that was sent, which a client comes back with; empty: none. */
  readonly id: string;
  /** Milliseconds that the server asks a client to wait before it comes back. */
  readonly retry: number | undefined;
}

/** The events of an answer, as they come. Ends with the answer; half an event at its end is none. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let text = "";
  let id = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = eventOf(text.slice(0, end), id);
      text = text.slice(end + 2);
      id = event.id;
      // As EventSource does: what has no data is told to nobody.
      if (event.data !== "") yield event;
    }
  }
}

function eventOf(block: string, lastId: string): ServerEvent {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    if (at <= 0) continue;
    const name = line.slice(0, at);
    const value = line.slice(at + 1).replace(/^ /, "");
    const known = fields.get(name);
    fields.set(name, name === "data" && known !== undefined ? `${known}\n${value}` : value);
  }
  const retry = fields.get("retry");
  return {
    event: fields.get("event") ?? "message",
    data: fields.get("data") ?? "",
    id: fields.get("id") ?? lastId,
    retry: retry === undefined ? undefined : Number(retry),
  };
}
