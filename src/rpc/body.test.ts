import { describe, expect, test } from "bun:test";
import type { EntError } from "../base/errors.ts";
import { deadlineExceeded } from "../face/interruptions.ts";
import { StreamBody } from "./body.ts";

class Source {
  paused = false;
  pause() {
    this.paused = true;
  }
  resume() {
    this.paused = false;
  }
}

function setup() {
  const source = new Source();
  const body = new StreamBody(source);
  const text = async () => {
    let all = "";
    for await (const chunk of body) all += Buffer.from(chunk).toString();
    return all;
  };
  return { source, body, text };
}

describe("a body", () => {
  test("is read as it comes, before and after it is asked for", async () => {
    const { body, text } = setup();
    body.push(Buffer.from("early "));
    const read = text();
    body.push(Buffer.from("late"));
    body.finish();
    expect(await read).toBe("early late");
    expect(body.ended).toBe(true);
  });

  test("that is not complete when nothing more comes ends with CANCELED", async () => {
    const { body, text } = setup();
    const read = text();
    body.push(Buffer.from("half"));
    body.leave();
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
    const { body, text } = setup();
    body.push(Buffer.from("all"));
    body.finish();
    body.leave();
    expect(await text()).toBe("all");
  });

  test("is not read faster than it is consumed", async () => {
    const { source, body } = setup();
    for (let i = 0; i < 5; i++) body.push(Buffer.alloc(64 * 1024));
    expect(source.paused).toBe(true);
    await body.next();
    expect(source.paused).toBe(false);
  });

  test("left early is thrown away, so that the stream can go on", async () => {
    const { source, body } = setup();
    for (let i = 0; i < 5; i++) body.push(Buffer.alloc(64 * 1024));
    await body.return();
    expect(source.paused).toBe(false);
    body.push(Buffer.alloc(1_000_000));
    expect(source.paused).toBe(false);
  });

  test.each([
    ["the client has sent everything", (body: StreamBody) => body.finish()],
    ["the client has gone", (body: StreamBody) => body.leave()],
    ["too much has come", (body: StreamBody) => body.push(Buffer.from("tail"))],
  ])("is thrown away until %s", (_name, happen) => {
    const { body } = setup();
    let done = false;
    body.discard(6, () => {
      done = true;
    });
    body.push(Buffer.from("rest"));
    expect(done).toBe(false);
    happen(body);
    expect(done).toBe(true);
  });

  test("of which nothing is left is thrown away at once", () => {
    const { body } = setup();
    body.finish();
    let done = false;
    body.discard(1, () => {
      done = true;
    });
    expect(done).toBe(true);
  });
});
