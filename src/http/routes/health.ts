import { EntError } from "../../base/errors.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Soon } from "../../base/soon.ts";
import type { Engine } from "../../engine/engine.ts";
import type { HttpCall } from "../call.ts";
import type { Answer } from "../reply.ts";
import { getRoute, type Route } from "../route.ts";
import { aliveAnswer, healthAnswer } from "../shapes/operations.ts";

/**
 * What probes and scrapers ask. These routes name no tenant, need no identity and change
 * nothing; the bodies of /livez and /readyz are constant.
 */
export interface HealthFacts {
  readonly engine: Engine;
  /** Whether the server takes requests: it has caught up with the log and is not stopping. */
  readonly ready: () => Soon<boolean>;
  /** Prometheus' text format; undefined: metrics are off. */
  readonly metricsText: (() => Promise<string>) | undefined;
  /** False where a credential is required: /health then tells strangers the bare status. */
  readonly trusted: boolean;
}

const ALIVE: Answer = { text: '{"status":"alive"}' };
const READY: Answer = { text: '{"status":"ready"}' };
const NOT_READY: Answer = { status: 503, text: '{"status":"not_ready"}' };

/** For probes and for people who look after a server. None of them names a tenant. */
export function healthRoutes({ engine, ready, metricsText, trusted }: HealthFacts): Route[] {
  const open = { tag: "health", query: {}, access: "open" } as const;
  const ok = { 200: aliveAnswer };
  return [
    getRoute(
      "/livez",
      { ...open, summary: "Whether the process answers", answers: ok },
      () => ALIVE,
    ),
    getRoute(
      "/readyz",
      {
        ...open,
        summary: "Whether the server takes requests",
        answers: { ...ok, 503: aliveAnswer },
      },
      async () => ((await ready()) ? READY : NOT_READY),
    ),
    getRoute(
      "/health",
      {
        ...open,
        summary: "How the server and its parts are",
        answers: { 200: healthAnswer, 503: healthAnswer },
      },
      async ({ call }) => healthOf(engine, trusted || (await hasCredential(call))),
    ),
    getRoute(
      "/metrics",
      {
        ...open,
        access: "server",
        summary: "Metrics in Prometheus' text format",
        answers: { 200: undefined },
      },
      () => metricsOf(metricsText),
    ),
  ];
}

/** Strangers are told the bare status; who sends a credential that does not hold is one. */
async function hasCredential(call: HttpCall): Promise<boolean> {
  if (call.header("authorization") === null) return false;
  try {
    await call.authenticate();
    return true;
  } catch (error) {
    if (error instanceof EntError && error.reason === "UNAUTHENTICATED") return false;
    throw error;
  }
}

async function healthOf(engine: Engine, whole: boolean): Promise<Answer> {
  const health = await engine.health();
  const status = health.status === "healthy" ? 200 : 503;
  if (!whole) return { status, text: stringifyJson({ status: health.status }) };
  return {
    status,
    text: stringifyJson({
      status: health.status,
      components: health.components,
      applier_lag_ms: Math.round(health.applierLagMs),
      ...(health.lastSnapshotAt !== undefined && {
        last_snapshot: new Date(health.lastSnapshotAt).toISOString(),
      }),
      version: health.version,
    }),
  };
}

async function metricsOf(metricsText: HealthFacts["metricsText"]): Promise<Answer> {
  if (metricsText === undefined) {
    throw new EntError({
      code: "not_found",
      reason: "ROUTE_NOT_FOUND",
      message: "Metrics are turned off.",
      hint: "Have the server's operator turn them on.",
    });
  }
  return {
    text: await metricsText(),
    contentType: "text/plain; version=0.0.4; charset=utf-8",
  };
}
