import type { RequestedOperation } from "../../src/engine/engine.ts";
import type {
  MailboxChangeRequest,
  MailboxItem,
  MailboxRequest,
  MailboxSearchRequest,
} from "../../src/engine/mailboxes.ts";
import type { Freshness } from "../../src/engine/reading.ts";
import type { Grant } from "../../src/record/access.ts";
import type { Mail } from "../../src/record/transaction.ts";
import { createNode, type Values } from "./operations.ts";
import type { TenantClient } from "./tenant-client.ts";

/** Nodes that are mailed: a title and a body by which they are found, and a note by which they are not. */
export const LETTER = 1;
export const MEMO = 2;
export const TITLE = 1;
export const BODY = 2;
export const NOTE = 3;

export const MAIL_SCHEMA = {
  node_types: [LETTER, MEMO].map((typeId) => ({
    type_id: typeId,
    name: typeId === LETTER ? "Letter" : "Memo",
    fields: [
      { field_id: TITLE, name: "title", kind: "str", searchable: true },
      { field_id: BODY, name: "body", kind: "str", searchable: true },
      { field_id: NOTE, name: "note", kind: "str" },
    ],
  })),
};

export interface LetterOptions {
  readonly id?: string;
  readonly typeId?: number;
  readonly mail?: Partial<Mail>;
  readonly grants?: readonly Grant[];
}

/** A node that is mailed to these actors. */
export function letter(
  recipients: readonly string[],
  values: Values = {},
  options: LetterOptions = {},
): RequestedOperation {
  const { id = "", typeId = LETTER, mail, grants } = options;
  const sharing = {
    grants,
    recipients,
    mail: { thread: "", metadata: new Map<string, string>(), ...mail },
  };
  return { ...createNode(typeId, values, { id }), sharing } as RequestedOperation;
}

const NOW: Freshness = { atLeast: undefined, strong: false };
const never = new AbortController().signal;
const PAGE = { pageSize: 0, cursor: undefined };

/** A mailbox in few words, as one actor asks for it. */
export class MailboxClient {
  readonly #tenant: TenantClient;

  constructor(tenant: TenantClient) {
    this.#tenant = tenant;
  }

  list(request: Partial<MailboxRequest> = {}, freshness = NOW, signal = never) {
    const whole = { userId: "", unreadOnly: false, typeId: 0, thread: "", ...PAGE, ...request };
    return this.#boxes.list(this.#tenant.caller, whole, freshness, signal);
  }

  async items(request: Partial<MailboxRequest> = {}): Promise<readonly MailboxItem[]> {
    return (await this.list(request)).items;
  }

  /** Every item, in pages of this size. */
  async all(pageSize: number, request: Partial<MailboxRequest> = {}): Promise<MailboxItem[]> {
    const all: MailboxItem[] = [];
    let cursor: Uint8Array | undefined;
    do {
      const page = await this.list({ ...request, pageSize, cursor });
      all.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  }

  search(query: string, request: Partial<MailboxSearchRequest> = {}) {
    const whole = { userId: "", prefix: false, ...PAGE, ...request, query };
    return this.#boxes.search(this.#tenant.caller, whole, NOW, never);
  }

  async unread(userId = ""): Promise<number> {
    const { caller } = this.#tenant;
    return (await this.#boxes.unreadCount(caller, userId, NOW, never)).unreadCount;
  }

  change(change: MailboxChangeRequest["change"], request: Partial<MailboxChangeRequest> = {}) {
    const whole = { userId: "", itemIds: [], upTo: undefined, idempotencyKey: "", ...request };
    return this.#boxes.change(this.#tenant.caller, { ...whole, change }, never);
  }

  get #boxes() {
    return this.#tenant.engine.mailboxes;
  }
}
