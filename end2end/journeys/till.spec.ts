import { DEMO_PASSWORD, expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit, type Page } from "../support/test.ts";

const CASHIER = "frontdesk";
const NAME = "Iris Fontaine";

/** Opens a shift with two notes of twenty, by keyboard alone. */
async function openShift(page: Page): Promise<void> {
  await visit(page, "/till");
  const point = page.locator("main [name=point]");
  if ((await point.inputValue()) === "") await point.selectOption({ index: 1 });
  await page.locator("main [name=d_10000]").focus();
  // Enter goes to the next coin or note, and does not send the sheet.
  await page.keyboard.press("Enter");
  await expect(page.locator("main [name=d_5000]")).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.type("2");
  await page.getByLabel("I have counted the float").check();
  await page.keyboard.press("Control+Enter");
  await page.waitForURL(/\/cashier/);
}

test("a cashier's day from the float to the hand-over, by keyboard", async ({ page, people, watch }) => {
  // A difference without a reason is answered with 422.
  watch.tolerate(/422/);
  const accountant = await people.another();
  await signIn(page, CASHIER);
  await visit(page, "/till");
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  if (await page.getByRole("button", { name: "Open a shift" }).isVisible()) {
    await openShift(page);
    await visit(page, "/till");
  }

  await test.step("a drop leaves the drawer when it is sent, and is taken back", async () => {
    await page.locator("main [name=kind]").selectOption("pay_in");
    await expect(page.locator("main [name=party]")).toBeVisible();
    await expect(page.locator("main [name=to]")).toBeHidden();
    await picture(page, "till-pay-in");
    await page.locator("main [name=kind]").selectOption("drop");
    await expect(page.locator("main [name=party]")).toBeHidden();
    await expect(page.locator("main [name=to]")).toBeHidden();
    await page.locator("main [name=amount]").fill("5");
    await page.locator("main [name=amount]").press("Enter");
    await page.waitForURL(/done=moved/);
    await page.getByRole("button", { name: "Take back" }).press("Enter");
    await page.waitForURL(/done=withdrawn/);
  });

  await test.step("the count is blind, and a difference needs a reason", async () => {
    await page.getByRole("button", { name: "Begin to close" }).press("Enter");
    await page.waitForURL(/done=closing/);
    await visit(page, page.url());
    await expect(page.getByText("Expected", { exact: true })).toHaveCount(0);
    await page.locator("main [name=d_100]").fill("1");
    await page.getByLabel("I have counted everything").check();
    await page.keyboard.press("Control+Enter");
    await page.waitForURL(/done=counted/);
    // Without the message, whose colours change while it goes.
    await visit(page, page.url().replace(/\?.*/, ""));
    await expectAccessible(page);
    await picture(page, "till-counted");
    await page.locator("main [name=reason_cash]").fill("Counted for the test of the hand-over");
    await page.keyboard.press("Control+Enter");
    await page.waitForURL(/done=handed_over/);
  });

  await test.step("the receiver signs in and counts by herself", async () => {
    await signIn(accountant, "accountant");
    await visit(accountant, "/till/supervise");
    await accountant.locator("tr", { hasText: "Handed over" }).getByRole("link", { name: NAME }).first().click();
    await expect(accountant.getByRole("heading", { name: "Take the shift over" })).toBeVisible();
    await accountant.locator("main [name=d_100]").fill("1");
    await accountant.locator("main [name=password]").fill(DEMO_PASSWORD);
    await accountant.getByRole("button", { name: "I counted it and take it over" }).press("Enter");
    await accountant.waitForURL(/done=received/);
    await expect(accountant.getByText("Counted for the test of the hand-over")).toBeVisible();
    await expectAccessible(accountant);
  });

  // The next shift begins with a float of its own; the other journeys find the cashier with an open shift.
  await openShift(page);
  await expect(page.getByRole("link", { name: "Open a shift" })).toHaveCount(0);
});
