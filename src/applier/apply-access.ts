/**
 * Who may use a node, changed: grants, and with them `readers`, which is what grants and
 * owner come to. What a node's grants become is worked out in memory first; then the
 * difference is written, so that both tables change together or not at all.
 */
import { EntError } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import { EVERYBODY, type Grant } from "../record/access.ts";
import type { Node } from "../record/graph.ts";
import type { OperationResult } from "../record/outcome.ts";
import type {
  AddGrant,
  MailboxChange,
  NodeSharing,
  RevokeGrant,
  SetVisibility,
} from "../record/transaction.ts";
import type { NodeType } from "../schema/types.ts";
import { holdsAt } from "./record-access.ts";
import type { TransactionScope } from "./scope.ts";

export function setVisibility(scope: TransactionScope, operation: SetVisibility): OperationResult {
  const reads = operation.principals.map((principal) => readGrant(principal));
  return changeGrants(scope, operation.nodeId, (grants) => [
    ...grants.filter(({ permission }) => permission !== "read"),
    ...reads,
  ]);
}

/** Of a grant that is there already the expiry is moved. */
export function addGrant(scope: TransactionScope, operation: AddGrant): OperationResult {
  return changeGrants(scope, operation.nodeId, (grants) => [...grants, operation.grant]);
}

/** To take away what nobody has is no error. */
export function revokeGrant(scope: TransactionScope, operation: RevokeGrant): OperationResult {
  const { principal, permission } = operation;
  return changeGrants(scope, operation.nodeId, (grants) =>
    grants.filter(
      (grant) =>
        grant.principal !== principal ||
        (permission !== undefined && grant.permission !== permission),
    ),
  );
}

/** Only checks; the rows are those of whoever keeps mailboxes. */
export function changeMailbox(scope: TransactionScope, operation: MailboxChange): OperationResult {
  if (operation.userId !== scope.actor) scope.access.require("mailboxes");
  scope.graph.effects.mailbox(scope, operation);
  return { nodeId: "", edgeId: "", version: 0, created: false };
}

/**
 * What a new node is granted: what was said, else what its type says, and reading to its
 * recipients. Under rules 1 everybody could do everything with it, and so it stays.
 * Throws LIMIT_EXCEEDED.
 */
export function grantsOfNew(
  scope: TransactionScope,
  type: NodeType,
  nodeId: string,
  sharing: NodeSharing | undefined,
): readonly Grant[] {
  if (!scope.access.checked) return OPEN_TO_EVERYBODY;
  const own = sharing?.grants ?? type.defaultGrants.map((grant) => ({ ...grant, expiresAt: 0 }));
  const recipients = sharing?.recipients ?? [];
  if (own.length === 0 && recipients.length === 0) return NO_GRANTS;
  const grants = distinct([...own, ...recipients.map((recipient) => readGrant(recipient))]);
  checkCount(nodeId, grants.size);
  return [...grants.values()];
}

const NO_GRANTS: readonly Grant[] = [];
const OPEN_TO_EVERYBODY: readonly Grant[] = [
  { principal: EVERYBODY, permission: "admin", expiresAt: 0 },
];

/** To be called once the node's row is there. */
export function writeGrantsOfNew(
  scope: TransactionScope,
  node: Node,
  grants: readonly Grant[],
): void {
  const { grantWriter } = scope.graph;
  grantWriter.putReader(node, node.ownerActor, 0);
  if (grants.length === 0) return;
  for (const grant of grants) grantWriter.putGrant(node.id, grant);
  for (const [principal, expiresAt] of readersOf(node, grants)) {
    if (principal !== node.ownerActor) grantWriter.putReader(node, principal, expiresAt);
  }
}

/** For a node that is purged. Answers with those who could read it until now. */
export function removeAccess(scope: TransactionScope, node: Node): readonly string[] {
  const { grants, grantWriter } = scope.graph;
  const before = grants.list(node.id);
  const readers = readersOf(node, before);
  for (const principal of readers.keys()) grantWriter.deleteReader(node, principal);
  if (before.length > 0) grantWriter.deleteGrantsOf(node.id);
  return readingAt(readers, scope.logTime);
}

function changeGrants(
  scope: TransactionScope,
  nodeId: string,
  change: (grants: readonly Grant[]) => readonly Grant[],
): OperationResult {
  const node = scope.node(scope.resolve(nodeId), "admin");
  const result = { nodeId: node.id, edgeId: "", version: node.version, created: false };
  const type = scope.registry.nodeType(node.typeId);
  const listed = scope.graph.grants.list(node.id);
  const before = distinct(listed);
  const after = distinct(change(listed));
  if (after.size > before.size) checkCount(node.id, after.size);
  if (!writeGrants(scope, node, before, after)) return result;
  const readersBefore = readersOf(node, before.values());
  const readersAfter = readersOf(node, after.values());
  writeReaders(scope, node, readersBefore, readersAfter);
  const still = new Set(readingAt(readersAfter, scope.logTime));
  const lostReaders = readingAt(readersBefore, scope.logTime).filter((name) => !still.has(name));
  scope.nodeEffect({ kind: "access_changed", type, before: node, after: node, lostReaders });
  return result;
}

/** Whether anything had to be written. */
function writeGrants(
  scope: TransactionScope,
  node: Node,
  before: ReadonlyMap<string, Grant>,
  after: ReadonlyMap<string, Grant>,
): boolean {
  const { grantWriter } = scope.graph;
  let written = false;
  for (const [key, grant] of before) {
    if (after.has(key)) continue;
    grantWriter.deleteGrant(node.id, grant);
    written = true;
  }
  for (const [key, grant] of after) {
    if (before.get(key)?.expiresAt === grant.expiresAt) continue;
    grantWriter.putGrant(node.id, grant);
    written = true;
  }
  return written;
}

function writeReaders(scope: TransactionScope, node: Node, before: Readers, after: Readers): void {
  const { grantWriter } = scope.graph;
  for (const principal of before.keys()) {
    if (!after.has(principal)) grantWriter.deleteReader(node, principal);
  }
  for (const [principal, expiresAt] of after) {
    if (before.get(principal) === expiresAt) continue;
    grantWriter.putReader(node, principal, expiresAt);
  }
}

/** Who reads a node, and until when; 0: for ever. */
type Readers = ReadonlyMap<string, number>;

/** Every permission implies reading, so the latest of a principal's grants counts. */
function readersOf(node: Pick<Node, "ownerActor">, grants: Iterable<Grant>): Readers {
  const readers = new Map<string, number>();
  for (const { principal, expiresAt } of grants) {
    const until = readers.get(principal);
    if (until === undefined || (until !== 0 && (expiresAt === 0 || expiresAt > until))) {
      readers.set(principal, expiresAt);
    }
  }
  return readers.set(node.ownerActor, 0);
}

function readingAt(readers: Readers, logTime: number): string[] {
  const holding = [...readers].filter(([, expiresAt]) => holdsAt({ expiresAt }, logTime));
  return holding.map(([principal]) => principal).sort();
}

/** By principal and permission; of two alike the later one stands. */
function distinct(grants: Iterable<Grant>): Map<string, Grant> {
  const found = new Map<string, Grant>();
  for (const grant of grants) found.set(`${grant.permission} ${grant.principal}`, grant);
  return found;
}

function readGrant(principal: string): Grant {
  return { principal, permission: "read", expiresAt: 0 };
}

function checkCount(nodeId: string, count: number): void {
  const most = limits.grantsPerNode;
  if (count <= most) return;
  throw new EntError({
    code: "invalid_argument",
    reason: "LIMIT_EXCEEDED",
    message: `Node ${nodeId} would have ${count} grants; at most ${most} are allowed.`,
    hint: "Grant to a group or a role instead of to each of its members.",
    details: { node_id: nodeId, ...limitDetails("grantsPerNode") },
  });
}
