import { expect, expectAccessible, signIn, test, visit } from "../support/test.ts";

/** A Tuesday about eleven weeks ahead, on which no other journey books. */
function farTuesday(): string {
  const day = new Date(Date.now() + 77 * 86_400_000);
  day.setUTCDate(day.getUTCDate() + ((2 - day.getUTCDay() + 7) % 7));
  return day.toISOString().slice(0, 10);
}

test("a doctor falls ill with fourteen booked, who are settled in one page", async ({ page, hospital, watch }) => {
  test.setTimeout(300_000);
  watch.tolerate(/409|422/);
  const day = farTuesday();
  await signIn(page, "reception");
  await visit(page, `/schedules?day=${day}`);
  const hrefs = await page.locator("a.slot-free").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  const doctorOf = (href: string) => new URLSearchParams(href.split("?")[1]).get("doctor") ?? "";
  const doctor = doctorOf(hrefs[0] ?? "");
  const times = hrefs.filter((href) => doctorOf(href) === doctor).slice(0, 14);
  expect(times, "the doctor has fourteen free times").toHaveLength(14);
  await test.step("fourteen are booked", async () => {
    for (const href of times) {
      const patient = await hospital.patient();
      await page.goto(`${href}&patient=${patient.id}`);
      await page.locator("main").getByRole("button", { name: "Book", exact: true }).click();
      await page.waitForURL(/\/appointments\/[0-9a-f-]{36}/);
    }
  });
  const reason = `Fever ${String(Date.now()).slice(-7)}`;
  await test.step("the leave is saved after its list was seen", async () => {
    await visit(page, `/absences/new?kind=leave&doctor=${doctor}`);
    await page.locator("main [name=from_day]").fill(day);
    await page.locator("main [name=to_day]").fill(day);
    await page.locator("main [name=reason]").fill(reason);
    await page.locator("main").getByRole("button", { name: "Save" }).click();
    await expect(page.locator("main [name=seen]"), "the list of those booked is shown first").toHaveCount(1);
    await page.locator("main form:has([name=seen]) .form__actions button").click();
    await page.waitForURL(/\/settle\?.*count=14/);
    await expectAccessible(page);
  });
  await test.step("all are moved by one press", async () => {
    await page.locator("main").getByRole("button", { name: /^Move 14 / }).click();
    await page.waitForURL(/done=moved/);
    await visit(page, `/settle?doctor=${doctor}`);
    await expect(page.getByText("Nothing to settle")).toBeVisible();
  });
  await test.step("the doctor is well again", async () => {
    await visit(page, "/absences");
    const row = page.locator("main tr").filter({ hasText: reason });
    await row.locator("details.confirm summary").click();
    await row.locator("details.confirm").getByRole("button", { name: "Withdraw" }).click();
    await page.waitForURL(/done=withdrawn/);
  });
});
