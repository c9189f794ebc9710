/**
 * A face thread: the same faces as in the engine's thread, on the same ports, over an engine
 * that is in another thread. It holds nothing that anybody would miss: when it dies its
 * connections break, and what it had asked for is cancelled or finished by the engine.
 */

import { type Authenticator, trusting } from "../../access/authenticate.ts";
import { DistantAuthenticator } from "../../access/distant-authenticator.ts";
import { systemClock } from "../../base/clock.ts";
import { errorToData } from "../../base/error-data.ts";
import { systemRandom } from "../../base/random.ts";
import { sharedFaceCounts } from "../../face/counts.ts";
import type { TlsMaterial, TlsSource } from "../../face/tls.ts";
import { EngineClient } from "../../link/engine-client.ts";
import { KeyedReads } from "../../link/keyed-reads.ts";
import { openCatalogEntries } from "../../store/reader/catalog-entries.ts";
import { ViewBoard } from "../../store/view-board.ts";
import { Metrics } from "../../telemetry/metrics.ts";
import { RateLimiter } from "../../tenant/rate-limiter.ts";
import { SharedRateBuckets } from "../../tenant/shared-rate-buckets.ts";
import { type Faces, openFaces } from "../faces.ts";
import { ratesOf } from "../rates.ts";
import type { FaceThreadStart, FromFaceThread, ToFaceThread } from "./messages.ts";
import { postedLogger } from "./posted-logger.ts";
import { sharedClock } from "./shared-clock.ts";

declare const self: {
  onmessage: (event: { data: ToFaceThread }) => void;
  postMessage: (message: FromFaceThread) => void;
};

const metrics = new Metrics(systemClock);
const post = (message: FromFaceThread) => self.postMessage(message);
let faces: Faces | undefined;
let renew: (material: TlsMaterial) => void = () => undefined;

self.onmessage = ({ data }) => {
  switch (data.do) {
    case "start":
      return void begin(data.start);
    case "renew":
      return renew(data.tls);
    case "drain_metrics":
      return post({ did: "drain_metrics", counted: metrics.drain() });
    case "ping":
      return post({ did: "ping" });
    case "stop":
      return void end();
  }
};

async function begin(start: FaceThreadStart): Promise<void> {
  try {
    faces = await open(start);
    post({ did: "start", urls: faces.urls });
  } catch (error) {
    post({ did: "fail", error: errorToData(error) });
  }
}

async function end(): Promise<void> {
  await faces?.stop();
  post({ did: "stop", counted: metrics.drain() });
}

async function open(start: FaceThreadStart): Promise<Faces> {
  const { config, thread, port, memory, systemFile, tls, log } = start;
  const engine = new EngineClient(port);
  engine.keyedReads = new KeyedReads({
    board: new ViewBoard(memory.views),
    log,
    publish: (tenantId) => engine.beside.publishView(tenantId),
    clock: systemClock,
    openViews: config.openTenants,
  });
  const version = new Int32Array(memory.systemVersion);
  const systemVersion = () => Atomics.load(version, 0);
  const entries = openCatalogEntries(systemFile, systemVersion);
  const pacer = new RateLimiter({
    ...ratesOf(config),
    clock: await sharedClock(systemClock, () => engine.beside.monotonicMs()),
    limitsOf: (tenantId) => entries.find(tenantId)?.limits,
    buckets: new SharedRateBuckets(memory.rates, memory.ratesSeed),
  });
  return await openFaces(config, {
    engine,
    pacer,
    authenticator: config.auth === "trusted" ? trusting : distant(engine, systemVersion),
    clock: systemClock,
    random: systemRandom,
    metrics,
    logger: (area) => postedLogger(area, config.logLevel, post),
    tls: tls && renewedFrom(tls),
    ready: () => engine.beside.isReady(),
    metricsText: config.metrics ? () => engine.beside.metricsText() : undefined,
    sharedCounts: sharedFaceCounts(memory.counts, config.faceThreads, thread),
  });
}

function distant({ beside }: EngineClient, keysVersion: () => number): Authenticator {
  return new DistantAuthenticator({
    identify: (authorization, peer) => beside.identify(authorization, peer),
    // Nobody waits for the audit, which tells by itself what it could not write.
    actedFor: (asker) => void beside.actedFor(asker).catch(() => undefined),
    keysVersion,
    clock: systemClock,
  });
}

/** The material as the server's thread hands it over. */
function renewedFrom(first: TlsMaterial): TlsSource {
  const listeners: ((material: TlsMaterial) => void)[] = [];
  let current = first;
  renew = (material) => {
    current = material;
    for (const listener of listeners) listener(material);
  };
  return {
    get current() {
      return current;
    },
    onRenewed: (listener) => listeners.push(listener),
  };
}
