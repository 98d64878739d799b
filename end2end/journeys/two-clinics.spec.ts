/** The demo has a second clinic in another time zone: it is booked in the portal, and its times are those of its own clock. */
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a patient books at a clinic in another time zone, on its clock", { tag: "@phone" }, async ({ page, hospital }) => {
  test.setTimeout(120_000);
  await signIn(page, hospital.portal(await hospital.patient()));
  await visit(page, "/portal/book");
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole("link", { name: "South Clinic", exact: true }).click();
  await expect(page.locator(".booking__place")).toContainText("Harbour Road");
  await page.getByRole("link", { name: "Urgent care", exact: true }).click();
  await expect(page.getByText("South Clinic").first()).toBeVisible();
  const slot = page.locator(".slots__slot:visible").last();
  const instant = new Date(Number((await slot.getAttribute("value"))?.split(".").at(-1)) * 1000);
  await slot.click();
  await page.getByLabel("What is it about?").fill("A cut in the hand");
  await page.getByRole("button", { name: "Confirm the appointment" }).click();
  await expect(page.getByText("Your appointment is booked")).toBeVisible();
  await expect(page.getByRole("link", { name: /Harbour Road/ })).toBeVisible();
  const calendar = await page.request.get((await page.getByRole("link", { name: "Add to calendar" }).getAttribute("href")) ?? "");
  const [, zone, date, time] = (await calendar.text()).match(/DTSTART;TZID=([\w/+-]+):(\d{8})T(\d{4})00/) ?? [];
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(instant);
  expect(`${date} ${time}`, "the calendar has the clinic's clock").toBe(parts.replaceAll(/[-:]/g, ""));
  await expect(page.getByRole("heading", { level: 1 }), "and so has the page").toContainText(parts.split(" ")[1] ?? "");
  await page.getByRole("button", { name: "Cancel the appointment" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(page.getByText("The appointment is cancelled")).toBeVisible();
});

test("an administrator goes from one clinic to the other", async ({ page }) => {
  await signIn(page, "admin");
  await visit(page, "/settings/hours");
  await expect(page.getByText("North Clinic.").first()).toBeVisible();
  await visit(page, "/settings/clinics");
  for (const clinic of ["North Clinic", "South Clinic"]) await expect(page.locator("main").getByRole("link", { name: clinic, exact: true })).toBeVisible();
});
