/** Wards from an empty hospital: an administrator makes the plan in pages, and a patient comes, moves, pays and goes; no demo. */
import { add, begin, fill, furnish, invite, openShift, signInAt, workAt, type Worker } from "../support/opening.ts";
import { OwnServer } from "../support/own-server.ts";
import { expect, expectAccessible, expectHydrated, expectNoSidewaysScroll, test, visit, type Page, type Patient } from "../support/test.ts";
import { admit, asked, board, clean, decide, leave, prepare, tile } from "../support/wards.ts";

const WARD = "Medical ward";
const RECEPTIONIST: Worker = { role: "Receptionist", name: "Rita Reyes", login: "rita@hospital.test" };
const DOCTOR: Worker = { role: "Doctor", name: "Dr. Dora Diaz", login: "dora@hospital.test" };
const MANAGER: Worker = { role: "Ward manager", name: "Wanda Weiss", login: "wanda@hospital.test" };
const CASHIER: Worker = { role: "Cashier", name: "Carl Cohen", login: "carl@hospital.test" };

/** Adds a row to a list of the wards' plan. */
async function row(page: Page, list: string, button: string, fields: Record<string, string>, chosen: Record<string, string> = {}): Promise<void> {
  await test.step(`${list}: ${fields.name}`, async () => {
    await visit(page, `/settings/${list}`);
    await page.getByRole("link", { name: button }).first().click();
    await expectHydrated(page);
    await fill(page, fields, chosen);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/done=saved/);
  });
}

/** Makes the price of a day, a class, a ward with two rooms, and three beds. */
async function plan(page: Page): Promise<void> {
  await test.step("the price of a day in a bed", async () => {
    await visit(page, "/prices");
    await page.getByRole("link", { name: "New item" }).first().click();
    await expectHydrated(page);
    await fill(page, { code: "BED-GEN", name: "Day in a general bed" }, { kind: "Bed day" });
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/\/prices\/[0-9a-f-]+\?done=saved/);
    await page.locator("main [name=amount]").fill("450");
    await page.getByRole("button", { name: "Set price" }).click();
    await expect(page.locator("main").getByRole("cell", { name: "$450.00" })).toBeVisible();
  });
  await row(page, "bed-classes", "Add a class", { name: "General" }, { item_id: "Day in a general bed" });
  await row(page, "wards", "Add a ward", { name: WARD, code: "MED" }, { clinic_id: "Harbour Clinic", kind: "Medical", sex_rule: "by room" });
  for (const name of ["Room 1", "Corridor"]) {
    await row(page, "ward-rooms", "Add a room", { name }, { ward_id: WARD, sex_rule: "any", isolation: "none" });
  }
  for (const [name, position] of [["1A", "1"], ["1B", "2"], ["1C", "3"]] as const) {
    await row(page, "beds", "Add a bed", { name, position }, { room_id: `Room 1, ${WARD}`, kind: "adult bed", class_id: "General" });
  }
}

/** Registers a patient at the desk. */
async function register(desk: Page): Promise<Patient> {
  await visit(desk, "/reception");
  await desk.getByRole("link", { name: "Register a new patient" }).click();
  await expectHydrated(desk);
  await desk.getByLabel("Given names").fill("Greta");
  await desk.getByLabel("Family name").fill("Wagner");
  await desk.locator("[name=birth_date]").fill("1962-04-05");
  await desk.getByLabel("Female", { exact: true }).check();
  await desk.locator("[name=phone]").fill("+1 617 555 0177");
  await desk.getByRole("button", { name: "Register" }).click();
  const banner = desk.getByRole("region", { name: "Patient: Wagner, Greta" });
  await expect(banner).toBeVisible();
  const href = await banner.getByRole("link", { name: "Wagner, Greta" }).first().getAttribute("href");
  const id = /patients\/([0-9a-f-]{36})/.exec(href ?? "")?.[1] ?? "";
  return { id, given: "Greta", family: "Wagner", name: "Greta Wagner", listed: "Wagner, Greta", mrn: "", phone: "", born: "1962-04-05" };
}

/** The cashier takes the money for the stay and settles it. */
async function pay(cashier: Page, patient: Patient): Promise<void> {
  await visit(cashier, "/wards/settle");
  const stay = cashier.locator("main tr").filter({ hasText: patient.listed });
  await expect(stay, "the first day is on the bill").toContainText("450.00");
  await stay.getByRole("link", { name: patient.listed }).click();
  await cashier.waitForURL(/\/cashier\?patient=/);
  await visit(cashier, cashier.url());
  await cashier.getByRole("button", { name: "Issue invoice" }).click();
  await cashier.waitForURL(/invoice=/);
  await visit(cashier, cashier.url());
  await cashier.getByLabel("Amount tendered").press("c");
  await cashier.waitForURL(/receipt=/);
  await visit(cashier, "/wards/settle");
  await expect(stay).toContainText("All paid");
  await stay.getByRole("button", { name: "Settle" }).click();
  await expect(cashier).toHaveURL(/done=settled$/);
}

test("wards from an empty hospital", async ({ people }) => {
  test.setTimeout(400_000);
  const server = await OwnServer.empty();
  try {
    server.run(["migrate"]);
    await begin(server);
    const someone = () => people.another({ baseURL: server.baseURL });
    const [admin, guest] = [await someone(), await someone()];
    await signInAt(admin, server, "ada");
    await furnish(admin, "General Medicine", "Main clinic");
    for (const person of [RECEPTIONIST, DOCTOR, MANAGER, CASHIER]) await invite(admin, person, guest, server);
    await add(admin, "Insurers", "Add an insurer", { name: "Harbour Mutual" });
    const ward = await someone();
    await signInAt(ward, server, MANAGER.login);
    await visit(ward, "/wards");
    await expect(ward.locator("main"), "the first day says what is missing").toContainText("There are no wards yet");
    await expectAccessible(ward);
    await plan(admin);

    const [desk, doctor, cashier] = [await someone(), await someone(), await someone()];
    await signInAt(desk, server, RECEPTIONIST.login);
    await signInAt(doctor, server, DOCTOR.login);
    await signInAt(cashier, server, CASHIER.login);
    await workAt(cashier, server, "Cash desk 1");
    await openShift(cashier, server);
    const patient = await test.step("the desk registers a patient", () => register(desk));
    const admission = await test.step("the doctor asks the ward", () => asked(doctor, patient, WARD));

    await test.step("the ward has an extra trolley, which is counted apart", async () => {
      await board(ward, WARD);
      const form = ward.locator("#trolley");
      await form.locator("[name=room]").selectOption({ label: "Corridor" });
      await form.getByRole("button", { name: "Add an extra trolley" }).click();
      await expect(ward).toHaveURL(/done=trolley_added$/);
      await expect(tile(ward, "T1")).toContainText("Extra trolley");
      await expect(ward.locator("main"), "the ward has three beds").toContainText("0/3");
      await expectAccessible(ward);
      await expectNoSidewaysScroll(ward);
    });

    await test.step("the patient lies on the trolley, and then in a bed", async () => {
      await admit(ward, admission, "T1");
      await board(ward, WARD);
      await expect(ward.locator("main")).toContainText("1/1");
      await visit(ward, new URL(ward.url()).pathname + "/census");
      await expect(ward.locator(".sheet")).toContainText("Extra trolleys, counted apart: 1 of 1 occupied");
      await visit(ward, `${admission}/move`);
      await ward.locator("main [name=label]").fill("1A");
      await ward.keyboard.press("Enter");
      await expect(ward).toHaveURL(/done=moved$/);
      await clean(ward, WARD, "T1");
      await expect(tile(ward, "T1"), "a trolley that is empty again is removed").toHaveCount(0);
      await expect(tile(ward, "1A")).toContainText(patient.family);
      await expect(ward.locator("main")).toContainText("1/3");
    });

    await test.step("she moves to another bed, and the first is cleaned", async () => {
      await visit(ward, `${admission}/move`);
      await ward.locator("main [name=label]").fill("1b");
      await ward.keyboard.press("Enter");
      await expect(ward).toHaveURL(/done=moved$/);
      await clean(ward, WARD, "1A");
    });

    await test.step("she goes home: doctor, nurse, cashier, ward", async () => {
      await decide(doctor, admission, "Home");
      await prepare(ward, admission);
      await pay(cashier, patient);
      await leave(ward, admission);
    });

    await test.step("the bed is cleaned and free", async () => {
      await clean(ward, WARD, "1B");
      await expect(tile(ward, "1B")).toContainText("Available");
      await expect(ward.locator("main")).toContainText("0/3");
    });
  } finally {
    await server.close();
  }
});
