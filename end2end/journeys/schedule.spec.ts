/** An appointment is moved from the schedule by key, the move and a cancellation are undone, a session is overbooked, a missed appointment is corrected. */
import { Hospital } from "../support/hospital.ts";
import { OwnServer } from "../support/own-server.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit, type Page } from "../support/test.ts";

/** A weekday so many weeks ahead, on which no other journey books; Monday is 1. */
function weekday(weeks: number, day: number): string {
  const date = new Date(Date.now() + weeks * 7 * 86_400_000);
  date.setUTCDate(date.getUTCDate() + ((day - date.getUTCDay() + 7) % 7));
  return date.toISOString().slice(0, 10);
}

/** The addresses of the free times of one doctor on a day, in order. */
async function freeTimes(page: Page, day: string): Promise<string[]> {
  await visit(page, `/schedules?day=${day}`);
  const all = await page.locator("a.slot-free").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  const of = (href: string, name: string) => new URLSearchParams(href.split("?")[1]).get(name) ?? "";
  const doctor = of(all[0] ?? "", "doctor");
  return all.filter((href) => of(href, "doctor") === doctor).sort((one, other) => Number(of(one, "at")) - Number(of(other, "at")));
}

/** Books a free time for a patient; returns the address of the appointment. */
async function book(page: Page, free: string, patient: { id: string }): Promise<string> {
  await page.goto(`${free}&patient=${patient.id}`);
  await page.locator("main").getByRole("button", { name: "Book", exact: true }).click();
  await page.waitForURL(/\/appointments\/[0-9a-f-]{36}/);
  return new URL(page.url()).pathname;
}

async function cancel(page: Page, appointment: string): Promise<void> {
  await visit(page, appointment);
  await page.getByRole("button", { name: "Cancel the appointment" }).click();
  await page.getByLabel("Reason for cancelling").fill("Only tried out");
  await page.locator("dialog").getByRole("button", { name: "Cancel the appointment" }).click();
  await page.waitForURL(/done=cancelled/);
}

test("an appointment is moved by key, and the move is undone from the notice", async ({ page, hospital }) => {
  const patient = await hospital.patient();
  const day = weekday(8, 5);
  await signIn(page, "reception");
  const [first, second] = await freeTimes(page, day);
  const part = (href: string | undefined, name: string) => `${name}=${new URLSearchParams((href ?? "").split("?")[1]).get(name)}`;
  const time = (href: string | undefined) => `[href*="${part(href, "doctor")}"][href*="&${part(href, "at")}"]`;
  const appointment = await book(page, first ?? "", patient);
  await visit(page, `/schedules?day=${day}`);
  const card = page.locator("a[data-choose]", { hasText: patient.family });
  await card.focus();
  await page.keyboard.press("m");
  await page.waitForURL(/\/appointments\/new\?.*replaces=/);
  await expect(page.getByRole("heading", { level: 1 }), "the key only opens the choice").toContainText("Move");
  await expectAccessible(page);
  await page.locator(`a.slots__slot${time(second)}`).focus();
  await page.keyboard.press("Enter");
  await page.locator("main [name=move_reason]").fill("Asked for a later time");
  await page.keyboard.press("Control+Enter");
  await page.waitForURL(/\/schedules\?.*done=moved/);
  await expect(page.locator(`a.slot-free${time(first)}`), "the old time is free").toHaveCount(1);
  await picture(page, "schedule-moved");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForURL(/\/schedules\?.*done=restored/);
  await expect(page.getByText("Undone: the appointment stands as before")).toBeVisible();
  await expect(page.getByRole("button", { name: "Undo" }), "once").toHaveCount(0);
  await expect(page.locator(`a.slot-free${time(second)}`), "the new time is free").toHaveCount(1);
  await visit(page, appointment);
  await expect(page.locator("main").getByText("Booked", { exact: true }).first()).toBeVisible();
  await cancel(page, appointment);
});

test("a cancellation is undone without scripts", { tag: "@noscript" }, async ({ page, hospital }) => {
  const patient = await hospital.patient();
  await signIn(page, "reception");
  const [free] = await freeTimes(page, weekday(9, 5));
  const appointment = await book(page, free ?? "", patient);
  await cancel(page, appointment);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForURL(/done=restored/);
  await expect(page.getByText("Undone: the appointment stands as before")).toBeVisible();
  await cancel(page, appointment);
});

test("an undo is refused in words when another patient has the old time", async ({ page, people, hospital, watch }) => {
  watch.tolerate(/409/);
  const [patient, other] = [await hospital.patient(), await hospital.patient()];
  await signIn(page, "reception");
  const [free] = await freeTimes(page, weekday(10, 5));
  const appointment = await book(page, free ?? "", patient);
  const desk = await people.another();
  await signIn(desk, "frontdesk");
  await cancel(page, appointment);
  const taken = await book(desk, free ?? "", other);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Another patient has the old time by now").first()).toBeVisible();
  await cancel(desk, taken);
});

test("a full session is overbooked with a reason, and marked", async ({ page, hospital }) => {
  const [one, more] = [await hospital.patient(), await hospital.patient()];
  const day = weekday(11, 4);
  await signIn(page, "reception");
  const [free] = await freeTimes(page, day);
  const query = new URLSearchParams((free ?? "").split("?")[1]);
  const [service, doctor, at] = ["service", "doctor", "at"].map((name) => query.get(name) ?? "");
  // Hours may have more seats than one.
  const booked = [await book(page, free ?? "", one)];
  await visit(page, `/schedules?day=${day}`);
  while ((await page.locator(`a.slot-free[href*="doctor=${doctor}"][href*="&at=${at}"]`).count()) > 0) {
    booked.push(await book(page, free ?? "", await hospital.patient()));
    await visit(page, `/schedules?day=${day}`);
  }
  await visit(page, `/appointments/new?patient=${more.id}&service=${service}&doctor=${doctor}&from=${day}`);
  await page.getByRole("link", { name: "Show full times, to overbook" }).click();
  await page.locator(`a.slots__slot[href*="&at=${at}"]`).click();
  await expect(page.getByText("This time is full")).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  const reason = page.getByLabel("Reason for overbooking");
  await expect(reason, "a reason is asked for").toHaveAttribute("aria-required", "true");
  await reason.fill("Chest pain since yesterday");
  await page.locator("main").getByRole("button", { name: "Book", exact: true }).click();
  await page.waitForURL(/\/appointments\/[0-9a-f-]{36}/);
  booked.push(new URL(page.url()).pathname);
  await expect(page.getByText("Overbooked: Chest pain since yesterday")).toBeVisible();
  await visit(page, `/schedules?day=${day}&doctor=${doctor}`);
  await expect(page.getByText(/1 overbooked/).first()).toBeVisible();
  await picture(page, "schedule-overbooked");
  for (const appointment of booked) await cancel(page, appointment);
});

/** The database's notation of an instant. */
const instant = (at: number) => new Date(at).toISOString().replace(/\.(\d{3})Z$/, ".$1000Z");

test("a missed appointment is marked by the job, and the desk corrects it", async ({ people }) => {
  test.setTimeout(240_000);
  const server = await OwnServer.open();
  const hospital = new Hospital(server.baseURL, server.database);
  try {
    const patient = await hospital.patient();
    const desk = await people.another({ baseURL: server.baseURL });
    await signIn(desk, "reception");
    const [free] = await freeTimes(desk, weekday(4, 3));
    const appointment = await book(desk, free ?? "", patient);
    const id = appointment.split("/").pop() ?? "";
    // Its day was yesterday.
    await server.kill();
    const began = Date.now() - 26 * 3_600_000;
    const times = `starts_at = '${instant(began)}', ends_at = '${instant(began + 1_200_000)}', seat = 19`;
    server.change(`UPDATE appointments SET ${times} WHERE id = x'${id.replaceAll("-", "")}'`);
    await server.start();
    await test.step("the job marks it when the program starts, and every ten minutes", async () => {
      await expect(async () => {
        await visit(desk, appointment);
        await expect(desk.locator("main").getByText("Did not come").first()).toBeVisible({ timeout: 1_000 });
      }).toPass({ timeout: 30_000 });
    });
    await test.step("it stands on the list of those who have no other appointment", async () => {
      await visit(desk, "/appointments/missed");
      await expect(desk.locator("main tr", { hasText: patient.family })).toBeVisible();
      await expectAccessible(desk);
    });
    await test.step("the patient was seen after all", async () => {
      await visit(desk, appointment);
      await desk.locator("main").getByRole("button", { name: "The patient was seen" }).click();
      await desk.waitForURL(/done=attended/);
      await visit(desk, "/appointments/missed");
      await expect(desk.locator("main tr", { hasText: patient.family })).toHaveCount(0);
    });
  } finally {
    await hospital.end();
    await server.close();
  }
});
