/**
 * The imports of every journey. `page` fails its test on any error in the console, on a blocked script or style, on a
 * server error and on an island that is not hydrated, without any code in the test.
 */
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type BrowserContextOptions, type Page } from "@playwright/test";
import { DEMO_PASSWORD, Hospital, somebody } from "./hospital.ts";
import { expectHydrated, Watch } from "./watch.ts";

export { DEMO_PASSWORD, expect, expectHydrated, somebody };
export type { Page };
export type { Hospital, Patient, Visit } from "./hospital.ts";

interface People {
  /** Opens a separate browser for another person of the journey, watched like `page`. */
  another(options?: BrowserContextOptions): Promise<Page>;
}

interface Fixtures {
  /** Watches `page`; a test that provokes an error calls `watch.tolerate(…)`. */
  watch: Watch;
  people: People;
  /** Creates patients for this test. */
  hospital: Hospital;
}

export const test = base.extend<Fixtures>({
  watch: [
    async ({ page, javaScriptEnabled }, use) => {
      const watch = await Watch.over(page, javaScriptEnabled !== false);
      await use(watch);
      await watch.end();
    },
    { auto: true },
  ],
  people: async ({ browser, contextOptions, baseURL, locale, timezoneId, viewport, javaScriptEnabled }, use) => {
    const scripts = javaScriptEnabled !== false;
    const watched: { watch: Watch; close: () => Promise<void> }[] = [];
    await use({
      async another(options = {}) {
        const settings = { ...contextOptions, baseURL, locale, timezoneId, viewport, javaScriptEnabled: scripts };
        const context = await browser.newContext({ ...settings, ...options });
        const page = await context.newPage();
        const watch = await Watch.over(page, scripts);
        watched.push({ watch, close: () => context.close() });
        return page;
      },
    });
    for (const { watch, close } of watched) {
      await watch.end();
      await close();
    }
  },
  hospital: async ({ baseURL }, use) => {
    const hospital = new Hospital(baseURL);
    await use(hospital);
    await hospital.end();
  },
});

/** Opens a page and waits until all islands are hydrated, so that the next click works. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expectHydrated(page, await scriptsRun(page));
}

/** Signs in on the sign-in page, as a user does. */
export async function signIn(page: Page, login: string, password = DEMO_PASSWORD): Promise<void> {
  await page.goto("/sign-in");
  const form = page.locator("form", { has: page.locator("input[name=password]") });
  await form.locator("input[name=login]").fill(login);
  await form.locator("input[name=password]").fill(password);
  await form.locator("button[type=submit]").click();
  await expect(page, `${login} is signed in`).not.toHaveURL(/\/sign-in/);
  await expectHydrated(page, await scriptsRun(page));
  await takePlace(page, login);
}

const PLACES: Record<string, string> = { nurse: "Triage", doctor: "Room", doctor2: "Room", cashier: "Cashier" };

/** Chooses a free room or counter for a user who calls patients, as the page for choosing it does. */
export async function takePlace(page: Page, login: string): Promise<string> {
  const kind = PLACES[login];
  if (!kind) return "";
  const origin = new URL(page.url()).origin;
  const html = await (await page.request.get(`${origin}/point`, { headers: { accept: "text/html" } })).text();
  const forms = [...html.matchAll(/name="point" value="([0-9a-f-]{36})"[\s\S]*?<button[^>]*>([\s\S]*?)<\/button>/g)];
  const places = forms.map(([, id, words]) => ({ id: id!, name: words!.replace(/<[^>]*>/g, "").trim() })).filter(({ name }) => name.startsWith(kind));
  const free = places.filter(({ name }) => !name.includes("·"));
  const choice = (free.length > 0 ? free : places)[Math.floor(Math.random() * (free.length || places.length))];
  if (choice) await page.request.post(`${origin}/api/opd/choose_point`, { form: { point: choice.id, back: "/" }, headers: { origin }, maxRedirects: 0 });
  const name = choice?.name.split(" · ")[0] ?? "";
  if (free.length > 0 || !name) return name;
  // No place was free: the patient there waits again, so that the next call needs no confirmation.
  const headers = { accept: "application/json", origin };
  const queue = (await (await page.request.post(`${origin}/api/opd/queue`, { form: {}, headers })).json()) as { now: { entry: string; room: string }[] };
  for (const { entry } of queue.now.filter(({ room }) => room === name)) {
    await page.request.post(`${origin}/api/opd/back_to_waiting`, { form: { entry }, headers });
  }
  return name;
}

/** With hundreds of similar rows, checking the first ones is enough. */
const MORE_OF_THE_SAME = ":is(ins, del):nth-child(n + 5), :is(.queue__row, .rows__row, .arrivals li, .slot-card, .slot-free, .chart__entry):nth-child(n + 25)";

/** The rules of axe-core that look at colours: in dark, nothing else differs from light. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

/** Checks for violations of WCAG 2.2 AA that axe-core can find, in light and in dark; `except` names its rules that do not apply. */
export async function expectAccessible(page: Page, except: string[] = []): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    const axe = new AxeBuilder({ page }).exclude(MORE_OF_THE_SAME);
    const { violations } = await (colorScheme === "dark"
      ? axe.withRules(OF_COLOURS.filter((rule) => !except.includes(rule)))
      : axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).disableRules(except)
    ).analyze();
    const found = violations.flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`),
    );
    expect.soft(found, `${page.url()} is accessible (${colorScheme})`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** Waits until all colour transitions have ended. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    // An inherited colour changes once per level, and each change starts another transition.
    while (document.getAnimations().some((one) => one instanceof CSSTransition)) await frame();
  });
}

/** Checks that the page needs no horizontal scrolling. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  // One pixel may come from rounding at a phone's scale.
  expect.soft(excess, `${page.url()} fits the width`).toBeLessThanOrEqual(1);
}

/** Saves a screenshot of the page in `screenshots/` for review. */
export async function picture(page: Page, name: string): Promise<void> {
  const { project } = test.info();
  const path = `screenshots/${process.env.ENGINE ?? "by-hand"}/${project.name}/${name}.png`;
  // A browser that is briefly short of memory gets a second attempt: the screenshot is for review and not part of the
  // journey.
  await expect(async () => page.screenshot({ path, fullPage: true })).toPass({ timeout: 15_000 });
}

export async function scriptsRun(page: Page): Promise<boolean> {
  return page.evaluate(() => window.matchMedia("(scripting: enabled)").matches).catch(() => false);
}

/** Prints a slip for the user whose page is open, as an administrator with the person present; the link on it. */
export async function printedLink(page: Page): Promise<string> {
  await page.getByLabel("The person is with me").check();
  await page.getByRole("button", { name: "Print a slip with a link" }).click();
  await expect(page).toHaveURL(/\/users\/[0-9a-f-]+\/slip$/);
  return (await page.locator(".sheet code").textContent()) ?? "";
}
