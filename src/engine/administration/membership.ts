/**
 * Members, roles, groups and the lock on the schema: each change a transaction of the tenant's
 * own log, which is decided (rights too) where it stands there. Lists are read from the
 * tenant's view and need the right `members`.
 */
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Caller } from "../../record/caller.ts";
import type { MembershipStep } from "../../record/transaction.ts";
import type { MembershipLists } from "../../store/reader/membership-lists.ts";
import type { AdministrationPage, Group, Member, Page, Role } from "../administration.ts";
import { checkRights, checkRoles } from "../check-names.ts";
import type { Submit } from "../submit.ts";
import type { Viewers } from "../viewers.ts";
import type { Authority } from "./authority.ts";
import { pageByName } from "./pages.ts";
import { applied, membershipRequest } from "./request.ts";

export interface MembershipDeps {
  readonly authority: Authority;
  readonly submit: Submit;
  readonly viewers: Viewers;
}

export class MembershipAdministration {
  readonly #deps: MembershipDeps;

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
  }

  async setSchemaLock(caller: Caller, locked: boolean, signal: CancelSignal): Promise<void> {
    await this.#deps.submit.execute(caller, applied({ op: "schema_lock", locked }), signal);
  }

  async setMember(caller: Caller, member: Member, signal: CancelSignal): Promise<Member> {
    const { principal } = member;
    const roles = checkRoles(member.roles, "roles");
    await this.#step(caller, { action: "set_member", principal, roles }, signal);
    return { principal, roles: [...roles].sort() };
  }

  async removeMember(caller: Caller, principal: string, signal: CancelSignal): Promise<void> {
    await this.#step(caller, { action: "remove_member", principal }, signal);
  }

  listMembers(caller: Caller, page: AdministrationPage): Page<Member> {
    const { tenantId, actor } = caller;
    const scope = { list: "members", tenantId, actor } as const;
    return this.#read(caller, (lists) =>
      pageByName(
        scope,
        page,
        (after, limit) => lists.members(after, limit),
        (member) => member.principal,
      ),
    );
  }

  async putRole(caller: Caller, role: Role, signal: CancelSignal): Promise<Role> {
    const { name } = role;
    const rights = checkRights(role.rights);
    await this.#step(caller, { action: "put_role", role: name, rights }, signal);
    return { name, rights };
  }

  async deleteRole(caller: Caller, name: string, signal: CancelSignal): Promise<void> {
    await this.#step(caller, { action: "delete_role", role: name }, signal);
  }

  listRoles(caller: Caller): readonly Role[] {
    return this.#read(caller, (lists) => lists.roles());
  }

  async putGroup(caller: Caller, name: string, signal: CancelSignal): Promise<Group> {
    await this.#step(caller, { action: "put_group", group: name }, signal);
    return { name, members: this.#read(caller, (lists) => lists.membersOf(name)) };
  }

  async deleteGroup(caller: Caller, name: string, signal: CancelSignal): Promise<void> {
    await this.#step(caller, { action: "delete_group", group: name }, signal);
  }

  async changeGroup(
    caller: Caller,
    action: "add_to_group" | "remove_from_group",
    place: { readonly group: string; readonly member: string },
    signal: CancelSignal,
  ): Promise<void> {
    await this.#step(caller, { action, ...place }, signal);
  }

  listGroups(caller: Caller, page: AdministrationPage): Page<Group> {
    const { tenantId, actor } = caller;
    const scope = { list: "groups", tenantId, actor } as const;
    return this.#read(caller, (lists) =>
      pageByName(
        scope,
        page,
        (after, limit) => lists.groups(after, limit),
        (group) => group.name,
      ),
    );
  }

  async #step(caller: Caller, step: MembershipStep, signal: CancelSignal): Promise<void> {
    await this.#deps.submit.execute(caller, membershipRequest(step), signal);
  }

  #read<T>(caller: Caller, read: (lists: MembershipLists) => T): T {
    const { authority, viewers } = this.#deps;
    return authority.read(caller.tenantId, (store) => {
      viewers.require(store, caller, "members");
      return store.snapshot(({ membershipLists }) => read(membershipLists));
    });
  }
}
