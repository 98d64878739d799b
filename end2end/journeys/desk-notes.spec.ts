/** The desk blocks an hour of a doctor from the schedule, sees the day by rooms, and notes a remark that patients never see. */
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

/** A day so far ahead that no other journey books on it. */
function farDay(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

test("an hour is blocked from the schedule, with its reason for staff", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, `/schedules?day=${farDay(150)}`);
  await page.locator("main").getByRole("link", { name: "Block time" }).click();
  await page.locator("main [name=doctor_id]").selectOption({ index: 1 });
  await page.locator("main [name=from_time]").fill("12:00");
  await page.locator("main [name=to_time]").fill("12:30");
  const reason = `Meeting ${String(Date.now()).slice(-7)}`;
  await page.locator("main [name=reason]").fill(reason);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/\/schedules\?.*done=blocked/);
  await expect(page.locator(".slot-away", { hasText: `Blocked: ${reason}` })).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test("a day is read by rooms", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/schedules");
  await page.locator("main").getByRole("link", { name: "By room" }).click();
  await page.waitForURL(/view=rooms/);
  const rooms = page.locator(".schedule__column h2 a", { hasText: "Room" });
  await expect(rooms.first()).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await rooms.first().click();
  await page.waitForURL(/room=/);
  await expect(page.locator(".schedule__column")).toHaveCount(1);
});

test("the desk notes a remark on an appointment and changes it", async ({ page, hospital }) => {
  const patient = await hospital.patient();
  await signIn(page, "reception");
  await visit(page, `/schedules?day=${farDay(30)}`);
  const free = await page.locator("a.slot-free").first().getAttribute("href");
  await page.goto(`${free}&patient=${patient.id}`);
  await expect(page.locator("main")).toContainText("Expected price");
  await page.getByLabel("Remark of the desk").fill("Needs the ramp");
  await page.locator("main").getByRole("button", { name: "Book", exact: true }).click();
  await page.waitForURL(/\/appointments\/[0-9a-f-]{36}/);
  await expect(page.getByLabel("Remark of the desk")).toHaveValue("Needs the ramp");
  await page.getByLabel("Remark of the desk").fill("Comes with her sister");
  await page.getByRole("button", { name: "Save the remark" }).click();
  await page.waitForURL(/done=remark/);
  await expect(page.getByLabel("Remark of the desk")).toHaveValue("Comes with her sister");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Cancel the appointment" }).click();
  await page.getByLabel("Reason for cancelling").fill("Only tried out");
  await page.locator("dialog").getByRole("button", { name: "Cancel the appointment" }).click();
  await page.waitForURL(/done=cancelled/);
});
