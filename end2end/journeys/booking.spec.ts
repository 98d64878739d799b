import { expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit, type Page } from "../support/test.ts";

/** Opens the free times of a specialty and takes the last one of the week, which no other journey uses. */
async function holdATime(page: Page): Promise<void> {
  await visit(page, "/portal/book");
  await page.getByRole("link", { name: "Internal medicine" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("When suits you?");
  await picture(page, "booking-times");
  // A phone shows one day at a time.
  const days = page.locator("a.day-chips__day:visible");
  if ((await days.count()) > 0) await days.last().click();
  await page.locator(".slots__slot:visible").last().click();
  await expect(page).toHaveURL(/\/portal\/book\/[0-9a-f-]{36}/);
}

test("a patient books a time, puts it into the calendar, and gives it back", { tag: ["@phone"] }, async ({ page, hospital }) => {
  await signIn(page, hospital.portal(await hospital.patient()));
  await book(page);
});

test("booking works without scripts", { tag: ["@noscript"] }, async ({ page, hospital }) => {
  await signIn(page, hospital.portal(await hospital.patient()));
  await book(page);
});

async function book(page: Page): Promise<void> {
  await holdATime(page);
  await picture(page, "booking-confirm");
  await expect(page.getByText("Held for you until")).toBeVisible();
  await expect(page.getByText("Expected cost")).toBeVisible();
  const reason = "</textarea><script>window.bad = true</script> Headaches";
  await page.getByLabel("What is it about?").fill(reason);
  await page.getByRole("button", { name: "Confirm the appointment" }).click();
  await expect(page.getByText("Your appointment is booked")).toBeVisible();
  await expect(page.getByText(reason)).toBeVisible();
  await picture(page, "booking-booked");
  const file = await page.getByRole("link", { name: "Add to calendar" }).getAttribute("href");
  const calendar = await page.request.get(file ?? "");
  expect(calendar.headers()["content-type"]).toContain("text/calendar");
  expect(await calendar.text()).toContain("BEGIN:VEVENT");
  await page.getByRole("button", { name: "Cancel the appointment" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(page.getByText("The appointment is cancelled")).toBeVisible();
}

test("the pages of booking are accessible and fit", { tag: "@phone" }, async ({ page, hospital }) => {
  test.setTimeout(120_000);
  await signIn(page, hospital.portal(await hospital.patient()));
  await visit(page, "/portal/book");
  await page.getByRole("link", { name: "Internal medicine" }).click();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await holdATime(page);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
});

test("what one desk books, the other sees at once", async ({ page, people, hospital }) => {
  const { mrn } = await hospital.patient();
  const day = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);
  await signIn(page, "reception");
  const other = await people.another();
  await signIn(other, "frontdesk");
  await visit(page, `/schedules?day=${day}`);
  await visit(other, `/schedules?day=${day}`);
  const free = other.locator(".slot-free").last();
  const address = (await free.getAttribute("href")) ?? "";
  await expect(page.locator(`a.slot-free[href="${address}"]`)).toHaveCount(1);
  await free.click();
  await other.locator("main").getByRole("searchbox").fill(mrn);
  await other.locator("main").getByRole("button", { name: "Search" }).click();
  await other.locator("main .rows .row-link").first().click();
  await other.getByRole("button", { name: "Book" }).click();
  await expect(other.getByText("Booked").first()).toBeVisible();
  await expect(page.locator(`a.slot-free[href="${address}"]`), "the time is taken here too").toHaveCount(0);
  await other.getByRole("button", { name: "Cancel the appointment" }).click();
  await other.getByLabel("Reason for cancelling").fill("Only tried out");
  await other.locator("dialog").getByRole("button", { name: "Cancel the appointment" }).click();
  await expect(page.locator(`a.slot-free[href="${address}"]`), "and free again").toHaveCount(1);
});
