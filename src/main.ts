import { EXIT } from "./cli/failure.ts";
import { processContext } from "./cli/process-context.ts";
import { runCli } from "./cli/run.ts";

const context = processContext();
const exitCode = await runCli(process.argv.slice(2), context);
// What there is to say has been written. A library may still hold on to a connection that it gave
// up, and whoever waits for a failure to end would wait for ever.
if (exitCode !== EXIT.ok) context.exitNow(exitCode);
