/** The schema of a tenant: what it is, what another one would change, and changing it. */
import { newIdempotencyKey } from "../calls/request-ids.ts";
import {
  freshnessOf,
  type ReadOptions,
  readAnswer,
  type Session,
  type WriteOptions,
} from "../client/session.ts";
import { Compatibility } from "../gen/entdb/v1/entdb_service_pb.ts";
import { checkedKey, type SchemaDifference } from "../plan/atomic.ts";
import { chosen } from "../values/choice.ts";
import { type PositionToken, tokenText } from "../values/positions.ts";
import { safeNumber } from "../values/value.ts";
import type { TypeDefinition } from "./define.ts";
import { readSchema } from "./read-schema.ts";
import { type ReservedTypes, SCHEMA_MODES, wireSchema } from "./wire-schema.ts";

/** "merge" adds what is new; "replace" makes the schema what is sent: absence is removal. */
export type RegisterMode = "merge" | "replace";

/** A tenant's schema as it is. */
export interface SchemaState {
  readonly types: readonly TypeDefinition[];
  readonly reserved: Required<ReservedTypes>;
  readonly fingerprint: string;
  /** Only who holds the schema right may change it. */
  readonly locked: boolean;
  /** While a schema is being applied to the nodes that are there. */
  readonly build: SchemaBuild | undefined;
  readonly position: PositionToken;
}

/** How far a schema has been applied. */
export interface SchemaBuild {
  readonly walPosition: string;
  /** In words for people. */
  readonly step: string;
  readonly rowsDone: number;
  readonly rowsTotal: number;
}

/** One thing that a schema would change. */
export interface SchemaChange {
  /** Stable: "field_removed", "kind_changed", … */
  readonly change: string;
  /** "node type 2 (Task) field 3 (status)". */
  readonly path: string;
  /** "data_dependent": decided by the nodes that are there, when the schema is registered. */
  readonly compatibility: "safe" | "data_dependent" | "breaking";
  readonly message: string;
  /** For what is breaking: the safe way to what is wanted. */
  readonly hint: string;
}

/** What registering a schema would do. */
export interface SchemaCheck {
  readonly changes: readonly SchemaChange[];
  /** With mode "merge": where the tenant's definition would stay though the one sent differs. */
  readonly differences: readonly SchemaDifference[];
  readonly fingerprintNow: string;
  readonly fingerprintThen: string;
}

/** What registering a schema did. */
export interface SchemaRegistration {
  readonly fingerprint: string;
  /** False when the tenant's schema held everything already. */
  readonly changed: boolean;
  readonly differences: readonly SchemaDifference[];
  readonly position: PositionToken;
  readonly walPosition: string;
}

/** Which schema, and how. */
export interface SchemaOptions {
  /** Left out: the client's own types. */
  readonly types?: readonly TypeDefinition[];
  readonly reserved?: ReservedTypes;
  /** Defaults to "merge". */
  readonly mode?: RegisterMode;
}

const COMPATIBILITY: ReadonlyMap<Compatibility, SchemaChange["compatibility"]> = new Map([
  [Compatibility.SAFE, "safe"],
  [Compatibility.DATA_DEPENDENT, "data_dependent"],
]);

/** The schema of the client's tenant. */
export class TenantSchema {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The client's own fingerprint, which its writes name. */
  get fingerprint(): string {
    return this.#session.schema.fingerprint;
  }

  /** The tenant's schema in force. */
  async get(options: ReadOptions = {}): Promise<SchemaState> {
    const { caller, identity, rpc } = this.#session;
    const request = { context: identity, read: freshnessOf(this.#session, options) };
    const call = caller.call((stub) => rpc.getSchema(request, stub), "safe", options);
    const { schema, build, fingerprint, locked, positionToken } = await readAnswer(
      this.#session,
      options,
      call,
    );
    return {
      types: schema === undefined ? [] : readSchema(schema),
      reserved: {
        typeIds: schema?.reservedTypeIds ?? [],
        edgeTypeIds: schema?.reservedEdgeTypeIds ?? [],
      },
      fingerprint,
      locked,
      build: build && {
        walPosition: build.walPosition,
        step: build.step,
        rowsDone: safeNumber(build.rowsDone, "number of rows"),
        rowsTotal: safeNumber(build.rowsTotal, "number of rows"),
      },
      position: tokenText(positionToken),
    };
  }

  /** What registering would change, and what of it is breaking. Changes nothing. */
  async check(options: SchemaOptions & ReadOptions = {}): Promise<SchemaCheck> {
    const { caller, rpc } = this.#session;
    const request = {
      ...this.#requestOf(options),
      read: freshnessOf(this.#session, options),
    };
    const call = caller.call((stub) => rpc.checkSchema(request, stub), "safe", options);
    const answer = await readAnswer(this.#session, options, call);
    return {
      changes: answer.changes.map(({ change, path, compatibility, message, hint }) => ({
        change,
        path,
        compatibility: COMPATIBILITY.get(compatibility) ?? "breaking",
        message,
        hint,
      })),
      differences: answer.differences,
      fingerprintNow: answer.fingerprintNow,
      fingerprintThen: answer.fingerprintThen,
    };
  }

  /** Registers types. Throws `SchemaError` (SCHEMA_INCOMPATIBLE) for what would change stored data's meaning. */
  async register(options: SchemaOptions & WriteOptions = {}): Promise<SchemaRegistration> {
    const { caller, identity, positions, rpc } = this.#session;
    const request = {
      ...this.#requestOf(options),
      idempotencyKey: checkedKey(options.idempotencyKey) ?? newIdempotencyKey(),
    };
    const answer = await caller.call((stub) => rpc.registerSchema(request, stub), "safe", options);
    positions.note(identity.tenantId, answer.positionToken, answer.walPosition);
    return {
      fingerprint: answer.fingerprint,
      changed: answer.changed,
      differences: answer.differences,
      position: tokenText(answer.positionToken),
      walPosition: answer.walPosition,
    };
  }

  #requestOf(options: SchemaOptions) {
    const { types, reserved, mode } = options;
    return {
      context: this.#session.identity,
      schema: types === undefined ? this.#session.schema.wire : wireSchema(types, reserved),
      mode: chosen(SCHEMA_MODES, mode ?? "merge", "mode"),
    };
  }
}
