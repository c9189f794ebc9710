/**
 * The engine's side of one face thread: does what that asks for and answers. It waits for
 * the thread with nothing but its streams, each of which stands still while its client reads,
 * and when the thread has gone everything it had asked for is cancelled.
 */
import { assert } from "../base/assert.ts";
import { CancelSource } from "../base/cancel-signal.ts";
import { errorFromData, errorToData } from "../base/error-data.ts";
import { NumberMap } from "../base/number-map.ts";
import type { AuditedAction } from "../engine/administration.ts";
import type { Engine } from "../engine/engine.ts";
import type { Freshness } from "../engine/reading.ts";
import type { Caller } from "../record/caller.ts";
import type { Schema } from "../schema/types.ts";
import { Channel } from "./channel.ts";
import {
  type Beside,
  type CallName,
  type FromEngine,
  type NumberedSchema,
  STREAM_ITEMS_AHEAD,
  type StreamName,
  type ToEngine,
} from "./messages.ts";

interface UnderWay {
  readonly abort: CancelSource;
  /** Of a stream: items that may still be sent, and what wakes it when there are more. */
  credit: number;
  wake: () => void;
  /** Of an audited call: what it waits for. */
  readonly work: PromiseWithResolvers<void>;
}

type Method = (...asked: readonly unknown[]) => unknown;

/** Numbers of schemas by the object that the engine hands out for as long as one stands. */
const schemaNumbers = new WeakMap<Schema, number>();
let lastSchemaNumber = 0;

export class EngineHost {
  readonly #engine: Engine;
  readonly #beside: Beside;
  readonly #channel: Channel<FromEngine, ToEngine>;
  readonly #underWay = new NumberMap<UnderWay>();
  #closed = false;

  constructor(engine: Engine, beside: Beside, port: MessagePort) {
    this.#engine = engine;
    this.#beside = beside;
    this.#channel = new Channel<FromEngine, ToEngine>({
      port,
      received: (message) => this.#received(message),
      unsendable: ({ id }, cause) => this.#channel.send({ id, error: errorToData(cause) }),
    });
  }

  /** Calls and streams under way. */
  get size(): number {
    return this.#underWay.size;
  }

  /** The thread has gone: cancels everything that it asked for. Nothing is sent or received from now on. */
  close(reason: Error): void {
    this.#closed = true;
    for (const { abort, wake, work } of this.#underWay.values()) {
      abort.abort(reason);
      work.reject(reason);
      wake();
    }
  }

  #received(message: ToEngine): void {
    if (this.#closed) return;
    const { id } = message;
    switch (message.do) {
      case "call":
        return void this.#answer(id, message.name, message.asked);
      case "open":
        return void this.#stream(id, message.name, message.asked);
      case "more":
        return this.#more(id, message.items);
      case "cancel":
        return this.#cancel(
          id,
          message.reason === undefined ? GONE : errorFromData(message.reason),
        );
      case "settle":
        return this.#settle(id, message.failure && errorFromData(message.failure));
    }
  }

  async #answer(id: number, name: CallName, asked: readonly unknown[]): Promise<void> {
    const underWay = this.#begin(id);
    try {
      const answer = await this.#call(name, asked, underWay);
      this.#send({ id, answer });
    } catch (error) {
      this.#send({ id, error: errorToData(error) });
    } finally {
      this.#underWay.delete(id);
    }
  }

  #call(name: CallName, asked: readonly unknown[], { abort, work }: UnderWay): unknown {
    const engine = this.#engine;
    if (name === "administration.audited") {
      const [by, action] = asked as [
        Parameters<Engine["administration"]["audited"]>[0],
        AuditedAction,
      ];
      return engine.administration.audited(by, action, () => work.promise);
    }
    if (name === "getSchema") {
      const [known, caller, freshness] = asked as [number, Caller, Freshness];
      return schemaUnless(engine, known, caller, freshness, abort);
    }
    return this.#methodOf(name)(...asked, abort);
  }

  async #stream(id: number, name: StreamName, asked: readonly unknown[]): Promise<void> {
    const underWay = this.#begin(id);
    const signal = underWay.abort;
    try {
      const items = this.#methodOf(name)(...asked, signal) as AsyncIterable<unknown>;
      for await (const item of items) {
        this.#send({ id, item });
        underWay.credit -= 1;
        while (underWay.credit === 0 && !signal.aborted) {
          await new Promise<void>((resolve) => {
            underWay.wake = resolve;
          });
        }
        if (signal.aborted) break;
      }
      this.#send({ id, ended: true });
    } catch (error) {
      this.#send({ id, error: errorToData(error) });
    } finally {
      this.#underWay.delete(id);
    }
  }

  #methodOf(name: CallName | StreamName): Method {
    const [part = "", member] = name.split(".");
    if (member === undefined) return methodOf(this.#engine, part);
    const whole: object =
      part === "beside" ? this.#beside : (Reflect.get(this.#engine, part) as object);
    return methodOf(whole, member);
  }

  #begin(id: number): UnderWay {
    const underWay: UnderWay = {
      abort: new CancelSource(),
      credit: STREAM_ITEMS_AHEAD,
      wake: () => undefined,
      work: Promise.withResolvers<void>(),
    };
    // Only an audited call asks for it.
    underWay.work.promise.catch(() => undefined);
    this.#underWay.set(id, underWay);
    return underWay;
  }

  #more(id: number, items: number): void {
    const underWay = this.#underWay.get(id);
    if (underWay === undefined) return;
    underWay.credit += items;
    underWay.wake();
  }

  #cancel(id: number, reason: Error): void {
    const underWay = this.#underWay.get(id);
    underWay?.abort.abort(reason);
    underWay?.wake();
  }

  #settle(id: number, failure: Error | undefined): void {
    const work = this.#underWay.get(id)?.work;
    if (failure === undefined) work?.resolve();
    else work?.reject(failure);
  }

  #send(message: FromEngine): void {
    if (!this.#closed) this.#channel.send(message);
  }
}

/** Nobody reads a stream any more; whoever sent it is told nothing. */
const GONE = new Error("the stream is read no more");

function methodOf(part: object, name: string): Method {
  const found: unknown = Reflect.get(part, name);
  assert(typeof found === "function", `the engine has a method ${name}`);
  return (...asked) => Reflect.apply(found, part, asked);
}

/** As `Engine.getSchema`, without a schema whose number the other side knows. */
async function schemaUnless(
  engine: Engine,
  known: number,
  ...asked: Parameters<Engine["getSchema"]>
): Promise<NumberedSchema> {
  const { schema, ...found } = await engine.getSchema(...asked);
  let schemaNumber = schemaNumbers.get(schema);
  if (schemaNumber === undefined) {
    schemaNumber = ++lastSchemaNumber;
    schemaNumbers.set(schema, schemaNumber);
  }
  return { ...found, schemaNumber, ...(schemaNumber === known ? {} : { schema }) };
}
