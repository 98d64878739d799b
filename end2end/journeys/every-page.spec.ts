import { pagesBySignIn } from "../support/pages.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit, type Page } from "../support/test.ts";

// Every page without an id: hydrated, accessible in light and dark, never wider than the screen; the same on a phone, enlarged, without
// motion and in the reader's own colours. Each is opened once and looked at in several sizes: opening is the longest part.
const PAGES = pagesBySignIn();
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 412, height: 839 };

for (const [login, pages] of Object.entries(PAGES)) {
  test(`every page of ${login || "everybody"}`, async ({ page }) => {
    test.setTimeout(60_000 + 15_000 * pages.length);
    if (login) await signIn(page, login);
    for (const path of pages) {
      await test.step(path, async () => {
        await page.setViewportSize(DESKTOP);
        await visit(page, path);
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
        await page.setViewportSize(PHONE);
        await expectNoSidewaysScroll(page);
        await expectGoodEnlarged(page);
      });
    }
  });
}

// Pages with an id, each opened from the list before it.
const BEHIND: [string, string, string][] = [
  ["reception", "/reception", ".arrivals .row-link"],
  ["reception", "/patients?q=smith", "main .row-link"],
  ["nurse", "/triage", '.queue a[href$="/vitals"]'],
  ["doctor", "/consultation", '.queue a[href^="/consultation/"]'],
  ["doctor", "/consultation", 'main a[href$="/chart"]'],
  ["cashier", "/cashier", '.queue a[href^="/cashier?patient"]'],
];

test("what lies behind the lists, enlarged and in forced colours", async ({ people }) => {
  test.setTimeout(180_000);
  for (const [login, list, link] of BEHIND) {
    await test.step(`${list} ${link}`, async () => {
      const page = await people.another({ viewport: { width: 320, height: 640 } });
      await signIn(page, login);
      await visit(page, list);
      await visit(page, (await page.locator(link).first().getAttribute("href")) ?? "");
      await expectGoodEnlarged(page);
    });
  }
});

test("what went wrong is told accessibly", { tag: "@phone" }, async ({ page, people, watch }) => {
  watch.tolerate(/40\d/);
  await visit(page, "/sign-in");
  await page.locator("input[name=login]").fill("doctor");
  await page.locator("input[name=password]").fill("not the password");
  await page.locator("form", { has: page.locator("input[name=password]") }).locator("[type=submit]").click();
  await expect(page.locator(".error-summary")).toBeFocused();
  await expectAccessible(page);

  const desk = await people.another();
  await signIn(desk, "reception");
  await visit(desk, "/reception?find=zyxwvu");
  await expect(desk.getByText("Nobody was found for this.")).toBeVisible();
  await expectAccessible(desk);
  await visit(desk, "/patients/new");
  await desk.locator("input[name=given_names]").fill("Ana");
  await desk.keyboard.press("Control+Enter");
  await expect(desk.locator(".error-summary")).toBeFocused();
  await expect(desk.locator("input[name=given_names]"), "what was typed is there").toHaveValue("Ana");
  await expectAccessible(desk);
  await expectNoSidewaysScroll(desk);
  await desk.goto("/patients/00000000-0000-0000-0000-000000000000");
  await expect(desk.getByRole("heading", { level: 1 })).toHaveText("That did not work");
  await expectAccessible(desk);
});

/** Checks the page at 400 % (320 pixels of 1280) and at 200 %, without motion, and in the reader's own colours. */
async function expectGoodEnlarged(page: Page): Promise<void> {
  await page.setViewportSize({ width: 320, height: 640 });
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 640, height: 400 });
  await expectNoSidewaysScroll(page);
  await expectStill(page);
  await page.emulateMedia({ forcedColors: "active" });
  // The page now has the reader's own colours.
  await expectAccessible(page, ["color-contrast"]);
  await page.emulateMedia({ forcedColors: "none" });
}

/** Checks that nothing moves for readers who chose no motion; only a toast disappears after its time. */
async function expectStill(page: Page): Promise<void> {
  const moving = await page.evaluate(() => {
    const seconds = (list: string) => Math.max(...list.split(",").map((one) => parseFloat(one) * (one.trim().endsWith("ms") ? 0.001 : 1)));
    return [...document.querySelectorAll("body *:not(.toast)")]
      .filter((one) => {
        const style = getComputedStyle(one);
        return seconds(style.transitionDuration) > 0.01 || (style.animationName !== "none" && seconds(style.animationDuration) > 0.01);
      })
      .map((one) => `${one.tagName}.${one.className}`);
  });
  expect.soft(moving, `${page.url()} is still`).toEqual([]);
}

test("the page of all parts", { tag: "@phone" }, async ({ page }) => {
  await visit(page, "/design");
  await picture(page, "design");
  // The page shows whole frames inside a page, and a toast that covers other elements.
  await expectAccessible(page, ["landmark-unique", "landmark-no-duplicate-main", "landmark-main-is-top-level", "landmark-banner-is-top-level", "target-size"]);
  await expectNoSidewaysScroll(page);
});
