import { expect, expectHydrated, test, visit } from "../support/test.ts";

// The page of all parts has an island of every kind that the interface kit knows.
const ALL_PARTS = "/design";

test("every island of the kit comes to life", { tag: "@phone" }, async ({ page }) => {
  await visit(page, ALL_PARTS);
  await expect(page.locator("leptos-island[data-alive]")).not.toHaveCount(0);
});

test("an island that stays dead is noticed", async ({ page, watch }) => {
  watch.tolerate(/\.wasm|fetch|ERR_FAILED|come to life/i);
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto(ALL_PARTS);
  await expect(expectHydrated(page)).rejects.toThrow(/come to life/);
});
