import { afterAll, beforeAll } from "bun:test";
import { EngineEventFace } from "../harness/event-face.ts";
import { TestPartition } from "../harness/partition.ts";
import { eventStoreContract } from "./event-store.ts";

let partition: TestPartition;
let tenants = 0;

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

for (const words of ["shared", "native"] as const) {
  eventStoreContract({
    name: `the engine, by ${words} words`,
    words,
    open: async () => {
      tenants += 1;
      const caller = { tenantId: `t${tenants}`, actor: "user:alice", roles: [], credential: "" };
      return new EngineEventFace(() => partition.engine, caller);
    },
    pass: async (ms) => partition.fakeClock.advance(ms),
  });
}
