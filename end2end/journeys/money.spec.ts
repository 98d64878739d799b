import { expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit, type Page } from "../support/test.ts";

/** Looks at the page at a desk and on a phone. */
async function looked(page: Page, name: string): Promise<void> {
  await expectAccessible(page);
  await picture(page, name);
  const desk = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
  await picture(page, `${name}-phone`);
  if (desk) await page.setViewportSize(desk);
}

test("a mistake at the till has a way back that two people see", async ({ page, hospital, people }) => {
  test.setTimeout(120_000);
  await signIn(page, "cashier");
  const patient = await hospital.patient();
  await hospital.waitsToPay(patient);
  await visit(page, `/cashier?patient=${patient.id}`);
  await page.getByRole("button", { name: "Issue invoice" }).click();
  await page.waitForURL(/invoice=/);
  const invoice = new URL(page.url()).searchParams.get("invoice") ?? "";
  await visit(page, page.url());
  await page.getByLabel("Amount tendered").press("k");
  await page.waitForURL(/receipt=/);

  await test.step("the cashier asks for a credit note on all of it", async () => {
    await visit(page, `/invoices/${invoice}/credit`);
    await looked(page, "credit-ask");
    await page.getByLabel("All that is left of the invoice").check();
    await page.getByLabel("Reason").selectOption({ label: "not done" });
    await page.getByLabel("What becomes of the charge").selectOption({ label: "Cancel the charge" });
    await page.getByRole("button", { name: "Ask for a credit note" }).click();
    await page.waitForURL(/\/credit-notes\/.*done=asked/);
    await expect(page.getByText("You asked for this: another person must approve it.")).toBeVisible();
    await expect(page.locator("main").getByRole("button", { name: "Approve" })).toHaveCount(0);
  });
  const note = page.url().split("?")[0] ?? "";
  await looked(page, "credit-asked");

  const second = await people.another();
  await signIn(second, "accountant");
  await test.step("another person approves it", async () => {
    await visit(second, "/approvals");
    await looked(second, "approvals");
    await visit(second, new URL(note).pathname);
    await second.locator("main").getByRole("button", { name: "Approve" }).click();
    await second.waitForURL(/done=issued/);
    await expect(second.getByRole("heading", { level: 1 })).toHaveText(/CRN-\d{4}-\d{6}/);
  });

  await test.step("the money is left as a deposit and goes back", async () => {
    await visit(page, `/patients/${patient.id}/account`);
    await page.locator("main").getByRole("link", { name: /REC-/ }).first().click();
    await page.waitForURL(/\/payments\//);
    await page.locator("main").getByLabel("Reason").first().fill("Not done");
    await page.locator("main").getByRole("button", { name: "Ask for a refund" }).click();
    await page.waitForURL(/done=asked/);
    await looked(page, "refund-asked");
    await visit(second, new URL(page.url()).pathname);
    await second.locator("main").getByRole("button", { name: "Approve" }).click();
    await second.waitForURL(/done=approved/);
    await visit(page, new URL(page.url()).pathname);
    await page.locator("main").getByRole("button", { name: "Pay back" }).click();
    await page.waitForURL(/done=paid_back/);
    await expect(page.locator("main").getByText("Paid back").first()).toBeVisible();
    await visit(page, `/invoices/${invoice}`);
    await looked(page, "invoice-cancelled");
    await visit(page, `/patients/${patient.id}/account`);
    await looked(page, "account");
  });
});

test("a deposit is taken by its key, and an invoice uses it", async ({ page, hospital }) => {
  await signIn(page, "cashier");
  const patient = await hospital.patient();
  await hospital.waitsToPay(patient);
  await visit(page, `/cashier?patient=${patient.id}`);
  await page.keyboard.press("d");
  await page.waitForURL(/\/deposit$/);
  await looked(page, "deposit");
  await page.getByLabel("Amount").fill("500");
  await page.getByLabel("Method").selectOption({ label: "Cash" });
  await page.getByRole("button", { name: "Take deposit" }).click();
  await page.waitForURL(/\/payments\/.*done=deposit/);
  await visit(page, `/cashier?patient=${patient.id}`);
  await expect(page.getByText("Deposit held: $500.00")).toBeVisible();
  await page.getByRole("button", { name: "Issue invoice" }).click();
  await page.waitForURL(/invoice=/);
  const invoice = new URL(page.url()).searchParams.get("invoice") ?? "";
  await visit(page, `/invoices/${invoice}`);
  await looked(page, "invoice-open");
  await page.getByRole("button", { name: /Use deposit/ }).click();
  await page.waitForURL(/done=deposit_used/);
});

test("the hospital sets taxes, cash rounding and series", async ({ page }) => {
  await signIn(page, "admin");
  await visit(page, "/prices/rules");
  await looked(page, "prices-rules");
  const name = `Reduced ${Date.now()}`;
  const add = page.locator("form[action='/api/billing/add_tax_class']");
  await add.getByLabel("Tax class").fill(name);
  await add.getByLabel("Rate in percent").fill("7");
  await add.getByRole("button", { name: "Add tax class" }).click();
  await page.waitForURL(/done=saved/);
  await expect(page.locator("main").getByText(name).first()).toBeVisible();
  await visit(page, "/prices");
  const item = await page.locator("main table a[href^='/prices/']").first().getAttribute("href");
  await visit(page, item ?? "");
  await expect(page.getByLabel("The price contains the tax")).toBeVisible();
  await looked(page, "price-item");
});
