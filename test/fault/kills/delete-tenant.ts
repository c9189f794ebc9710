import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { TenantService } from "../../../gen/entdb/v1/tenant_service_pb.ts";
import { transportOf } from "../../harness/wire.ts";
import { clientOf, operationsOf } from "../bed/history.ts";
import { ACCOUNT, contextOf, createCounter, registerSchema } from "../bed/requests.ts";
import { Violation } from "../bed/violation.ts";
import { eventually } from "../bed/within.ts";
import type { Operation, OperationScene } from "./operation.ts";

const NODES = 3;
const GONE_MS = 180_000;

/** A tenant with nodes, an archive and a snapshot: afterwards it is whole, or nothing of it is left. */
export const deleteTenant: Operation = {
  name: "tenant-delete",
  settings: { env: { ENTDB_ARCHIVE_INTERVAL: "1s" } },
  prepare: async (scene) => await makeTenant(scene),
  perform: async (scene) => await removeTenant(scene),
  settle: async (scene) => {
    if (await isThere(scene)) {
      await expectNodes(scene, NODES);
      await removeTenant(scene);
    }
    if (await isThere(scene)) throw new Violation("a deleted tenant is there");
    for (const left of filesOf(scene)) {
      await eventually(GONE_MS, `${left} of a deleted tenant is gone`, () => !existsSync(left));
    }
    await eventually(GONE_MS, "the files of a deleted tenant are gone", () => hasNoStray(scene));
    // The next life of the id begins with nothing.
    await makeTenant(scene);
    await expectNodes(scene, NODES);
    await removeTenant(scene);
  },
};

function idOf({ cycle }: OperationScene): string {
  return `doomed-${cycle}`;
}

function filesOf(scene: OperationScene): string[] {
  const backup = join(scene.history.dataDir, "backup");
  return ["archive", "snapshots"].map((place) => join(backup, place, idOf(scene)));
}

/** Directories of tenants do not have their names: there must be none too many. */
async function hasNoStray(scene: OperationScene): Promise<boolean> {
  const { tenants } = await tenantsOf(scene).listTenants({});
  const directories = readdirSync(join(scene.history.dataDir, "tenants"));
  return directories.length === tenants.length + 1;
}

function tenantsOf({ server }: OperationScene) {
  return createClient(TenantService, transportOf("connect", server.grpcUrl, "2"));
}

async function makeTenant(scene: OperationScene): Promise<void> {
  const rpc = clientOf(scene.server);
  const tenantId = idOf(scene);
  await registerSchema(rpc, tenantId);
  for (let writer = 0; writer < NODES; writer++) await createCounter(rpc, tenantId, writer);
  await operationsOf(scene.server).createSnapshot({ tenantId });
}

async function removeTenant(scene: OperationScene): Promise<void> {
  const tenantId = idOf(scene);
  await tenantsOf(scene).deleteTenant({ tenantId, confirm: tenantId });
}

async function isThere(scene: OperationScene): Promise<boolean> {
  try {
    await tenantsOf(scene).getTenant({ tenantId: idOf(scene) });
    return true;
  } catch (error) {
    if (ConnectError.from(error).code === Code.NotFound) return false;
    throw error;
  }
}

async function expectNodes(scene: OperationScene, nodes: number): Promise<void> {
  const context = contextOf(idOf(scene));
  const { count } = await clientOf(scene.server).countNodes({ context, typeId: ACCOUNT });
  if (Number(count) !== nodes) {
    throw new Violation(`${idOf(scene)} holds ${count} nodes; ${nodes} were made`);
  }
}
