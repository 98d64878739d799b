import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

/** A day so far ahead that no other journey books on it. */
function farDay(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

test("the desk enters a doctor's leave and withdraws it", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/absences");
  await page.locator("main").getByRole("link", { name: "Enter leave" }).click();
  const reason = `Congress ${String(Date.now()).slice(-7)}`;
  await page.locator("main [name=doctor_id]").selectOption({ index: 1 });
  await page.locator("main [name=from_day]").fill(farDay(380));
  await page.locator("main [name=to_day]").fill(farDay(381));
  await page.locator("main [name=reason]").fill(reason);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/\/absences\?done=saved$/);
  const row = page.locator("main tr").filter({ has: page.locator("details.confirm") }).last();
  await expect(row).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await row.locator("details.confirm summary").click();
  await row.locator("details.confirm").getByRole("button", { name: "Withdraw" }).click();
  await expect(page).toHaveURL(/\/absences\?done=withdrawn$/);
});

test("an administrator sees the preview of hours before they are saved, and is refused where they lie on others", async ({ page, watch }) => {
  watch.tolerate(/422/);
  // The preview shows four weeks of slots twice.
  test.setTimeout(120_000);
  await signIn(page, "admin");
  await visit(page, "/settings/hours");
  await page.locator("main table").getByRole("link").first().click();
  await page.locator("main #hours-save [name=valid_from]").fill(farDay(40));
  await page.locator("main #hours-save [name=capacity]").fill("21");
  await page.getByRole("button", { name: "Show the preview" }).click();
  await expect(page.locator("#hours-save-capacity-error")).toBeVisible();
  await page.locator("main #hours-save [name=capacity]").fill("2");
  await page.getByRole("button", { name: "Show the preview" }).click();
  await expect(page.getByText("Nothing is saved yet.")).toBeVisible();
  await expect(page.locator("main ins").first()).toBeVisible();
  await expect(page.locator("main del").first()).toBeVisible();
  await expectAccessible(page);
});

test("the list of what is to settle is read by desk and administrator", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/settle");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("To settle");
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
});
