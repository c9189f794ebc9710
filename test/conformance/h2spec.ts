/**
 * `bun run h2spec`: the HTTP/2 checks of h2spec against the product's listener, with one answer
 * to everything behind it. Ends with 0 only if exactly the checks of `h2spec-known-failing.json`
 * fail, each of which says why: a new failure and a mended one are both news.
 *
 * A connection that was reset counts as closed, as the checker means it: it compares the
 * system's error in a way that newer versions of Go have ended, and then calls a reset a failure.
 * Whether a closed connection is reset is a race between the server's close and the client's next
 * bytes, which made one check more fail now and then, another each time.
 *
 * Its requests are GETs, whose answer waits for no body, while many of its checks are about frames
 * that it sends after the head. On a busy machine the answer overtook them, and what they must be
 * answered with depends on that. So answers are held back a little, and a check that fails
 * unexpectedly is asked again by itself with more patience: what is a defect fails each time.
 */
import { trusting } from "../../src/access/authenticate.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { RpcServerOptions } from "../../src/rpc/options.ts";
import { createRpcServer } from "../../src/rpc/server.ts";
import { serveMethods } from "../../src/rpc/serving.ts";
import { goProgram } from "../services/machine.ts";
import KNOWN from "./h2spec-known-failing.json" with { type: "json" };

const CHECKER = "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible";
/** For each check to see what it waits for. */
const TIMEOUT_SECONDS = "3";

/** For how long answers are held back; of a check that is asked again, the second. */
const PATIENCE_MS = { first: 10, again: 300 };

/** How often a check fails before it is believed. */
const TRIES = 3;

const GROUPS = { Generic: "generic", Hypertext: "http2", HPACK: "hpack" } as const;
const GROUP = /^(Generic|Hypertext|HPACK)\b/;
const SECTION = /^\s*((?:\d+\.)*\d+)\. /;
const FAILURE = /^\s*× (\d+): (.*)$/;
const RESET = /^\s*Actual: Error: .*(?:connection reset by peer|broken pipe)$/;
const MAY_CLOSE = /^\s*(?:Expected: )?Connection closed$/;

interface Report {
  readonly total: string | undefined;
  /** The sentence of each failed check, by the checker's own name for it: "http2/5.1.1/2". */
  readonly failed: ReadonlyMap<string, string>;
  readonly text: string;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Every check under "Failures:" but those that were content with a connection that is no more. */
function failuresIn(report: string): Map<string, string> {
  const failed = new Map<string, string>();
  const [, failures = ""] = report.split("\nFailures:");
  let group = "";
  let section = "";
  let check: string | undefined;
  let mayClose = false;
  for (const line of failures.split("\n")) {
    const began = GROUP.exec(line)?.[1];
    if (began !== undefined) group = GROUPS[began as keyof typeof GROUPS];
    section = SECTION.exec(line)?.[1] ?? section;
    const [, number, sentence = ""] = FAILURE.exec(line) ?? [];
    if (number !== undefined) {
      check = `${group}/${section}/${number}`;
      mayClose = false;
      failed.set(check, sentence);
    }
    mayClose ||= MAY_CLOSE.test(line);
    if (check !== undefined && mayClose && RESET.test(line)) failed.delete(check);
  }
  return failed;
}

/** Makes these checks; all when none is named. */
async function check(program: string, port: number, ...names: string[]): Promise<Report> {
  const at = ["-h", "127.0.0.1", "-p", String(port), "-o", TIMEOUT_SECONDS];
  const child = Bun.spawn([program, ...at, ...names], { stdout: "pipe" });
  const text = Bun.stripANSI(await new Response(child.stdout).text());
  return { text, total: /^\d+ tests, .*$/m.exec(text)?.[0], failed: failuresIn(text) };
}

async function listenProduct(): Promise<number> {
  const ignore = () => undefined;
  const options: RpcServerOptions = {
    authenticator: trusting,
    clock: systemClock,
    random: systemRandom,
    log: { fault: ({ cause }) => say(`h2spec: the server said: ${Bun.inspect(cause)}`) },
    meter: {
      callStarted: ignore,
      callFinished: ignore,
      connectionOpened: ignore,
      connectionClosed: ignore,
      connectionEnded: ignore,
    },
  };
  const server = createRpcServer(options, () => serveMethods({ ...options, methods: [] }));
  return (await server.listen("127.0.0.1", 0, { mounted: answerLate })).port;
}

let patienceMs = PATIENCE_MS.first;

async function answerLate(request: Request): Promise<Response> {
  await request.bytes().catch(() => undefined);
  await Bun.sleep(patienceMs);
  return new Response("an answer of some bytes");
}

const program = await goProgram(CHECKER);
const port = await listenProduct();
const product = await check(program, port);
const known = new Map(Object.entries(KNOWN));
const unexpected = new Map([...product.failed].filter(([name]) => !known.has(name)));
patienceMs = PATIENCE_MS.again;
for (const name of unexpected.keys()) {
  for (let tries = 1; tries < TRIES && unexpected.has(name); tries++) {
    const again = await check(program, port, name);
    if (again.total !== undefined && again.failed.size === 0) unexpected.delete(name);
  }
}
const news = [
  ...[...unexpected].map(([name, sentence]) => `fails: ${name} ${sentence}`),
  ...[...known.keys()]
    .filter((name) => !product.failed.has(name))
    .map((name) => `passes now: ${name}`),
];
say(`h2spec: ${product.total ?? "it counted nothing"}; ${known.size} are known to fail`);
for (const line of news) say(`h2spec: ${line}`);
if (news.length > 0) say(product.text.slice(product.text.indexOf("\nFailures:")));
process.exit(product.total !== undefined && news.length === 0 ? 0 : 1);
