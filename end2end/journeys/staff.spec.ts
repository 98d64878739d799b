import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("an administrator adds a visiting doctor, completes her, and retires her", async ({ page, watch }) => {
  test.setTimeout(120_000);
  watch.tolerate(/422/);
  const mark = String(Date.now()).slice(-7);
  const name = `Dr. Vera ${mark}`;
  await signIn(page, "admin");
  await visit(page, "/settings");
  await page.locator("main").getByRole("link", { name: "Staff", exact: true }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Staff");
  await expectAccessible(page);
  await page.getByRole("link", { name: "Add staff" }).click();
  await page.locator("main [name=name]").fill(name);
  await page.locator("main [name=practising_since]").fill("1850");
  await page.getByRole("button", { name: "Save" }).click();
  const summary = page.locator(".error-summary");
  for (const label of ["Profession", "Practising since"]) await expect(summary.getByRole("link", { name: label })).toBeVisible();
  await expect(page.locator("main [name=name]"), "what was typed is there").toHaveValue(name);
  await page.locator("main [name=profession]").selectOption({ label: "Doctor" });
  await page.locator("main [name=practising_since]").fill("1998");
  await page.getByLabel("Português").check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/\/settings\/staff\?done=saved$/);

  await visit(page, `/settings/staff?q=${mark}`);
  await expect(page.locator("main .badge").first()).toHaveText("No sign-in");
  await page.locator("main").getByRole("link", { name, exact: true }).click();
  await expect(page.getByLabel("Português")).toBeChecked();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.locator("main details.confirm summary").click();
  await page.locator("main details.confirm").getByRole("button", { name: "Retire" }).click();
  await expect(page).toHaveURL(/\/settings\/staff\?done=retired$/);
});

test("staff comes from a file, with scripts off", { tag: "@noscript" }, async ({ page }) => {
  const mark = String(Date.now()).slice(-7);
  await signIn(page, "admin");
  await visit(page, "/users/import");
  await page.locator("main [name=text]").fill(`name,profession,languages\nTherese ${mark},therapist,fr|es`);
  await page.getByRole("button", { name: "Check and import" }).click();
  await expect(page.locator("main table")).toContainText(`Therese ${mark}`);
  await page.getByLabel("I have seen what changes").check();
  await page.getByRole("button", { name: "Check and import" }).click();
  await expect(page).toHaveURL(/done=imported$/);
  await visit(page, `/settings/staff?q=${mark}`);
  await expect(page.locator("main").getByRole("link", { name: `Therese ${mark}` })).toBeVisible();
});

test("a doctor writes her own biography", async ({ page }) => {
  await signIn(page, "doctor");
  await visit(page, "/account");
  await page.getByRole("link", { name: "My profile" }).click();
  const before = await page.locator("main [name=biography]").inputValue();
  await page.locator("main [name=biography]").fill("I listen.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/\/profile\?done=saved$/);
  await expect(page.locator("main [name=biography]")).toHaveValue("I listen.");
  await expectAccessible(page);
  await page.locator("main [name=biography]").fill(before);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("main [name=biography]")).toHaveValue(before);
});
