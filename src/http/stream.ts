import type { Clock } from "../base/clock.ts";
import { EntError, type ErrorReason } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { clientGone } from "../face/interruptions.ts";
import type { HttpCall } from "./call.ts";
import { type HttpLog, toHttpError } from "./errors.ts";
import type { StreamAnswer } from "./reply.ts";

export interface EventStreamDeps {
  readonly clock: Clock;
  readonly log: HttpLog;
  /** Called once, when nothing more will be sent. */
  readonly ended: (reason: "" | ErrorReason) => void;
}

const encoder = new TextEncoder();

/**
 * Events as a body. The next one is asked for when the client has taken the last, so a slow
 * client holds one event and what fits into its socket; one that takes nothing for
 * `limits.answerTimeoutMs` is let go. What ends the events is itself sent, as a last one.
 */
export class EventStream {
  readonly #call: HttpCall;
  readonly #answer: StreamAnswer;
  readonly #deps: EventStreamDeps;
  #cancelTimer: () => void = () => undefined;

  constructor(call: HttpCall, answer: StreamAnswer, deps: EventStreamDeps) {
    this.#call = call;
    this.#answer = answer;
    this.#deps = deps;
  }

  body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#letGo(),
    });
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#cancelTimer();
    const { text, end } = await this.#next();
    if (text !== undefined) controller.enqueue(encoder.encode(text));
    if (end === undefined) {
      this.#cancelTimer = this.#deps.clock.timer(limits.answerTimeoutMs, () => {
        controller.error(clientGone());
        void this.#letGo();
      });
      return;
    }
    controller.close();
    this.#deps.ended(end);
  }

  async #next(): Promise<{ text?: string; end?: "" | ErrorReason }> {
    try {
      const next = await this.#answer.events.next();
      return next.done === true ? { end: "" } : { text: next.value };
    } catch (thrown) {
      const isOurs = thrown instanceof EntError;
      const cause = this.#call.causeOf(thrown, isOurs);
      const error = toHttpError(cause, this.#call, this.#deps.log);
      return { text: this.#answer.failure(error), end: error.reason };
    }
  }

  async #letGo(): Promise<void> {
    this.#cancelTimer();
    this.#call.abort(clientGone());
    this.#deps.ended("CANCELED");
    await this.#answer.events.return?.();
  }
}
