import { expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit, type Page } from "../support/test.ts";

test("a patient joins the waitlist, the desk sees it, and the patient gives up", { tag: ["@phone"] }, async ({ page, people, hospital }) => {
  test.setTimeout(120_000);
  const her = hospital.portal(await hospital.patient());
  await signIn(page, her);
  await visit(page, "/portal/book");
  await page.getByRole("link", { name: "Internal medicine" }).click();
  await expect(page.locator("details.month table")).toBeVisible();
  await page.getByRole("link", { name: "Join the waitlist" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Join the waitlist");
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  const service = page.locator("main [name=service_id]");
  if ((await service.inputValue()) === "") await service.selectOption({ index: 1 });
  await page.getByLabel("Not before").fill("08:00");
  await page.getByLabel("Not after").fill("12:00");
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await expect(page.getByText("08:00 – 12:00")).toBeVisible();
  await expect(page.getByText("Waiting").first()).toBeVisible();
  await expectAccessible(page);

  const desk = await people.another({ viewport: { width: 1280, height: 800 } });
  await signIn(desk, "reception");
  await visit(desk, "/waitlist");
  await expect(desk.getByText("08:00 – 12:00").first()).toBeVisible();
  await expectAccessible(desk);

  await page.locator("main details.confirm summary").first().click();
  await page.locator("main details.confirm").getByRole("button", { name: "Take off the waitlist" }).first().click();
  await expect(page.getByText("You are not on a waitlist")).toBeVisible();
});

/** A Wednesday about five weeks ahead, on which no other journey books. */
function farWednesday(): string {
  const day = new Date(Date.now() + 35 * 86_400_000);
  day.setUTCDate(day.getUTCDate() + ((3 - day.getUTCDay() + 7) % 7));
  return day.toISOString().slice(0, 10);
}

/** Puts a patient on the waitlist of the doctor, before all who are not urgent. */
async function waits(desk: Page, patient: { id: string }, [service, doctor]: [string, string]): Promise<void> {
  await visit(desk, `/waitlist/new?patient=${patient.id}&service=${service}&doctor=${doctor}`);
  await desk.getByLabel("Urgent for medical reasons").check();
  await desk.getByRole("button", { name: "Add to the waitlist" }).click();
  await desk.waitForURL(/done=added/);
}

test("a freed time is let pass by the first in order, and taken by the second", { tag: ["@phone"] }, async ({ page, people, hospital }) => {
  test.setTimeout(180_000);
  const desk = await people.another({ viewport: { width: 1280, height: 800 }, isMobile: false, hasTouch: false });
  const [booked, first, second] = [await hospital.patient(), await hospital.patient(), await hospital.patient()];
  const [login, other] = [hospital.portal(first), hospital.portal(second)];
  await signIn(desk, "reception");
  await visit(desk, `/schedules?day=${farWednesday()}`);
  const free = (await desk.locator("a.slot-free").first().getAttribute("href")) ?? "";
  const query = new URLSearchParams(free.split("?")[1]);
  const place: [string, string] = [query.get("service") ?? "", query.get("doctor") ?? ""];
  await desk.goto(`${free}&patient=${booked.id}`);
  await desk.locator("main").getByRole("button", { name: "Book", exact: true }).click();
  await desk.waitForURL(/\/appointments\/[0-9a-f-]{36}/);
  const appointment = new URL(desk.url()).pathname;
  await waits(desk, first, place);
  await waits(desk, second, place);
  await test.step("the time is given back", async () => {
    await visit(desk, appointment);
    await desk.getByRole("button", { name: "Cancel the appointment" }).click();
    await desk.getByLabel("Reason for cancelling").fill("The patient is away");
    await desk.locator("dialog").getByRole("button", { name: "Cancel the appointment" }).click();
    await desk.waitForURL(/done=cancelled/);
    await visit(desk, "/waitlist");
    await expect(desk.locator("main tr", { hasText: first.family })).toContainText("Time offered");
    await expect(desk.locator("main tr", { hasText: second.family })).toContainText("Waiting");
  });
  await test.step("the first lets it pass", async () => {
    await signIn(page, login);
    await visit(page, "/portal");
    await expect(page.getByText("A time is free for you").first()).toBeVisible();
    await page.getByRole("link", { name: "Take it or pass" }).first().click();
    await page.waitForURL(/\/portal\/waitlist/);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, "waitlist-offer");
    await page.locator("main").getByRole("button", { name: "Pass", exact: true }).click();
    await expect(page.getByText("Offer passed").first()).toBeVisible();
  });
  await test.step("the second takes it", async () => {
    await page.context().clearCookies();
    await signIn(page, other);
    await visit(page, "/portal/waitlist");
    await page.locator("main").getByRole("button", { name: "Take it", exact: true }).click();
    await page.waitForURL(/\/portal\/appointments\/[0-9a-f-]{36}\?done=booked/);
    await expect(page.getByText("Your appointment is booked")).toBeVisible();
    await visit(desk, "/waitlist");
    await expect(desk.locator("main tr", { hasText: first.family }), "who passed waits no more").toHaveCount(0);
    await expect(desk.locator("main tr", { hasText: second.family })).toHaveCount(0);
  });
  await test.step("it is given back", async () => {
    await page.getByRole("button", { name: "Cancel the appointment" }).click();
    await page.getByRole("button", { name: "Yes, cancel it" }).click();
    await expect(page.getByText("The appointment is cancelled")).toBeVisible();
  });
});
