/**
 * Corrections at the till in one story: a discount on a whole invoice, a payment in cash and by card that is voided within its shift,
 * instalments, and a write-off; what takes a second person the supervisor decides.
 */
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit, type Page } from "../support/test.ts";

/** Reads an amount as it is shown: "$1,234.50" is 1234.5. */
const amount = (text: string | null): number => Number((text ?? "").replace(/[^0-9.]/g, ""));

/** Pays back each approved part of a payment. */
async function payBack(page: Page, payment: string, parts: number): Promise<void> {
  for (let part = 0; part < parts; part++) {
    await visit(page, payment);
    await page.locator("main").getByRole("button", { name: "Pay back" }).first().click();
    await page.waitForURL(/done=paid_back/);
  }
}

test("a discount, a void, instalments and a write-off, each with its second person", async ({ page, hospital, people }) => {
  test.setTimeout(120_000);
  const supervisor = await people.another();
  await signIn(page, "cashier");
  await signIn(supervisor, "accountant");
  const patient = await hospital.patient();
  await hospital.waitsToPay(patient);

  await test.step("a discount on the whole invoice is spread over its lines, with a reason", async () => {
    await visit(page, `/patients/${patient.id}/charges`);
    const physiotherapy = await page.locator("main [name=item_id] option", { hasText: "· PHYSIO ·" }).first().getAttribute("value");
    await page.locator("main [name=item_id]").selectOption(physiotherapy ?? "");
    await page.getByRole("button", { name: "Add charge" }).click();
    await page.waitForURL(/done=charged/);
    await visit(page, page.url());
    const form = page.locator("form[action='/api/billing/discount_invoice']");
    await page.locator("main summary", { hasText: "Discount on the whole invoice" }).click();
    await expectAccessible(page);
    await form.locator("[name=discount]").fill("5 %");
    await form.locator("[name=reason]").selectOption({ label: "hardship" });
    await form.getByRole("button", { name: "Give it on all lines" }).click();
    await page.waitForURL(/done=discounted/);
    await expect(page.locator("main").getByText(/less \$[0-9.]+ \(hardship\)/)).toHaveCount(2);
  });

  let invoice = "";
  let due = 0;
  let payment = "";
  await test.step("the invoice is paid in cash and by card", async () => {
    await visit(page, `/cashier?patient=${patient.id}`);
    await page.getByRole("button", { name: "Issue invoice" }).click();
    await page.waitForURL(/invoice=/);
    invoice = `/invoices/${new URL(page.url()).searchParams.get("invoice") ?? ""}`;
    await visit(page, page.url());
    const tendered = page.getByLabel("Amount tendered");
    due = amount(await tendered.inputValue());
    await tendered.fill((due - 50).toFixed(2));
    await page.locator("main summary", { hasText: "A second means of payment" }).click();
    await page.locator("main [name=also_method]").selectOption({ label: "Card" });
    await page.locator("main [name=also_amount]").fill("50");
    await page.locator("main").getByRole("button", { name: "Cash" }).click();
    await page.waitForURL(/receipt=/);
    payment = `/payments/${new URL(page.url()).searchParams.get("receipt") ?? ""}`;
    await expect(page.locator("main").getByText("Cash + Card").first()).toBeVisible();
  });

  await test.step("the payment is voided while its shift is open, once the supervisor approves", async () => {
    await visit(page, payment);
    await page.locator("main summary", { hasText: "Void this payment" }).click();
    await page.locator("#void [name=reason]").fill("Another patient's invoice");
    await page.locator("#void").getByRole("button", { name: "Void this payment" }).click();
    await page.waitForURL(/done=asked/);
    await expect(page.locator("main").getByRole("button", { name: "Approve" })).toHaveCount(0);
    await visit(page, "/approvals");
    await expect(page.locator("main").getByText("Void").first()).toBeVisible();
    await visit(supervisor, payment);
    await supervisor.locator("main").getByRole("button", { name: "Approve" }).first().click();
    await supervisor.waitForURL(/done=approved/);
    await payBack(page, payment, 2);
    await visit(page, invoice);
    await expect(page.locator("main")).toContainText(/Due \d+ \w+ \d{4}/);
    await expect(page.getByRole("link", { name: "Take payment" })).toBeVisible();
  });

  await test.step("what is owed is to be paid in three parts", async () => {
    const form = page.locator("form[action='/api/billing/agree_instalments']");
    await form.locator("[name=parts]").fill("3");
    await form.getByRole("button", { name: "Agree on instalments" }).click();
    await page.waitForURL(/done=instalments/);
    await visit(page, invoice);
    const plan = page.locator("main section", { has: page.getByRole("heading", { name: "Instalments" }) });
    await expect(plan.locator("tbody tr")).toHaveCount(3);
    const parts = await plan.locator("tbody tr td:last-child").allTextContents();
    expect(Math.round(100 * parts.map(amount).reduce((sum, part) => sum + part, 0)), "the parts add up").toBe(Math.round(100 * due));
  });

  await test.step("a part is written off, with the supervisor's approval", async () => {
    const form = page.locator("form[action='/api/billing/write_off']");
    await form.locator("[name=amount]").fill("10");
    await form.locator("[name=reason]").selectOption({ label: "charity" });
    await form.getByRole("button", { name: "Write-off" }).click();
    await page.waitForURL(/done=(asked|written_off)/);
    if (page.url().includes("asked")) {
      await visit(supervisor, "/approvals");
      await expectAccessible(supervisor);
      const number = /INV-\d{4}-\d{6}/.exec(await page.locator("main").innerText())?.[0] ?? "no number";
      await supervisor.locator("main tr", { hasText: number }).getByRole("button", { name: /^Approve/ }).click();
      await supervisor.waitForURL(/done=written_off/);
    }
    await visit(page, invoice);
    await expect(page.locator("main").getByText("Written off").first()).toBeVisible();
    await expectNoSidewaysScroll(page);
  });
});

test("overdue accounts are found, and fit a phone", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "cashier");
  await visit(page, "/overdue");
  await expect(page.getByRole("heading", { level: 1, name: "Overdue accounts" })).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await visit(page, "/overdue?q=nobody-has-this-name");
  await expect(page.getByText("Nothing is overdue")).toBeVisible();
});
