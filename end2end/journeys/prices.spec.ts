import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("an administrator keeps the price list: an item, its price, a file", async ({ page, watch }) => {
  test.setTimeout(120_000);
  watch.tolerate(/4(09|22)/);
  const mark = String(Date.now()).slice(-7);
  await signIn(page, "admin");
  await test.step("an item without a price", async () => {
    await visit(page, "/prices/new");
    await page.locator("main [name=code]").fill(`D${mark}`);
    await page.locator("main [name=name]").fill(`Dressing ${mark}`);
    await page.locator("main [name=kind]").selectOption("procedure");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/\/prices\/[0-9a-f-]+\?done=saved$/);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
  await test.step("a price from today on, after a slip", async () => {
    await page.locator("main [name=amount]").fill("12.50.1");
    await page.getByRole("button", { name: "Set price" }).click();
    await expect(page.locator("main .field.is-invalid [name=amount]")).toHaveValue("12.50.1");
    await page.locator("main [name=amount]").fill("12.50");
    await page.getByRole("button", { name: "Set price" }).click();
    await expect(page.locator("main").getByRole("cell", { name: "$12.50" })).toBeVisible();
  });
  await test.step("a file is read before it is written", async () => {
    await visit(page, "/prices/import");
    await page.locator("main [name=text]").fill(`code,amount\nD${mark},14`);
    await page.getByRole("button", { name: "Import" }).click();
    await expect(page.locator("main")).toContainText("Nothing is written yet");
    await page.locator("main [name=seen]").check();
    await page.getByRole("button", { name: "Import" }).click();
    await expect(page).toHaveURL(/\/prices\?done=imported$/);
    await visit(page, `/prices?q=D${mark}`);
    await expect(page.locator("main")).toContainText("$14.00");
  });
  await test.step("retired again, so that the other journeys find the list as it was", async () => {
    await page.locator("main").getByRole("link", { name: `Dressing ${mark}` }).click();
    await page.locator("main details.confirm summary", { hasText: "Retire" }).click();
    await page.locator("main details.confirm").getByRole("button", { name: "Retire" }).click();
    await expect(page).toHaveURL(/\/prices\?done=retired$/);
  });
});

test("the cashier estimates, adds a charge by hand, and takes it back", async ({ page, watch }) => {
  test.setTimeout(90_000);
  watch.tolerate(/4(09|22)/);
  await signIn(page, "cashier");
  await visit(page, "/cashier");
  const href = (await page.locator('.queue a[href^="/cashier?patient"]').first().getAttribute("href")) ?? "";
  const record = `/patients/${href.match(/[0-9a-f-]{36}/)?.[0] ?? ""}`;
  await test.step("an estimate charges nothing", async () => {
    await visit(page, `${record}/estimate`);
    await page.getByLabel("Find an item").fill("consultation");
    await page.getByLabel("Find an item").press("Enter");
    await page.getByRole("button", { name: "Add Consultation" }).first().click();
    await page.locator("main [name=quantity1]").fill("2");
    await page.getByRole("button", { name: "Calculate" }).click();
    await expect(page.locator("main")).toContainText("The patient pays");
    await expectAccessible(page);
  });
  await test.step("a quantity that is none is refused and kept", async () => {
    await visit(page, `${record}/charges`);
    await page.locator("main [name=item_id]").selectOption({ index: 1 });
    await page.locator("main [name=quantity]").fill("none");
    await page.locator("main").getByRole("button", { name: "Add charge" }).click();
    await expect(page.locator("main .field.is-invalid [name=quantity]")).toHaveValue("none");
  });
  await test.step("added, and taken back", async () => {
    await page.locator("main [name=quantity]").fill("2.5");
    await page.locator("main").getByRole("button", { name: "Add charge" }).click();
    await expect(page).toHaveURL(/\/charges\?done=charged$/);
    const row = page.locator("main li.rows__row", { hasText: "2.5 ×" }).first();
    await expect(row).toContainText("Added by hand");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await row.locator("details.confirm summary").click();
    await row.locator("details.confirm").getByRole("button", { name: "Take back" }).click();
    await expect(page).toHaveURL(/\/charges\?done=cancelled$/);
  });
});
