/** The event store's contract over every face of a server, on both ports. */
import { afterAll, beforeAll } from "bun:test";
import { systemClock } from "../../src/base/clock.ts";
import { limits } from "../../src/base/limits.ts";
import { type HttpListener, startHttpListener } from "../../src/http/listener.ts";
import { NativeEventFace, V1EventFace } from "../harness/event-faces.ts";
import { TestPartition } from "../harness/partition.ts";
import { RestApp } from "../harness/rest-app.ts";
import { RestEventFace } from "../harness/rest-event-face.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";
import { transportOf } from "../harness/wire.ts";
import { type EventStoreSubject, eventStoreContract } from "./event-store.ts";
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

function contractOver(
  name: string,
  words: EventStoreSubject["words"],
  face: (tenantId: string) => EventStoreFace,
) {
  eventStoreContract({
    name,
    words,
    open: async () => {
      tenants += 1;
      return face(`t${tenants}`);
    },
    pass: async (ms) => partition.fakeClock.advance(ms),
  });
}

contractOver("eventstore.v1 by gRPC", "shared", (tenant) => {
  return new V1EventFace(transportOf("grpc", thin.url, "2"), tenant);
});
contractOver("eventstore.v1 by gRPC over connect-es", "shared", (tenant) => {
  return new V1EventFace(transportOf("grpc", stock.url, "2"), tenant);
});
contractOver("eventstore.v1 by gRPC-Web on the REST port", "shared", (tenant) => {
  return new V1EventFace(transportOf("grpc-web", httpUrl(), "1.1"), tenant);
});
contractOver("eventstore.v1 by Connect with JSON", "shared", (tenant) => {
  return new V1EventFace(transportOf("connect-json", thin.url, "1.1"), tenant);
});
contractOver("EventStoreService by gRPC", "native", (tenant) => {
  return new NativeEventFace(transportOf("grpc", thin.url, "2"), tenant);
});
contractOver("EventStoreService by Connect on the REST port", "native", (tenant) => {
  return new NativeEventFace(transportOf("connect", httpUrl(), "1.1"), tenant);
});
contractOver("REST", "native", (tenant) => new RestEventFace(httpUrl(), tenant));
