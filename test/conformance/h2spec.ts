/**
 * `bun run h2spec`: the HTTP/2 checks of h2spec against the product's listener, with no
 * methods behind it. Ends with 0 only if exactly the checks of `h2spec-known-failing.json`
 * fail, each of which names whose defect it is: a new failure and a mended one are both news.
 *
 * Not yet for continuous integration: on a busy machine one check more fails now and then,
 * another each time, and it is not known yet why; the report that is printed then says how.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { trusting } from "../../src/access/authenticate.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { createRpcServer } from "../../src/rpc/server.ts";
import KNOWN from "./h2spec-known-failing.json" with { type: "json" };

const SECTION = /^\s*((?:\d+\.)+) /;
const FAILURE = /^\s*× (\d+): (.*)$/;

/** "5.1.1.#2" for every check under "Failures:". */
function failuresIn(report: string): Map<string, string> {
  const failed = new Map<string, string>();
  let section = "";
  const [, failures = ""] = report.split("\nFailures:");
  for (const line of failures.split("\n")) {
    section = SECTION.exec(line)?.[1] ?? section;
    const [, check, sentence = ""] = FAILURE.exec(line) ?? [];
    if (check !== undefined) failed.set(`${section}#${check}`, sentence);
  }
  return failed;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const tool = Bun.which("h2spec") ?? Bun.which("h2spec", { PATH: join(homedir(), "go", "bin") });
if (tool === null) {
  say(
    "h2spec: SKIPPED: it is not here (go install github.com/summerwind/h2spec/cmd/h2spec@latest).",
  );
  process.exit(2);
}
const ignore = () => undefined;
const server = createRpcServer({
  methods: [],
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
});
const { port } = await server.listen("127.0.0.1", 0);
const child = Bun.spawn([tool, "-h", "127.0.0.1", "-p", String(port), "-o", "3"], {
  stdout: "pipe",
});
const report = await new Response(child.stdout).text();
const failed = failuresIn(report);
const known = new Set(Object.keys(KNOWN));
const news = [
  ...[...failed].filter(([check]) => !known.has(check)).map((each) => `fails: ${each.join(" ")}`),
  ...[...known].filter((check) => !failed.has(check)).map((check) => `passes now: ${check}`),
];
const total = /^\d+ tests, .*$/m.exec(report)?.[0];
say(`h2spec: ${total ?? "it counted nothing"}; ${known.size} are known to fail`);
for (const line of news) say(`h2spec: ${line}`);
if (news.length > 0) say(report.slice(report.indexOf("\nFailures:")));
process.exit(total !== undefined && news.length === 0 ? 0 : 1);
