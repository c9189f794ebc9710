/** The event store's contract over every face of a server, on both ports. */
import { afterAll, beforeAll } from "bun:test";
import { systemClock } from "../../src/base/clock.ts";
import { limits } from "../../src/base/limits.ts";
import { type HttpListener, startHttpListener } from "../../src/http/listener.ts";
import { NativeEventFace, RestEventFace, V1EventFace } from "../harness/event-faces.ts";
import { TestPartition } from "../harness/partition.ts";
import { RestApp } from "../harness/rest-app.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";
import { transportOf } from "../harness/wire.ts";
import { eventStoreContract } from "./event-store.ts";
import type { EventStoreFace } from "./event-store-face.ts";

let partition: TestPartition;
let thin: TestFace;
let stock: TestFace;
let http: HttpListener;
let tenants = 0;

const httpUrl = () => `http://127.0.0.1:${http.port}`;

beforeAll(async () => {
  partition = await TestPartition.open();
  const behind = partition.engine;
  thin = await startFace({ behind });
  stock = await startFace({ behind, thin: false });
  const connectFetch = async (request: Request) => await thin.face.fetchHandler(request);
  const { app } = new RestApp({ behind, connectFetch });
  http = startHttpListener(app, { ...limits, host: "127.0.0.1", port: 0, clock: systemClock });
});
afterAll(async () => {
  await http.stop();
  await stock[Symbol.asyncDispose]();
  await thin[Symbol.asyncDispose]();
  await partition[Symbol.asyncDispose]();
});

function contractOver(name: string, face: (tenantId: string) => EventStoreFace, native = false) {
  eventStoreContract({
    name,
    native,
    open: async () => {
      tenants += 1;
      return face(`t${tenants}`);
    },
    pass: async (ms) => partition.fakeClock.advance(ms),
  });
}

contractOver("eventstore.v1 by gRPC", (tenant) => {
  return new V1EventFace(transportOf("grpc", thin.url, "2"), tenant);
});
contractOver("eventstore.v1 by gRPC over connect-es", (tenant) => {
  return new V1EventFace(transportOf("grpc", stock.url, "2"), tenant);
});
contractOver("eventstore.v1 by gRPC-Web on the REST port", (tenant) => {
  return new V1EventFace(transportOf("grpc-web", httpUrl(), "1.1"), tenant);
});
contractOver("eventstore.v1 by Connect with JSON", (tenant) => {
  return new V1EventFace(transportOf("connect-json", thin.url, "1.1"), tenant);
});
const native = true;
contractOver(
  "EventStoreService by gRPC",
  (tenant) => new NativeEventFace(transportOf("grpc", thin.url, "2"), tenant),
  native,
);
contractOver("REST", (tenant) => new RestEventFace(httpUrl(), tenant), native);
