/** Reading one's own writes, and handing them on. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PositionError, type PositionToken } from "@entdb/client";
import { DOORS } from "./fixtures/doors.ts";
import { refusal } from "./fixtures/refusal.ts";
import { User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

describe("positions", () => {
  const suite = useServer();

  for (const door of DOORS) {
    test(`over ${door}: writes that are only durable are read at once`, async () => {
      const client = suite.client(door);
      await client.schema.register();
      const made = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          client.atomic((plan) => plan.create(User, { email: `${n}@x` }), { wait: "durable" }),
        ),
      );
      assert.equal(await client.count(User), made.length);
    });
  }

  test("the newest is remembered, whatever overtakes what", async () => {
    const client = suite.client("grpc");
    assert.equal(client.position, undefined);
    await client.schema.register();
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        client.atomic((plan) => plan.create(User, { email: `${n}@x` })),
      ),
    );
    const offsetOf = (position: string) => Number(position.split(":")[1]);
    const newest = made
      .toSorted((a, b) => offsetOf(a.walPosition) - offsetOf(b.walPosition))
      .at(-1);
    assert.equal(client.position, newest?.position);
    assert.equal(client.as({ tenantId: "another" }).position, undefined, "each tenant has its own");
  });

  test("is handed to another client, which then reads no older", async () => {
    const writer = suite.client("grpc", { tenantId: "handed" });
    await writer.schema.register();
    const { results, position } = await writer.atomic(
      (plan) => plan.create(User, { email: "a@x" }),
      { wait: "durable" },
    );
    const reader = suite.client("fetch", { tenantId: "handed" });
    assert.equal((await reader.get(User, results.id, { atLeast: position }))?.id, results.id);
    reader.observe(position);
    assert.equal(reader.position, position);
    assert.equal(await reader.count(User), 1);
    assert.equal(await reader.count(User, { consistency: "strong", atLeast: null }), 1);
  });

  test("that cannot be reached in time is an error, never an older answer", async () => {
    const client = suite.client("grpc", { tenantId: "far" });
    await client.schema.register();
    const far = tokenOf(client.position, 1_000_000);
    await refusal(client.count(User, { atLeast: far }), PositionError, "POSITION_BEYOND_LOG");
  });

  test("of a log that is there no more is said once, and forgotten", async () => {
    const client = suite.client("grpc", { tenantId: "forgotten" });
    await client.atomic((plan) => plan.create(User, { email: "a@x" }));
    const foreign = Uint8Array.from(atob(client.position ?? ""), (c) => c.charCodeAt(0));
    foreign[5] = (foreign[5] ?? 0) ^ 0xff;
    client.observe(btoa(String.fromCharCode(...foreign)));
    await refusal(client.count(User), PositionError, "POSITION_FROM_ANOTHER_LOG");
    assert.equal(client.position, undefined);
    assert.equal(await client.count(User), 1);
    // One that the caller brought is the caller's: what is remembered stays.
    await client.atomic((plan) => plan.create(User, { email: "b@x" }));
    const { position } = client;
    const brought = client.count(User, { atLeast: btoa(String.fromCharCode(...foreign)) });
    await refusal(brought, PositionError, "POSITION_FROM_ANOTHER_LOG");
    assert.equal(client.position, position);
    await refusal(() => client.observe("not base64!"), PositionError, "INVALID_POSITION");
  });

  test("are not attached where that is turned off", async () => {
    const client = suite.client("grpc", { tenantId: "off", readYourWrites: false });
    await client.atomic((plan) => plan.create(User, { email: "a@x" }));
    const foreign = client.position;
    assert.notEqual(foreign, undefined, "it is there to be handed on");
    client.observe(btoa("of no log at all"));
    assert.equal(await client.count(User), 1);
  });
});

/** The token with another offset, which stands at its end. */
function tokenOf(token: PositionToken | undefined, add: number): PositionToken {
  const bytes = [...atob(token ?? "")].map((c) => c.charCodeAt(0)).slice(0, 18);
  for (let rest = add; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return btoa(String.fromCharCode(...bytes, rest));
    bytes.push((rest % 128) | 0x80);
  }
}
