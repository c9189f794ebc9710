import type { HttpApp } from "./app.ts";
import type { Peer } from "./call.ts";

/**
 * A REST face that is made by the first request, which waits for it: the shapes of all routes
 * are a seventh of the work of a start. Until then it is nothing that a stop has to wait for,
 * and one that is made after a stop refuses like any other that was stopped.
 */
export class HttpAppOnDemand implements HttpApp {
  readonly #make: () => Promise<HttpApp>;
  #making: Promise<HttpApp> | undefined;
  #app: HttpApp | undefined;
  #waiting = 0;
  #isStopping = false;

  /** `make` is called once. */
  constructor(make: () => Promise<HttpApp>) {
    this.#make = make;
  }

  fetch(request: Request, peer?: Peer): Promise<Response> {
    return this.#app?.fetch(request, peer) ?? this.#fetchWhenMade(request, peer);
  }

  get inFlight(): number {
    return this.#waiting + (this.#app?.inFlight ?? 0);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await (await this.#making)?.stop();
  }

  abortAll(): void {
    this.#app?.abortAll();
  }

  async #fetchWhenMade(request: Request, peer: Peer | undefined): Promise<Response> {
    this.#waiting += 1;
    this.#making ??= this.#make();
    const app = await this.#making.finally(() => {
      this.#waiting -= 1;
    });
    this.#app = app;
    if (this.#isStopping) void app.stop();
    return await app.fetch(request, peer);
  }
}
