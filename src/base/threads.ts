/**
 * Hears a thread: what it posts, and that it has ended. It ends by an error that nobody caught, or
 * without a word (by `process.exit`, by the runtime, by `terminate`); `ended` may be told of both.
 */
export function hearThread<Message>(
  worker: Worker,
  received: (message: Message) => void,
  ended: (why: Error) => void,
): void {
  worker.onmessage = ({ data }: MessageEvent<Message>) => received(data);
  worker.onerror = (event) => ended(new Error(event.message));
  worker.addEventListener("close", () => ended(new Error("the thread ended")));
}
