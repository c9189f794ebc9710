/**
 * One end of a message port on which everything that is said in one turn of the event loop
 * goes as one message: a hop between threads costs more than what it carries. Order is kept.
 * Nothing here waits for the other end.
 */
import { ownBytes } from "./own-bytes.ts";

export interface ChannelOptions<Out, In> {
  readonly port: MessagePort;
  readonly received: (message: In) => void;
  /** Told of a message that cannot cross, with why. The others of its turn have gone. */
  readonly unsendable: (message: Out, cause: unknown) => void;
}

export class Channel<Out, In> {
  readonly #options: ChannelOptions<Out, In>;
  #waiting: Out[] = [];

  constructor(options: ChannelOptions<Out, In>) {
    this.#options = options;
    options.port.onmessage = ({ data }) => {
      for (const message of data as readonly In[]) options.received(message);
    };
  }

  send(message: Out): void {
    if (this.#waiting.push(message) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const messages = this.#waiting.map(ownBytes);
    this.#waiting = [];
    const { port, unsendable } = this.#options;
    try {
      port.postMessage(messages);
    } catch {
      for (const message of messages) {
        try {
          port.postMessage([message]);
        } catch (cause) {
          unsendable(message, cause);
        }
      }
    }
  }
}
