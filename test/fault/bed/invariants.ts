import type { SeededRandom } from "../../harness/seeded-random.ts";
import type { Rpc } from "../../harness/wire.ts";
import { type Answer, type Journal, type Sent, TENANTS } from "./journal.ts";
import { ACCOUNT, ask, contextOf, READER, readAccount } from "./requests.ts";
import { Violation } from "./violation.ts";
import { countUp } from "./writers.ts";

const OLDER_CHECKED = 64;
const AT_ONCE = 16;

/**
 * After every restart: what nobody knew is asked again under its key; then nothing
 * acknowledged is missing, nothing is half there, nothing is there twice, and the same
 * key gives the same answer. Throws {@link Violation}.
 */
export async function checkInvariants(
  rpc: Rpc,
  journal: Journal,
  freshFrom: number,
  random: SeededRandom,
): Promise<void> {
  await settleUnknown(rpc, journal);
  const fresh = journal.answered().slice(freshFrom);
  const older = journal.answered().slice(0, freshFrom);
  const sample = Array.from(
    { length: Math.min(OLDER_CHECKED, older.length) },
    () => older[random.below(older.length)] as Sent & { answer: Answer },
  );
  await inGroups([...fresh, ...sample], (entry) => checkEntry(rpc, entry));
  for (const tenant of TENANTS) {
    await checkCount(rpc, journal, tenant);
    await checkMailbox(rpc, journal, tenant);
  }
  await inGroups([...journal.counters.values()], (counter) => checkCounter(rpc, counter));
}

async function settleUnknown(rpc: Rpc, journal: Journal): Promise<void> {
  for (const sent of journal.unknown()) {
    sent.answer = await ask(rpc, sent);
    countUp(journal, sent);
  }
}

async function checkEntry(rpc: Rpc, entry: Sent & { answer: Answer }): Promise<void> {
  const again = await ask(rpc, entry);
  if (JSON.stringify(again) !== JSON.stringify(entry.answer)) {
    throw new Violation(
      `${entry.key} (${entry.step.kind}): answered ${JSON.stringify(entry.answer)}, and again ${JSON.stringify(again)}`,
    );
  }
  if (entry.step.kind === "pair") await checkPair(rpc, entry);
}

async function checkPair(rpc: Rpc, entry: Sent & { answer: Answer }): Promise<void> {
  const context = contextOf(entry.tenant);
  const [a = "", b = "", edge = ""] = entry.answer.ids;
  const { nodes, missingIds } = await rpc.getNodes({ context, ids: [a, b] });
  if (missingIds.length > 0) throw new Violation(`${entry.key}: acknowledged nodes are missing`);
  const names = nodes.map((node) => readAccount(node.fields).name);
  const base = entry.step.kind === "pair" ? entry.step.name : "";
  if (names[0] !== `${base}-a` || names[1] !== `${base}-b`) {
    throw new Violation(`${entry.key}: nodes hold ${names.join(", ")}`);
  }
  const { edges } = await rpc.listEdges({ context, nodeId: a });
  if (edges.length !== 1 || edges[0]?.id !== edge || edges[0].toId !== b) {
    throw new Violation(`${entry.key}: the edge between its nodes is not as acknowledged`);
  }
}

async function checkCount(rpc: Rpc, journal: Journal, tenant: string): Promise<void> {
  const { count } = await rpc.countNodes({ context: contextOf(tenant), typeId: ACCOUNT });
  const wanted = journal.nodesOf(tenant);
  if (Number(count) !== wanted) {
    throw new Violation(`tenant ${tenant} holds ${count} nodes; ${wanted} were made`);
  }
}

/** One item of every pair, which nobody has read. */
async function checkMailbox(rpc: Rpc, journal: Journal, tenant: string): Promise<void> {
  const context = { tenantId: tenant, actor: READER };
  const { unreadCount } = await rpc.getUnreadCount({ context });
  const wanted = journal.pairsOf(tenant);
  if (Number(unreadCount) !== wanted) {
    throw new Violation(`tenant ${tenant}: ${unreadCount} mailbox items; ${wanted} were delivered`);
  }
}

async function checkCounter(
  rpc: Rpc,
  counter: { readonly tenant: string; readonly nodeId: string; readonly version: number },
): Promise<void> {
  const context = contextOf(counter.tenant);
  const { node } = await rpc.getNode({ context, id: counter.nodeId });
  const version = Number(node?.version ?? 0);
  const { count } = readAccount(node?.fields ?? {});
  const wantedCount = counter.version === 1 ? undefined : counter.version - 1;
  if (version !== counter.version || count !== wantedCount) {
    throw new Violation(
      `counter ${counter.nodeId}: version ${version}, count ${count}; acknowledged was version ${counter.version}`,
    );
  }
}

async function inGroups<T>(items: readonly T[], check: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    await Promise.all(items.slice(at, at + AT_ONCE).map(check));
  }
}
