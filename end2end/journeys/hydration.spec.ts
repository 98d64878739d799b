import { expect, expectHydrated, signIn, test, visit } from "../support/test.ts";

test("the islands of the desk come to life", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/reception");
  await expect(page.locator("leptos-island[data-alive]")).not.toHaveCount(0);
});

test("an island that stays dead is noticed", async ({ page, watch }) => {
  watch.tolerate(/\.wasm|fetch|ERR_FAILED|come to life/i);
  await signIn(page, "reception");
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto("/reception");
  await expect(expectHydrated(page)).rejects.toThrow(/come to life/);
});
