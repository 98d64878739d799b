import { expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit } from "../support/test.ts";

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

test("the page of all parts", { tag: "@phone" }, async ({ page }) => {
  await visit(page, "/design");
  await picture(page, "design");
  // It shows whole frames inside a page, and a toast that floats over whatever lies beneath.
  await expectAccessible(page, ["landmark-unique", "landmark-no-duplicate-main", "landmark-main-is-top-level", "landmark-banner-is-top-level", "target-size"]);
  await expectNoSidewaysScroll(page);
});
