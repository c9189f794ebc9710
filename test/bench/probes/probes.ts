import type { BenchOptions, ProbeName } from "../options.ts";
import type { Probe } from "../report.ts";
import { probeAccess } from "./access.ts";
import { probeArchive } from "./archive.ts";
import { probeEvents } from "./events.ts";
import { probeFaceThreads } from "./face-threads.ts";
import { probeFloods } from "./floods.ts";
import { probeGrowth } from "./growth.ts";
import { probeKafka } from "./kafka.ts";
import { probeMailbox } from "./mailbox.ts";
import { probeNoisyTenant } from "./noisy-tenant.ts";
import { probeRecovery } from "./recovery.ts";
import { probeRestore } from "./restore.ts";
import { probeSchemaBuild } from "./schema-build.ts";
import { probeSearch } from "./search.ts";
import { probeSnapshot } from "./snapshot.ts";
import { probeStart } from "./start.ts";
import { probeTenants } from "./tenants.ts";
import { probeWatch } from "./watch.ts";

/** EntDB's own figures, by the names that `--only` takes. */
export const PROBES: Readonly<
  Record<ProbeName, (options: BenchOptions) => Promise<readonly Probe[]>>
> = {
  start: probeStart,
  recovery: probeRecovery,
  growth: probeGrowth,
  tenants: probeTenants,
  watch: probeWatch,
  events: probeEvents,
  mailbox: probeMailbox,
  search: probeSearch,
  "noisy-tenant": probeNoisyTenant,
  floods: probeFloods,
  "face-threads": probeFaceThreads,
  access: probeAccess,
  "schema-build": probeSchemaBuild,
  kafka: probeKafka,
  archive: probeArchive,
  snapshot: probeSnapshot,
  restore: probeRestore,
};
