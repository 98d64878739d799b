import { expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit, type Hospital, type Page } from "../support/test.ts";

/** Opens the account of a patient who comes from the doctor, with the invoice issued. */
async function somebodyToPay(page: Page, hospital: Hospital): Promise<void> {
  const patient = await hospital.patient();
  await hospital.waitsToPay(patient);
  await visit(page, `/cashier?patient=${patient.id}`);
  await page.getByRole("button", { name: "Issue invoice" }).click();
  await page.waitForURL(/invoice=/);
  await visit(page, page.url());
}

test("the desk counts the change while the amount is typed", { tag: "@phone" }, async ({ page, hospital }) => {
  await signIn(page, "cashier");
  await somebodyToPay(page, hospital);
  // The patient came without an appointment and was told the price on arrival.
  await expect(page.locator("main").getByText(/^Told on arrival on .*\d/)).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  const tendered = page.getByLabel("Amount tendered");
  const due = Number((await tendered.inputValue()).replace(",", ""));
  await tendered.fill("1");
  await expect(page.locator(".pay__change")).toContainText("Stays to pay");
  await tendered.fill(String(due + 14));
  await expect(page.locator(".pay__change")).toContainText("14.00");
  await picture(page, "cashier");
});

test("the cashier issues, takes cash, gives change and prints the receipt", async ({ page, hospital }) => {
  await signIn(page, "cashier");
  await somebodyToPay(page, hospital);
  const tendered = page.getByLabel("Amount tendered");
  const due = Number((await tendered.inputValue()).replace(",", ""));
  await tendered.fill(String(due + 14));

  // A letter in the amount field is a shortcut key, not part of the amount.
  await tendered.press("c");
  await page.waitForURL(/receipt=/);
  await expect(page.getByText("Give back")).toBeVisible();
  await expect(page.locator(".pay__change")).toContainText("14.00");
  await expect(page.getByText(/Receipt REC-\d{4}-\d{6}/)).toBeVisible();

  const receipt = await page.getByRole("link", { name: /Print receipt/ }).getAttribute("href");
  await visit(page, (receipt ?? "").replace("?print=1", ""));
  await expect(page.getByRole("heading", { name: "Receipt" })).toBeVisible();
  await expectAccessible(page);
  await picture(page, "receipt");
});

test("after a part payment the amount is empty, has the focus, and the same key books nothing", async ({ page, hospital, watch }) => {
  // A missing amount is answered with 422.
  watch.tolerate(/422/);
  await signIn(page, "cashier");
  await somebodyToPay(page, hospital);
  const tendered = page.getByLabel("Amount tendered");
  await tendered.fill("1");
  await tendered.press("c");
  await page.waitForURL(/receipt=/);
  await visit(page, page.url());
  await expect(tendered).toHaveValue("");
  await expect(tendered).toBeFocused();
  // The focus is not trapped there: Tab moves to the next field.
  await page.keyboard.press("Tab");
  await expect(tendered).not.toBeFocused();
  const due = page.locator(".invoice__due dd");
  const before = await due.textContent();
  await tendered.focus();
  await page.keyboard.press("c");
  await expect(page.locator(".pay .field__error").first()).toBeVisible();
  await expect(due, "nothing was taken").toHaveText(before ?? "");
});

test.describe("with scripts off", () => {
  test.use({ javaScriptEnabled: false });

  test("the cashier takes a payment", async ({ page, hospital }) => {
    await signIn(page, "cashier");
    await somebodyToPay(page, hospital);
    const due = Number((await page.getByLabel("Amount tendered").inputValue()).replace(",", ""));

    // A card payment above the amount due is refused, and the typed amount is still there.
    await page.getByLabel("Amount tendered").fill(String(due + 10));
    await page.getByRole("button", { name: "Card" }).click();
    await expect(page.locator(".pay .field__error")).toContainText("is due");
    await expect(page.getByLabel("Amount tendered")).toHaveValue(String(due + 10));

    await page.getByRole("button", { name: "Cash" }).click();
    await expect(page.getByText("Give back")).toBeVisible();
    await expect(page.locator(".pay__change")).toContainText("10.00");
  });
});
