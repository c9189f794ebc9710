import type { JsonObject } from "../base/json.ts";
import type { CommandFailure } from "./failure.ts";
import { type Column, type OutputFormat, printable, renderRecord, renderRows } from "./format.ts";
import { readerGone } from "./reader-gone.ts";

/**
 * The only place of EntDB that prints. Data goes to stdout, everything else (progress,
 * questions, messages, errors) to stderr, so that `entdb … | jq` and `> file` hold data
 * alone. Colour and one-line progress only on a terminal, and never with NO_COLOR.
 */

/** Where text goes. */
export interface Sink {
  readonly isTerminal: boolean;
  /** The reader went away (`entdb log | head`): nothing more needs to be made. */
  readonly closed: boolean;
  /** Resolves when more may be written. Never rejects. */
  write(text: string): Promise<void>;
}

export class Output {
  readonly #out: Sink;
  readonly #err: Sink;
  readonly #color: boolean;
  #progressShown = false;

  constructor(out: Sink, err: Sink, noColor: boolean) {
    this.#out = out;
    this.#err = err;
    this.#color = !noColor;
  }

  /** Nobody reads the data any more. */
  get closed(): boolean {
    return this.#out.closed;
  }

  /** Text as it is, on stdout. */
  async text(text: string): Promise<void> {
    await this.#clearProgress();
    await this.#out.write(text);
  }

  async rows(
    format: OutputFormat,
    rows: readonly JsonObject[],
    columns: readonly Column[],
  ): Promise<void> {
    await this.text(renderRows(format, rows, columns, (text) => this.#bold(text, this.#out)));
  }

  async record(
    format: OutputFormat,
    record: JsonObject,
    times: readonly string[] = [],
  ): Promise<void> {
    await this.text(renderRecord(format, record, times));
  }

  /** A message for the person in front of it, on stderr. */
  async note(message: string): Promise<void> {
    await this.#clearProgress();
    await this.#err.write(`${message}\n`);
  }

  /** Whether somebody would see {@link progress}. */
  get showsProgress(): boolean {
    return this.#err.isTerminal;
  }

  /** What a long task is at: one line that replaces itself, on a terminal only. */
  async progress(message: string): Promise<void> {
    if (!this.showsProgress) return;
    this.#progressShown = true;
    await this.#err.write(`\r\u001b[K${printable(message)}`);
  }

  /** The four things that a refusal says. With a JSON format they are one JSON line, on stderr too. */
  async failure(failure: CommandFailure, format: OutputFormat): Promise<void> {
    await this.#clearProgress();
    await this.#err.write(
      format === "table"
        ? failureText(failure, (text) => this.#bold(text, this.#err))
        : `${JSON.stringify({ error: failureRecord(failure) })}\n`,
    );
  }

  #bold(text: string, sink: Sink): string {
    return this.#color && sink.isTerminal ? `\u001b[1m${text}\u001b[0m` : text;
  }

  async #clearProgress(): Promise<void> {
    if (!this.#progressShown) return;
    this.#progressShown = false;
    await this.#err.write("\r\u001b[K");
  }
}

function failureText(failure: CommandFailure, bold: (text: string) => string): string {
  const [first = "", ...more] = failure.message.split("\n").map(printable);
  const lines = [
    `${bold("error:")} ${first}`,
    ...more.map((sentence) => `       ${sentence}`),
    `${bold("reason:")} ${printable(failure.reason)} (${printable(failure.code)})`,
  ];
  if (failure.hint) lines.push(`${bold("hint:")} ${printable(failure.hint)}`);
  for (const [name, value] of Object.entries(failure.details)) {
    if (failure.message.includes(value)) continue;
    lines.push(`  ${printable(name)}: ${printable(value)}`);
  }
  if (failure.requestId) lines.push(`${bold("request:")} ${printable(failure.requestId)}`);
  return `${lines.join("\n")}\n`;
}

/** The same shape as in a REST answer, so that one reader serves both. */
function failureRecord(failure: CommandFailure): JsonObject {
  return {
    code: failure.code,
    reason: failure.reason,
    message: failure.message,
    ...(failure.hint ? { hint: failure.hint } : {}),
    details: { ...failure.details },
    ...(failure.requestId ? { request_id: failure.requestId } : {}),
  };
}

/** A sink over a stream of the process. */
export function streamSink(stream: NodeJS.WriteStream & { readonly fd: number }): Sink {
  let closed = false;
  const isReaderGone = readerGone(stream.fd);
  // Without a listener a reader that goes away (EPIPE) would end the process with a stack trace.
  stream.on("error", () => {
    closed = true;
  });
  return {
    isTerminal: stream.isTTY === true,
    get closed() {
      closed ||= isReaderGone();
      return closed;
    },
    write: (text) =>
      new Promise<void>((resolve) => {
        if (closed || text === "") return resolve();
        stream.write(text, () => resolve());
      }),
  };
}
