import type { Rpc } from "../../harness/wire.ts";
import { type Journal, type Sent, type Step, TENANTS } from "./journal.ts";
import { createCounter, registerSchema, send } from "./requests.ts";

export const WRITERS = 16;

/** Makes sure that schema and counters are there. Repeats harmlessly after every start. */
export async function prepare(rpc: Rpc, journal: Journal): Promise<void> {
  for (const tenant of TENANTS) await registerSchema(rpc, tenant);
  for (let writer = 0; writer < WRITERS; writer++) {
    if (journal.counters.has(writer)) continue;
    const tenant = tenantOf(writer);
    const nodeId = await createCounter(rpc, tenant, writer);
    journal.counters.set(writer, { tenant, nodeId, version: 1 });
  }
}

export interface Load {
  /** Tells the keys and names of this load from those of others. */
  readonly number: number;
  /** Of every pair: for filling segments quickly. 0 by default. */
  readonly paddingBytes?: number | undefined;
  readonly stopped: () => boolean;
}

/**
 * Sixteen writers on four tenants, each with one transaction under way, until `stopped`
 * or until the server is gone. Every transaction is in the journal before it is sent.
 */
export async function write(rpc: Rpc, journal: Journal, load: Load): Promise<void> {
  await Promise.all(
    Array.from({ length: WRITERS }, (_, writer) => writeAs(writer, rpc, journal, load)),
  );
}

async function writeAs(writer: number, rpc: Rpc, journal: Journal, load: Load): Promise<void> {
  const tenant = tenantOf(writer);
  for (let n = 0; !load.stopped(); n++) {
    const sent: Sent = {
      tenant,
      writer,
      key: `${load.number}/${writer}/${n}`,
      step: stepOf(journal, writer, n, load),
      answer: undefined,
    };
    journal.note(sent);
    sent.answer = await send(rpc, sent);
    if (sent.answer === undefined) return;
    countUp(journal, sent);
  }
}

/** Keeps the writer's idea of its counter in step with an answer. */
export function countUp(journal: Journal, sent: Sent): void {
  const counter = journal.counters.get(sent.writer);
  if (counter === undefined || sent.step.kind !== "count" || sent.answer?.state !== "applied")
    return;
  counter.version = sent.answer.versions[0] ?? counter.version;
}

function stepOf(journal: Journal, writer: number, n: number, load: Load): Step {
  const counter = journal.counters.get(writer);
  if (n % 3 === 1 && counter !== undefined) {
    return { kind: "count", nodeId: counter.nodeId, from: counter.version };
  }
  if (n % 7 === 6) return { kind: "clash", name: `counter-${writer}` };
  const { paddingBytes = 0 } = load;
  return { kind: "pair", name: `${load.number}-${writer}-${n}`, paddingBytes };
}

function tenantOf(writer: number): string {
  return TENANTS[writer % TENANTS.length] as string;
}
