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

eventStoreContract({
  name: "the engine",
  open: async () => {
    tenants += 1;
    const caller = { tenantId: `t${tenants}`, actor: "user:alice", roles: [], credential: "" };
    return new EngineEventFace(() => partition.engine, caller);
  },
  pass: async (ms) => partition.fakeClock.advance(ms),
});
