import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("an administrator sees the state of backups, queues and the program", async ({ page }) => {
  await signIn(page, "admin");
  await visit(page, "/settings");
  await page.locator("main").getByRole("link", { name: "System status" }).click();
  await expect(page).toHaveURL(/\/status$/);
  await expect(page.getByRole("heading", { name: "System status", level: 1 })).toBeVisible();
  // The demo makes no backups: the page says so, and what to do.
  await expect(page.getByText("No backups are set up")).toBeVisible();
  await expect(page.getByText("No backup was made yet")).toBeVisible();
  await expect(page.getByText("The key file is never in a backup", { exact: false })).toBeVisible();
  await expect(page.getByText("Audit rows not sealed yet")).toBeVisible();
  // Each background job runs, also those for which nothing is set up.
  await expect(page.getByText("background jobs have ended")).toHaveCount(0);
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});
