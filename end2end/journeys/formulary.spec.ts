import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a pharmacist adds a medicine, is told of a wrong strength, confirms it and retires it again", async ({ page, watch }) => {
  test.setTimeout(90_000);
  watch.tolerate(/422/);
  const mark = String(Date.now()).slice(-7);
  await signIn(page, "pharmacist");
  await visit(page, "/formulary");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Formulary");
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  await test.step("a medicine is found by another name of its substance", async () => {
    await visit(page, "/formulary?q=acetaminophen");
    await expect(page.locator("main").getByRole("link", { name: /Paracetamol 500 mg tablet/ })).toBeVisible();
  });

  await test.step("a strength that may be thousands is refused at its field", async () => {
    await visit(page, "/formulary/new");
    await page.locator("main [name=code]").fill(`XAR-${mark}`);
    await page.locator("main [name=name]").fill(`Xar ${mark} 500 mg tablet`);
    await page.locator("main [name=form]").selectOption("tablet");
    await page.locator("main [name=dispensing_unit]").selectOption("tablet");
    await page.locator("main [name=substance_1]").fill("paracetamol");
    await page.locator("main [name=amount_1]").fill("1,500");
    await page.locator("main [name=unit_1]").selectOption("mg");
    await page.locator("main [name=per_unit_1]").selectOption("tablet");
    await page.locator("main [name=route-oral]").check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator(".error-summary")).toBeFocused();
    await expect(page.locator("main [name=code]"), "what was typed is there").toHaveValue(`XAR-${mark}`);
    await page.locator("main [name=amount_1]").fill("500");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/\?done=saved$/);
    await expect(page.locator("main").getByText("paracetamol 500 mg per tablet")).toBeVisible();
    await expectAccessible(page);
  });

  await test.step("it is confirmed, and retired again", async () => {
    const head = page.locator(".page-header");
    await head.locator("summary", { hasText: "Confirm" }).click();
    await head.getByRole("button", { name: "Confirm" }).click();
    await expect(page).toHaveURL(/\?done=confirmed$/);
    await head.locator("summary", { hasText: "Retire" }).click();
    await head.getByRole("button", { name: "Retire" }).click();
    await expect(page).toHaveURL(/\?done=retired$/);
    await visit(page, `/formulary?q=${mark}`);
    await expect(page.getByText("No drugs")).toBeVisible();
  });
});
