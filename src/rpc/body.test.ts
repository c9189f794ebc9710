import { describe, expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import type { EntError } from "../base/errors.ts";
import { deadlineExceeded } from "../face/interruptions.ts";
import { StreamBody } from "./body.ts";

class Source extends EventEmitter {
  paused = false;
  pause() {
    this.paused = true;
  }
  resume() {
    this.paused = false;
  }
}

function setup(whole = true) {
  const source = new Source();
  const body = new StreamBody(source, () => whole);
  const text = async () => {
    let all = "";
    for await (const chunk of body) all += Buffer.from(chunk).toString();
    return all;
  };
  return { source, body, text };
}

describe("a body", () => {
  test("is read as it comes, before and after it is asked for", async () => {
    const { source, body, text } = setup();
    source.emit("data", Buffer.from("early "));
    const read = text();
    source.emit("data", Buffer.from("late"));
    source.emit("end");
    expect(await read).toBe("early late");
    expect(body.ended).toBe(true);
  });

  test("that was cut off is an error, though its source says that it ended", async () => {
    const { source, text } = setup(false);
    const read = text();
    source.emit("data", Buffer.from("half"));
    source.emit("end");
    const error = await read.catch((thrown: EntError) => thrown);
    expect((error as EntError).reason).toBe("CANCELED");
  });

  test.each(["aborted", "close", "error"])("ends with CANCELED at %p", async (event) => {
    const { source, text } = setup();
    const read = text();
    source.emit(event, new Error("gone"));
    const error = await read.catch((thrown: EntError) => thrown);
    expect((error as EntError).reason).toBe("CANCELED");
  });

  test("ends with the reason that it is aborted with, also when nobody reads yet", async () => {
    const { body, text } = setup();
    body.abort(deadlineExceeded());
    const error = await text().catch((thrown: EntError) => thrown);
    expect((error as EntError).reason).toBe("DEADLINE_EXCEEDED");
  });

  test("that is whole stays whole when the connection closes behind it", async () => {
    const { source, text } = setup();
    source.emit("data", Buffer.from("all"));
    source.emit("end");
    source.emit("close");
    expect(await text()).toBe("all");
  });

  test("is not read faster than it is consumed", async () => {
    const { source, body } = setup();
    for (let i = 0; i < 5; i++) source.emit("data", Buffer.alloc(64 * 1024));
    expect(source.paused).toBe(true);
    await body.next();
    expect(source.paused).toBe(false);
  });

  test("left early is thrown away, so that the stream can go on", async () => {
    const { source, body } = setup();
    for (let i = 0; i < 5; i++) source.emit("data", Buffer.alloc(64 * 1024));
    await body.return();
    expect(source.paused).toBe(false);
    source.emit("data", Buffer.alloc(1_000_000));
    expect(source.paused).toBe(false);
  });

  test.each([
    ["the client has sent everything", (source: Source) => source.emit("end")],
    ["the client has gone", (source: Source) => source.emit("close")],
    ["too much has come", (source: Source) => source.emit("data", Buffer.from("tail"))],
  ])("is thrown away until %s", (_name, happen) => {
    const { source, body } = setup();
    let done = false;
    body.discard(6, () => {
      done = true;
    });
    source.emit("data", Buffer.from("rest"));
    expect(done).toBe(false);
    happen(source);
    expect(done).toBe(true);
  });

  test("of which nothing is left is thrown away at once", () => {
    const { source, body } = setup();
    source.emit("end");
    let done = false;
    body.discard(1, () => {
      done = true;
    });
    expect(done).toBe(true);
  });
});
