import { expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit, type Page } from "../support/test.ts";

// The pages that each role begins with: alive, accessible in light and dark, and never wider than the screen.
const PAGES: Record<string, string[]> = {
  "": ["/sign-in"],
  patient: ["/portal", "/portal/appointments", "/portal/book", "/portal/records", "/portal/account", "/portal/statement"],
  reception: ["/reception", "/patients", "/patients/new", "/appointments/new", "/schedules", "/notifications", "/account"],
  nurse: ["/triage", "/point"],
  doctor: ["/consultation", "/schedules", "/patients"],
  cashier: ["/cashier", "/prices"],
  admin: ["/", "/schedules"],
  auditor: ["/audit"],
};

for (const [login, pages] of Object.entries(PAGES)) {
  test(`every page of ${login || "everybody"}`, { tag: "@phone" }, async ({ page }) => {
    test.setTimeout(180_000);
    if (login) await signIn(page, login);
    for (const path of pages) {
      await test.step(path, async () => {
        await visit(page, path);
        await picture(page, `${login || "everybody"}${path.replaceAll("/", "-")}`);
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
      });
    }
  });
}

// For people who need it larger, in their own colours, or without motion.
for (const [login, pages] of Object.entries(PAGES)) {
  test(`every page of ${login || "everybody"}, enlarged and in forced colours`, async ({ people }) => {
    test.setTimeout(180_000);
    const page = await people.another({ viewport: { width: 320, height: 640 } });
    if (login) await signIn(page, login);
    for (const path of pages) {
      await test.step(path, async () => {
        // 320 pixels are a window of 1280 at 400 %, 640 one at 200 %.
        await visit(page, path);
        await expectNoSidewaysScroll(page);
        await page.setViewportSize({ width: 640, height: 400 });
        await expectNoSidewaysScroll(page);
        await expectStill(page);
        await page.emulateMedia({ forcedColors: "active" });
        // The colours are the reader's own now.
        await expectAccessible(page, ["color-contrast"]);
        await page.emulateMedia({ forcedColors: "none" });
        await page.setViewportSize({ width: 320, height: 640 });
      });
    }
  });
}

/** Nothing moves for those who asked for no motion; only a toast goes away after its time. */
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
  // It shows whole frames inside a page, and a toast that floats over whatever lies beneath.
  await expectAccessible(page, ["landmark-unique", "landmark-no-duplicate-main", "landmark-main-is-top-level", "landmark-banner-is-top-level", "target-size"]);
  await expectNoSidewaysScroll(page);
});
