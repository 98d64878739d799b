/**
 * The accountant's month end: work without an invoice is billed, the shifts are closed, the trial balance is read, the month is closed, a
 * late posting is refused in words and posted into the next month, files and a statement leave the program.
 */
import { Hospital } from "../support/hospital.ts";
import { OwnServer } from "../support/own-server.ts";
import { printed } from "../support/paper.ts";
import { DEMO_PASSWORD, expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit, type Page } from "../support/test.ts";

/** The first days of this month and of the month before, as the database has them. */
function months(): { before: string; lastDay: string; now: string } {
  const today = new Date();
  const day = (month: number, date: number) => new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + month, date)).toISOString().slice(0, 10);
  return { before: day(-1, 1), lastDay: day(0, 0), now: day(0, 1) };
}

/** Counts the shift of the cashier, if there is one, and hands it over; the accountant counts it by herself and takes it over. */
async function closeShift(cashier: Page, accountant: Page, name: string): Promise<void> {
  await visit(cashier, "/till");
  const begin = cashier.getByRole("button", { name: "Begin to close" });
  if ((await begin.count()) === 0) return;
  await begin.click();
  await cashier.waitForURL(/done=closing/);
  await visit(cashier, cashier.url());
  await cashier.locator("main [name=d_100]").fill("1");
  await cashier.getByLabel("I have counted everything").check();
  await cashier.keyboard.press("Control+Enter");
  await cashier.waitForURL(/done=counted/);
  for (const reason of await cashier.locator("main [name^=reason_]").all()) await reason.fill("Counted at the end of the month");
  await cashier.getByRole("button", { name: "Hand over" }).click();
  await cashier.waitForURL(/done=handed_over/);
  await visit(accountant, "/till/supervise");
  await accountant.locator("tr", { hasText: "Handed over" }).getByRole("link", { name }).first().click();
  await accountant.locator("main [name=d_100]").fill("1");
  await accountant.locator("main [name=password]").fill(DEMO_PASSWORD);
  await accountant.getByRole("button", { name: "I counted it and take it over" }).click();
  await accountant.waitForURL(/done=(received|closed)/);
}

/** The row of a month on the page of the books, by its first day. */
const monthRow = (page: Page, month: string) => page.locator("main tr").filter({ has: page.locator(`input[name=month][value="${month}"]`) });

/** Presses a step of the month. */
async function step(page: Page, month: string, button: string): Promise<void> {
  await visit(page, "/books");
  await monthRow(page, month).getByRole("button", { name: new RegExp(`^${button}`) }).click();
  await page.waitForURL(/\/books\?done=saved/);
}

test("the accountant closes a month", async ({ people, watch }) => {
  test.setTimeout(300_000);
  watch.tolerate(/409/);
  const server = await OwnServer.open();
  const hospital = new Hospital(server.baseURL, server.database);
  const { before, lastDay, now } = months();
  // The month before has ended; the demo posts what it has into this one.
  await server.kill();
  server.change(`INSERT INTO ledger_periods (starts_on) VALUES ('${before}') ON CONFLICT (starts_on) DO UPDATE SET state = state`);
  await server.start();
  try {
    const own = { baseURL: server.baseURL };
    const [accountant, cashier, desk] = [await people.another(own), await people.another(own), await people.another(own)];
    await signIn(accountant, "accountant");
    await signIn(cashier, "cashier");
    await signIn(desk, "frontdesk");
    const patient = await hospital.patient();
    await hospital.waitsToPay(patient);

    await test.step("work without an invoice is found and billed", async () => {
      await visit(accountant, "/books/unbilled");
      await expectAccessible(accountant);
      const row = accountant.locator("main tr", { hasText: patient.listed });
      await expect(row).toHaveCount(1);
      await visit(cashier, `/cashier?patient=${patient.id}`);
      await cashier.getByRole("button", { name: "Issue invoice" }).click();
      await cashier.waitForURL(/invoice=/);
      await visit(cashier, cashier.url());
      await cashier.getByLabel("Amount tendered").press("k");
      await cashier.waitForURL(/receipt=/);
      await visit(accountant, "/books/unbilled");
      await expect(row).toHaveCount(0);
    });

    await test.step("what keeps a shift open is decided, and all shifts are closed", async () => {
      await visit(accountant, "/approvals");
      const asked = await accountant.locator("main a[href^='/payments/']").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
      for (const payment of new Set(asked)) {
        await visit(accountant, payment);
        await accountant.locator("main").getByRole("button", { name: "Approve" }).first().click();
        await accountant.waitForURL(/done=approved/);
      }
      await closeShift(cashier, accountant, "Hugo Marchetti");
      await closeShift(desk, accountant, "Iris Fontaine");
      await visit(accountant, "/till/supervise");
      await expect(accountant.locator("main tbody").getByText("Open", { exact: true })).toHaveCount(0);
      await picture(accountant, "month-end-shifts");
    });

    await test.step("the trial balance is read, and its files are fetched", async () => {
      await visit(accountant, "/books/trial-balance");
      await expectAccessible(accountant);
      await expectNoSidewaysScroll(accountant);
      const sums = await accountant.locator("main tbody tr").last().locator("td").allInnerTexts();
      expect(sums.slice(-3), "debits and credits are the same").toEqual([sums.at(-2), sums.at(-2), "$0.00"]);
      await picture(accountant, "month-end-trial-balance");
      const csv = await accountant.request.get((await accountant.getByRole("link", { name: "CSV" }).getAttribute("href")) ?? "");
      expect(csv.headers()["content-type"]).toContain("text/csv");
      expect(await csv.text()).toMatch(/^Revenue,/m);
      const book = await accountant.request.get((await accountant.getByRole("link", { name: "Excel (XLSX)" }).getAttribute("href")) ?? "");
      expect(book.headers()["content-disposition"]).toContain("trial-balance.xlsx");
      expect((await book.body()).subarray(0, 2).toString(), "a workbook is a zip").toBe("PK");
    });

    // The report of the closed month, which must not change any more.
    const reported = async () => {
      await visit(accountant, `/books/revenue?from=${before}&day=${lastDay}`);
      return accountant.locator("main").innerText();
    };
    const report = await reported();
    await test.step("the month is closed", async () => {
      await step(accountant, before, "Begin to close");
      await step(accountant, before, "Close");
      await expect(monthRow(accountant, before)).toContainText("Closed");
      await expectAccessible(accountant);
      await picture(accountant, "month-end-closed");
    });

    const late = await hospital.patient();
    await test.step("nothing posts into a month that is being closed, and the desk hears why", async () => {
      await hospital.waitsToPay(late);
      // As on the day after its end: the clock of a journey cannot be set.
      await server.kill();
      const by = "(SELECT id FROM users WHERE login = 'accountant')";
      server.change(`UPDATE ledger_periods SET state = 'closing', closing_at = '${now}T00:00:00.000000Z', closing_by = ${by} WHERE starts_on = '${now}'`);
      await server.start();
      await visit(cashier, `/cashier?patient=${late.id}`);
      await cashier.getByRole("button", { name: "Issue invoice" }).click();
      await expect(cashier.getByText("The month is closed. Nothing can be posted into it; ask an accountant.").first()).toBeVisible();
      await step(accountant, now, "Open again");
    });

    await test.step("a service of the closed month is posted into the next one", async () => {
      await visit(desk, `/patients/${late.id}/charges`);
      await desk.locator("main [name=item_id]").selectOption({ index: 1 });
      await desk.locator("main [name=service_day]").fill(lastDay);
      await desk.getByRole("button", { name: "Add charge" }).click();
      await desk.waitForURL(/done=/);
      await visit(cashier, `/cashier?patient=${late.id}`);
      await cashier.getByRole("button", { name: "Issue invoice" }).click();
      await cashier.waitForURL(/invoice=/);
      const issued = /INV-\d{4}-\d{6}/.exec(await cashier.locator("main").innerText())?.[0] ?? "no number";
      expect(await reported(), "the closed month reports the same").toBe(report);
      await visit(accountant, "/books/unbilled");
      await expect(accountant.locator("main tr", { hasText: late.listed })).toHaveCount(0);
      await visit(accountant, "/books/day");
      await expect(accountant.locator("main tbody tr", { hasText: issued })).toBeVisible();
    });

    await test.step("the statement goes out on paper", async () => {
      await visit(cashier, `/patients/${late.id}/account`);
      await cashier.getByRole("link", { name: "Statement" }).click();
      await cashier.waitForURL(/\/account\/print/);
      const paper = await printed(cashier, "month-end-statement", "A4");
      expect(paper.pages[0]).toContain(late.mrn);
      expect(paper.pages[0]).toMatch(/INV-\d{4}-\d{6}/);
    });
  } finally {
    await hospital.end();
    await server.close();
  }
});
