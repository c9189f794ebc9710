import { sha256 } from "../base/sha256.ts";
import { encodeRecord } from "../record/codec.ts";
import {
  type ApiKeyCreated,
  type AuditEvent,
  RULES_VERSION,
  SYSTEM_TENANT_ID,
} from "../record/transaction.ts";
import type { Applied } from "../store/applied.ts";
import { RECORD_TYPE, type Wal } from "../wal/wal.ts";

const INCARNATION_FIRST = 1;

/** Appends what the server itself has to say to the log of `_system`, and waits until it is applied. */
export async function appendToSystem(
  { wal, applied }: { readonly wal: Wal; readonly applied: Applied },
  body: ApiKeyCreated | AuditEvent,
  by: { readonly actor: string; readonly idempotencyKey: string },
): Promise<void> {
  const record = encodeRecord({
    rulesVersion: RULES_VERSION,
    tenantId: SYSTEM_TENANT_ID,
    incarnation: INCARNATION_FIRST,
    actor: by.actor,
    roles: [],
    credential: "",
    idempotencyKey: by.idempotencyKey,
    serverMadeKey: true,
    requestHash: sha256(Buffer.from(by.idempotencyKey)),
    body,
  });
  const { offset } = await wal.append(RECORD_TYPE.record, record);
  await applied.waitFor(SYSTEM_TENANT_ID, offset, new AbortController().signal);
}
