/** Who belongs to the client's tenant, and what their roles and groups allow. Needs the right `members`. */
import type { CallOptions } from "../calls/caller.ts";
import type { Session } from "../client/session.ts";
import type { Listing, PageOptions } from "../reads/listing.ts";
import { adminListing } from "./listing.ts";

/** A member of the tenant. */
export interface Member {
  /** An actor, or "group:…": its members hold the roles too. */
  readonly principal: string;
  readonly roles: readonly string[];
}

/** A name for rights. */
export interface Role {
  readonly name: string;
  /** "data", "schema", "members", "mailboxes", "keys", "audit". */
  readonly rights: readonly string[];
}

/** A name for actors and other groups. */
export interface Group {
  /** Without "group:" before it. */
  readonly name: string;
  readonly members: readonly string[];
}

/** Members of the tenant. */
export class Members {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Makes somebody a member with these roles, which replace those held before. */
  async set(principal: string, roles: readonly string[], options: CallOptions = {}): Promise<void> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity, member: { principal, roles: [...roles] } };
    await caller.call((stub) => tenants.setMember(request, stub), "safe", options);
  }

  /** Throws `NotFoundError` (MEMBER_NOT_FOUND). */
  async remove(principal: string, options: CallOptions = {}): Promise<void> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity, principal };
    await caller.call((stub) => tenants.removeMember(request, stub), "unsent", options);
  }

  /** By principal. */
  all(options: CallOptions & PageOptions = {}): Listing<Member> {
    const { tenants, identity } = this.#session;
    return adminListing(
      this.#session,
      options,
      (page, stub) => tenants.listMembers({ context: identity, ...page }, stub),
      ({ members }) => members.map(({ principal, roles }) => ({ principal, roles })),
    );
  }
}

/** Roles of the tenant. "admin" is there from the start, and stays. */
export class Roles {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Makes a role, or replaces what it allows. */
  async put(name: string, rights: readonly string[], options: CallOptions = {}): Promise<void> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity, role: { name, rights: [...rights] } };
    await caller.call((stub) => tenants.putRole(request, stub), "safe", options);
  }

  /** Throws `NotFoundError` (ROLE_NOT_FOUND). */
  async delete(name: string, options: CallOptions = {}): Promise<void> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity, name };
    await caller.call((stub) => tenants.deleteRole(request, stub), "unsent", options);
  }

  /** By name. */
  async all(options: CallOptions = {}): Promise<Role[]> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity };
    const { roles } = await caller.call(
      (stub) => tenants.listRoles(request, stub),
      "safe",
      options,
    );
    return roles.map(({ name, rights }) => ({ name, rights }));
  }
}

/** Groups of the tenant. */
export class Groups {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Makes a group, if it is not there. */
  async put(name: string, options: CallOptions = {}): Promise<void> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity, name };
    await caller.call((stub) => tenants.putGroup(request, stub), "safe", options);
  }

  /** Throws `NotFoundError` (GROUP_NOT_FOUND). */
  async delete(name: string, options: CallOptions = {}): Promise<void> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity, name };
    await caller.call((stub) => tenants.deleteGroup(request, stub), "unsent", options);
  }

  /** Puts an actor or a group ("group:…") into the group. */
  async add(group: string, member: string, options: CallOptions = {}): Promise<void> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity, group, member };
    await caller.call((stub) => tenants.addGroupMember(request, stub), "safe", options);
  }

  /** Takes a member out. Throws `NotFoundError` (MEMBER_NOT_FOUND). */
  async remove(group: string, member: string, options: CallOptions = {}): Promise<void> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity, group, member };
    await caller.call((stub) => tenants.removeGroupMember(request, stub), "unsent", options);
  }

  /** By name. */
  all(options: CallOptions & PageOptions = {}): Listing<Group> {
    const { tenants, identity } = this.#session;
    return adminListing(
      this.#session,
      options,
      (page, stub) => tenants.listGroups({ context: identity, ...page }, stub),
      ({ groups }) => groups.map(({ name, members }) => ({ name, members })),
    );
  }
}
