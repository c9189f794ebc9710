/**
 * Records of `_system`: tenants, keys, audit. Who wants one says what and by whom; the answer
 * is what it came to when it was applied.
 */

import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { sha256 } from "../base/sha256.ts";
import { encodeRecord } from "../record/codec.ts";
import { RULES_VERSION, SYSTEM_TENANT_ID, type SystemBody } from "../record/transaction.ts";
import type { Applied } from "../store/applied.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { RECORD_TYPE, type Wal } from "../wal/wal.ts";

export interface SystemLogDeps {
  readonly wal: Wal;
  readonly stores: TenantStores;
  readonly applied: Applied;
  readonly clock: Clock;
  readonly random: Random;
}

/** Who is to be accounted for, as the audit names them. */
export interface Author {
  /** Empty where nobody was named. */
  readonly actor: string;
  readonly roles: readonly string[];
  readonly credential: string;
}

const INCARNATION = 1;

export class SystemLog {
  readonly #deps: SystemLogDeps;

  constructor(deps: SystemLogDeps) {
    this.#deps = deps;
  }

  /**
   * Appends the record and waits until it is applied. Throws what it was refused with, the
   * trouble of the catalog when that cannot go on, and the signal's reason; the record is in
   * the log then, and will be applied all the same.
   */
  async submit(body: SystemBody, author: Author, signal: CancelSignal): Promise<void> {
    const { applied, stores } = this.#deps;
    const { offset, key } = await this.#append(body, author);
    const decided =
      (await applied.waitForOutcome(SYSTEM_TENANT_ID, offset, signal)) ??
      stores.system.reads.appliedEvents.find(key);
    if (decided?.outcome.state !== "rejected") return;
    const { code, reason, message, hint, details } = decided.outcome;
    throw new EntError({ code, reason, message, hint, details });
  }

  async #append(body: SystemBody, author: Author): Promise<{ offset: number; key: string }> {
    const { wal, applied, clock, random } = this.#deps;
    const behind = applied.behind(SYSTEM_TENANT_ID);
    if (behind !== undefined) throw behind.error;
    const key = `srv-${Buffer.from(random.uuidv7(clock.now())).toString("hex")}`;
    const { offset } = await wal.append(RECORD_TYPE.record, systemRecord(author, key, body));
    return { offset, key };
  }
}

/** The bytes of a record of `_system`, under a key that is made for it. */
export function systemRecord(author: Author, key: string, body: SystemBody): Uint8Array {
  return encodeRecord({
    rulesVersion: RULES_VERSION,
    tenantId: SYSTEM_TENANT_ID,
    incarnation: INCARNATION,
    ...author,
    idempotencyKey: key,
    serverMadeKey: true,
    requestHash: sha256(Buffer.from(key)),
    body,
  });
}
