import type { Route } from "../route.ts";
import type { TenantNames } from "../tenant-names.ts";
import { adminRoutes } from "./admin.ts";
import { atomicRoute } from "./atomic.ts";
import { auditRoutes } from "./audit.ts";
import { edgeRoutes } from "./edges.ts";
import { eventConsumerRoutes } from "./event-consumers.ts";
import { eventSubscriptionRoutes } from "./event-subscription.ts";
import { eventRoutes } from "./events.ts";
import { grantRoutes } from "./grants.ts";
import { type HealthFacts, healthRoutes } from "./health.ts";
import { keyRoutes } from "./keys.ts";
import { mailboxRoutes } from "./mailbox.ts";
import { memberRoutes } from "./members.ts";
import { nodeRoutes } from "./nodes.ts";
import { openApiRoute } from "./openapi.ts";
import { queryRoutes } from "./queries.ts";
import { receiptRoutes } from "./receipts.ts";
import { schemaRoutes } from "./schema.ts";
import { searchRoutes } from "./search.ts";
import { snapshotRoutes } from "./snapshots.ts";
import { tenantRoutes } from "./tenants.ts";
import { watchRoutes } from "./watch.ts";

/**
 * Every route there is. Where two paths fit a request the earlier one takes it, so a fixed
 * word stands before a place for an id.
 */
export function routeTable(facts: HealthFacts, names: TenantNames): readonly Route[] {
  const { engine } = facts;
  const routes: Route[] = [
    atomicRoute(engine, names),
    ...receiptRoutes(engine),
    ...queryRoutes(engine, names),
    ...searchRoutes(engine, names),
    ...nodeRoutes(engine, names),
    ...edgeRoutes(engine, names),
    ...grantRoutes(engine),
    ...watchRoutes(engine, names),
    ...eventRoutes(engine),
    ...eventSubscriptionRoutes(engine),
    ...eventConsumerRoutes(engine),
    ...mailboxRoutes(engine, names),
    ...schemaRoutes(engine),
    ...tenantRoutes(engine),
    ...memberRoutes(engine),
    ...keyRoutes(engine),
    ...auditRoutes(engine),
    ...adminRoutes(engine),
    ...snapshotRoutes(engine),
    ...healthRoutes(facts),
  ];
  routes.push(openApiRoute(() => routes));
  return routes;
}
