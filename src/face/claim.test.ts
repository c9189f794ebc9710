import { describe, expect, test } from "bun:test";
import { refusal } from "../../test/harness/refusal.ts";
import { type Identity, TRUSTED } from "../access/identity.ts";
import {
  actsForAnother,
  administratorOfClaims,
  callerOfClaims,
  mayAskForServer,
  operatorOfClaims,
} from "./claim.ts";

const claim = (tenantId: string, actor = "") => ({ tenantId, actor });

/** A credential of one tenant. */
const ofAcme: Identity = {
  tenantId: "acme",
  actor: "user:app",
  mayActAs: ["user:bob"],
  roles: ["editor"],
  credential: "key:1",
  expiresAt: Number.POSITIVE_INFINITY,
};
const ofServer: Identity = { ...ofAcme, tenantId: "", actor: "system:admin", mayActAs: ["*"] };

describe("a credential of a tenant", () => {
  const caller = { tenantId: "acme", actor: "user:app", roles: ["editor"], credential: "key:1" };

  test("says tenant and actor, which the request may repeat", () => {
    expect(callerOfClaims(ofAcme, [])).toEqual(caller);
    expect(callerOfClaims(ofAcme, [claim("acme", "user:app"), claim("")])).toEqual(caller);
  });

  test("is good for no other tenant, whatever place of the request names it", () => {
    for (const claims of [[claim("other")], [claim("acme"), claim("other")], [claim("ACME")]]) {
      const { reason, code } = refusal(() => callerOfClaims(ofAcme, claims));
      expect([reason, code]).toEqual(["TENANT_MISMATCH", "permission_denied"]);
      expect(refusal(() => operatorOfClaims(ofAcme, claims)).reason).toBe("TENANT_MISMATCH");
    }
  });

  test("acts for whom it may act, with that one's rights and none of its own roles", () => {
    const bob = { ...caller, actor: "user:bob", roles: [] };
    expect(callerOfClaims(ofAcme, [claim("", "user:bob")])).toEqual(bob);
    expect(actsForAnother(ofAcme, bob)).toBe(true);
    expect(actsForAnother(ofAcme, caller)).toBe(false);
  });

  test.each(["user:eve", "user:bobby", "system:admin", "group:eng", "role:admin"])(
    "does not act for %s",
    (actor) => {
      const { reason } = refusal(() => callerOfClaims(ofAcme, [claim("", actor)]));
      expect(reason).toBe("PERMISSION_DENIED");
    },
  );

  test("an actor that is none is told so", () => {
    expect(refusal(() => callerOfClaims(ofAcme, [claim("", "bob")])).reason).toBe("INVALID_ACTOR");
  });
});

describe("a credential of the server", () => {
  test("has to name the tenant, and speaks for the server's own part", () => {
    expect(refusal(() => callerOfClaims(ofServer, [])).reason).toBe("INVALID_TENANT_ID");
    expect(callerOfClaims(ofServer, [claim("acme")])).toMatchObject({
      tenantId: "acme",
      actor: "system:admin",
      roles: ["editor"],
    });
  });

  test("may act for every user, and never for a part of the server, a group or a role", () => {
    const bob = callerOfClaims(ofServer, [claim("acme", "user:bob")]);
    expect(bob).toMatchObject({ actor: "user:bob", roles: [] });
    for (const actor of ["system:importer", "group:eng", "role:admin"]) {
      const { reason } = refusal(() => callerOfClaims(ofServer, [claim("acme", actor)]));
      expect(reason).toBe("PERMISSION_DENIED");
    }
    const importer = { ...ofServer, mayActAs: ["system:importer"] };
    const caller = callerOfClaims(importer, [claim("acme", "system:importer")]);
    expect(caller.actor).toBe("system:importer");
  });

  test("asks for something about the server as itself", () => {
    expect(operatorOfClaims(ofServer, [claim("acme")])).toBe(ofServer);
    expect(mayAskForServer(ofServer, "")).toBe(true);
    expect(mayAskForServer(ofServer, ofServer.actor)).toBe(true);
    expect(mayAskForServer(ofAcme, "")).toBe(false);
  });

  test("in a user's name has what is that user's in the tenant that it names, and nothing of the server", () => {
    const bob = operatorOfClaims(ofServer, [claim("acme", "user:bob")]);
    expect(bob).toMatchObject({ tenantId: "acme", actor: "user:bob", roles: [], mayActAs: [] });
    const nowhere = refusal(() => operatorOfClaims(ofServer, [claim("", "user:bob")]));
    expect(nowhere.reason).toBe("PERMISSION_DENIED");
    expect(mayAskForServer(ofServer, "user:bob")).toBe(false);
  });
});

describe("in trusted mode", () => {
  test("the client names both; it has no roles in the graph, and every one in administration", () => {
    const ada = { tenantId: "acme", actor: "user:ada", credential: "" };
    const claims = [claim("acme", "user:ada")];
    expect(callerOfClaims(TRUSTED, claims)).toEqual({ ...ada, roles: [] });
    expect(administratorOfClaims(TRUSTED, claims)).toEqual({ ...ada, roles: ["admin"] });
    expect(administratorOfClaims(TRUSTED, [claim("acme")]).actor).toBe("user:operator");
    expect(operatorOfClaims(TRUSTED, claims)).toEqual({ ...TRUSTED, actor: "user:ada" });
    expect(operatorOfClaims(TRUSTED, [])).toBe(TRUSTED);
    expect(mayAskForServer(TRUSTED, "user:ada")).toBe(true);
  });

  test("nobody is a part of the server by saying so", () => {
    for (const ask of [callerOfClaims, administratorOfClaims, operatorOfClaims]) {
      const { reason } = refusal(() => ask(TRUSTED, [claim("acme", "system:admin")]));
      expect(reason).toBe("PERMISSION_DENIED");
    }
  });

  test("with a credential administration is what the credential may do", () => {
    expect(administratorOfClaims(ofAcme, [])).toEqual(callerOfClaims(ofAcme, []));
  });
});
