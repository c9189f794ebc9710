/**
 * What stands before the engine: the faces, in the engine's own thread or in threads of their
 * own, with the certificates and the rates that hold for all of them.
 */
import type { Config } from "../config/options.ts";
import { RateLimiter } from "../tenant/rate-limiter.ts";
import { Certificates } from "./certificates.ts";
import type { FaceThreadsParts } from "./face-threads/face-threads.ts";
import { type Faces, openFaces } from "./faces.ts";
import { ratesOf } from "./rates.ts";

/** The certificates are the front's own affair. */
export type FrontParts = Omit<FaceThreadsParts, "tls">;

/** Opens the ports. Throws CONFIG_INVALID for certificates, and what the system says of an address; nothing is open then. */
export async function openFront(config: Config, parts: FrontParts): Promise<Faces> {
  const { clock, log } = parts;
  const certificates =
    config.tlsCertFile === "" ? undefined : new Certificates(config, clock, log.logger("tls"));
  try {
    const faces =
      config.faceThreads === 0
        ? await openFaces(config, ownThread(config, parts, certificates))
        : await openThreads(config, parts, certificates);
    const stop = async () => {
      certificates?.stop();
      await faces.stop();
    };
    return { ...faces, stop };
  } catch (error) {
    certificates?.stop();
    throw error;
  }
}

function ownThread(config: Config, parts: FrontParts, tls: Certificates | undefined) {
  const { log, metrics, partition } = parts;
  metrics.sample("entdb_face_threads", () => 0);
  const { limitsOf } = partition;
  return {
    ...parts,
    engine: partition.engine,
    pacer: new RateLimiter({ ...ratesOf(config), clock: parts.clock, limitsOf }),
    logger: (area: string) => log.logger(area),
    tls,
    // The faces open when everything that was durable is applied.
    ready: () => partition.wal.unavailable === undefined,
    metricsText: config.metrics ? () => metrics.render() : undefined,
  };
}

async function openThreads(
  config: Config,
  parts: FrontParts,
  tls: Certificates | undefined,
): Promise<Faces> {
  // Most servers have none: they need not load it.
  const { FaceThreads } = await import("./face-threads/face-threads.ts");
  const threads = new FaceThreads(config, { ...parts, tls });
  return { urls: await threads.start(), stop: () => threads.stop() };
}
