/**
 * The example as its README starts it, in a real browser: two pages at once, an EntDB beside them,
 * on free ports. `ENTDB` names the executable, `CHROMIUM` the browser where it is elsewhere.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";

const HERE = join(import.meta.dir, "..");
const PATIENCE_MS = 20_000;

let browser: Browser;
let directory: string;
let example: Bun.Subprocess<"ignore", "pipe", "inherit">;
let address: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "entdb-tasks-"));
  example = Bun.spawn([process.execPath, "run", "start"], {
    cwd: HERE,
    env: {
      ...process.env,
      ...{ PORT: "0", ENTDB_GRPC_PORT: "0", ENTDB_HTTP_PORT: "0" },
      ENTDB_DATA_DIR: join(directory, "data"),
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  address = await addressOf(example.stdout);
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  example.kill();
  await example.exited;
  rmSync(directory, { recursive: true, force: true });
});

async function addressOf(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let said = "";
  for await (const chunk of stdout) {
    said += new TextDecoder().decode(chunk);
    const found = /Tasks: (\S+),/.exec(said)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`the example ended without an address:\n${said}`);
}

/** A tab of its own, in the name of somebody; fails the test when the page throws. */
async function enter(name: string, prepare?: (page: Page) => Promise<unknown>): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("pageerror", (error) => {
    throw error;
  });
  await prepare?.(page);
  await page.goto(address);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByPlaceholder("What is to be done?").waitFor();
  return page;
}

const card = (page: Page, title: string, column = ""): Locator =>
  page.locator(`${column} li`, { hasText: title });

async function create(page: Page, title: string): Promise<void> {
  await page.getByPlaceholder("What is to be done?").fill(title);
  await page.getByRole("button", { name: "Add" }).click();
}

const isAssigned = (page: Page, name: string) =>
  page.locator("#todo option:checked", { hasText: name }).waitFor({ state: "attached" });

const isLive = (page: Page) => page.locator('body[data-live="true"]').waitFor();

test("what one tab does the other one shows at once: created, assigned, moved, deleted", async () => {
  const [alice, bob] = await Promise.all([enter("Alice"), enter("Bob")]);
  await Promise.all([isLive(alice), isLive(bob)]);

  await create(alice, "Review <b>PR</b>");
  await card(bob, "Review <b>PR</b>", "#todo").waitFor();

  await card(bob, "Review").getByLabel("Assigned to").selectOption("Bob");
  await isAssigned(alice, "Bob");
  await card(alice, "Review").getByLabel("Assigned to").selectOption("Alice");
  await isAssigned(bob, "Alice");

  await card(alice, "Review").locator(".on").click();
  await card(bob, "Review", "#doing").locator(".on").click();
  await card(alice, "Review", "#done").waitFor();
  expect(await card(alice, "Review", "#done").locator(".on").isDisabled()).toBe(true);
  expect(await alice.locator("#done h2").textContent()).toBe("Done 1");

  await card(alice, "Review").dragTo(alice.locator("#todo"));
  await card(bob, "Review", "#todo").waitFor();

  // Whoever comes later finds it all, with whose it is.
  const carol = await enter("Carol");
  await card(carol, "Review", "#todo").waitFor();
  await isAssigned(carol, "Alice");

  await card(bob, "Review").locator(".remove").click();
  await card(alice, "Review").waitFor({ state: "detached" });
  await Promise.all([alice, bob, carol].map((page) => page.close()));
});

test("a refusal is shown with its hint, and goes with the next thing that works", async () => {
  const alice = await enter("Alice");
  await isLive(alice);
  await create(alice, "Pay the rent");
  await card(alice, "Pay the rent").waitFor();
  // Bob's tab hears of no change: what he moves has been moved by somebody else meanwhile.
  const bob = await enter("Bob", (page) =>
    page.route("**/WatchChanges", (route) => route.fulfill({ status: 503 })),
  );
  await card(bob, "Pay the rent", "#todo").waitFor();
  await card(alice, "Pay the rent").locator(".on").click();
  await card(alice, "Pay the rent", "#doing").waitFor();
  await card(bob, "Pay the rent").locator(".on").click();
  const alert = bob.getByRole("alert").filter({ hasText: "VERSION_CONFLICT" });
  await alert.waitFor();
  expect((await alert.locator("span").textContent())?.length).toBeGreaterThan(10);
  await create(bob, "Read it anew");
  await alert.waitFor({ state: "hidden" });
  await card(alice, "Read it anew").waitFor();
  await Promise.all([alice, bob].map((page) => page.close()));
});
