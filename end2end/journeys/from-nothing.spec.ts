/** An administrator opens a hospital from an empty database, in pages alone; then the outpatient day goes from booking to receipt. */
import { resolve } from "node:path";
import { PASSWORD, add, begin, fill, follow, furnish, invite, openShift, signInAt, workAt } from "../support/opening.ts";
import { OwnServer } from "../support/own-server.ts";
import { expect, expectAccessible, expectHydrated, test, visit, type Page } from "../support/test.ts";

const FAMILY = "Wagner";

const RECEPTIONIST = { role: "Receptionist", name: "Rita Reyes", login: "rita@hospital.test" };
const NURSE = { role: "Nurse", name: "Nina Novak", login: "nina@hospital.test" };
const DOCTOR = { role: "Doctor", name: "Dr. Dora Diaz", login: "dora@hospital.test" };
const CASHIER = { role: "Cashier", name: "Carl Cohen", login: "carl@hospital.test" };

/** The minutes and forms of a part of the journey. */
class Effort {
  readonly #begun = Date.now();
  #forms = 0;

  /** Counts the forms that the page sends. */
  count(page: Page): Page {
    page.on("request", (request) => {
      if (request.method() === "POST" && request.isNavigationRequest()) this.#forms += 1;
    });
    return page;
  }

  report(part: string): void {
    const words = `${part}: ${this.#forms} forms, ${((Date.now() - this.#begun) / 60_000).toFixed(1)} minutes`;
    test.info().annotations.push({ type: "effort", description: words });
    console.log(words);
  }
}

/** Gives the doctor a department and hours on each day of the week. */
async function schedule(page: Page, department: string): Promise<void> {
  await test.step("the doctor's department", async () => {
    await follow(page, "Staff");
    await page.locator("main").getByRole("link", { name: DOCTOR.name, exact: true }).click();
    await expectHydrated(page);
    await page.locator("main [name=main_department]").selectOption({ label: department });
    await page.locator("main [name=accepting_bookings]").check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/done=saved/);
  });
  await test.step("hours", async () => {
    await follow(page, "Doctors' hours");
    await page.getByRole("link", { name: "Add hours" }).first().click();
    await expectHydrated(page);
    await fill(page, {}, { doctor_id: DOCTOR.name });
    await page.locator("main [name=service_id]").selectOption({ index: 1 });
    for (let day = 1; day <= 7; day += 1) await fill(page, { [`d${day}_from1`]: "08:00", [`d${day}_to1`]: "18:00" });
    await page.getByRole("button", { name: "Show the preview" }).click();
    await expect(page.getByText("Nothing is saved yet.")).toBeVisible();
    await page.getByRole("button", { name: "Save", exact: false }).last().click();
    await expect(page).toHaveURL(/done=saved/);
  });
}

async function price(page: Page, department: string): Promise<void> {
  await test.step("a price", async () => {
    await follow(page, "Prices", "Price list");
    await page.getByRole("link", { name: "New item" }).first().click();
    await expectHydrated(page);
    await fill(page, { code: "CONS", name: "Consultation" }, { kind: "Consultation", department_id: department });
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/\/prices\/[0-9a-f-]+\?done=saved/);
    await page.locator("main [name=amount]").fill("120");
    await page.getByRole("button", { name: "Set price" }).click();
    await expect(page.locator("main").getByRole("cell", { name: "$120.00" })).toBeVisible();
  });
}

/** Takes the checklist to its end; `department` exists already when it is another than General Medicine. */
async function open(page: Page, guest: Page, server: OwnServer, department: string, clinic: string): Promise<void> {
  await signInAt(page, server, "ada");
  await expect(page.getByText("Before the hospital opens")).toBeVisible();
  await expectAccessible(page);
  await furnish(page, department, clinic);
  for (const person of [RECEPTIONIST, NURSE, DOCTOR, CASHIER]) await invite(page, person, guest, server);
  await schedule(page, department);
  await price(page, department);
  await add(page, "Insurers", "Add an insurer", { name: "Harbour Mutual" });
  for (const line of ["Key file copied", "Backup"]) {
    await visit(page, `${server.baseURL}/settings`);
    await page.locator("main li", { hasText: line }).getByRole("button").click();
    await expect(page).toHaveURL(/done=confirmed/);
  }
  await visit(page, `${server.baseURL}/settings`);
  await expect(page.getByText("Before the hospital opens"), "nothing is missing any more").toHaveCount(0);
  await expectAccessible(page);
}

/** Registers the patient and hands over the code for the portal. */
async function register(page: Page, server: OwnServer): Promise<string> {
  await visit(page, `${server.baseURL}/reception`);
  await page.getByRole("link", { name: "Register a new patient" }).click();
  await expectHydrated(page);
  await page.getByLabel("Given names").fill("Greta");
  await page.getByLabel("Family name").fill(FAMILY);
  await page.locator("[name=birth_date]").fill("1962-04-05");
  await page.getByLabel("Female", { exact: true }).check();
  await page.locator("[name=phone]").fill("+1 617 555 0177");
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByRole("region", { name: `Patient: ${FAMILY}, Greta` })).toBeVisible();
  await page.getByRole("link", { name: `${FAMILY}, Greta` }).first().click();
  await expectHydrated(page);
  await page.getByRole("button", { name: "Give portal access" }).click();
  await page.getByRole("button", { name: "Make the code" }).click();
  await expect(page.locator(".portal-code")).toBeVisible();
  return (await page.locator(".portal-code code").textContent()) ?? "";
}

/** Signs the patient up, links the record, and books the earliest time. */
async function book(page: Page, server: OwnServer, code: string): Promise<void> {
  await visit(page, `${server.baseURL}/sign-up`);
  await page.getByLabel("Your name").fill(`Greta ${FAMILY}`);
  await page.getByLabel("Your e-mail address").fill("greta@home.test");
  await page.getByRole("button", { name: "Sign up" }).click();
  const letter = await server.letter("greta@home.test");
  await visit(page, server.baseURL + (letter.match(/\/link\/[0-9a-f]+/)?.[0] ?? ""));
  await page.getByLabel("New password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("New password again").fill(PASSWORD);
  await page.getByRole("button", { name: "Choose a password" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await signInAt(page, server, "greta@home.test");
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.getByLabel("Birth date").fill("1962-04-05");
  await page.getByRole("button", { name: "Link" }).click();
  await expect(page.getByRole("button", { name: "Link" })).toBeHidden();
  await visit(page, `${server.baseURL}/portal/book`);
  await page.getByRole("link", { name: "Clinic hours" }).or(page.getByRole("link", { name: "all doctors" })).first().click();
  await expectHydrated(page);
  await expect(page.locator(".earliest")).toContainText(DOCTOR.name);
  await page.getByRole("button", { name: "Take it" }).click();
  await expect(page.getByText("Held for you until")).toBeVisible();
  await page.getByLabel("What is it about?").fill("Coughing");
  await page.getByRole("button", { name: "Confirm the appointment" }).click();
  await expect(page.getByText("Your appointment is booked")).toBeVisible();
}

/** Checks the patient in at the desk; returns the token. */
async function checkIn(page: Page, server: OwnServer): Promise<string> {
  await visit(page, `${server.baseURL}/reception`);
  await page.locator(".arrivals").getByRole("link", { name: new RegExp(FAMILY) }).first().click();
  await expectHydrated(page);
  await page.getByRole("button", { name: "Check in" }).click();
  const said = page.locator(".toast");
  await expect(said).toContainText(/has token G-\d{3}/);
  return (await said.innerText()).match(/G-\d{3}/)?.[0] ?? "";
}

async function triage(page: Page, server: OwnServer, token: string): Promise<void> {
  await visit(page, `${server.baseURL}/triage`);
  await page.getByRole("button", { name: `Call ${token}` }).click();
  await page.locator(".queue__now", { hasText: token }).getByRole("link", { name: "Take vital signs" }).click();
  await expectHydrated(page);
  const values = { temperature: "37.2", pulse: "88", respiration: "18", systolic: "126", diastolic: "78", spo2: "97" };
  for (const [name, value] of Object.entries(values)) await page.locator(`[name=${name}]`).fill(value);
  await page.keyboard.press("Control+Enter");
  await expect(page).toHaveURL(/\/triage/);
}

async function consult(page: Page, server: OwnServer, token: string): Promise<void> {
  await visit(page, `${server.baseURL}/consultation`);
  await page.locator(".queue__row", { hasText: token }).getByRole("link").click();
  await expectHydrated(page);
  await page.getByRole("button", { name: "Call this patient" }).click();
  await expect(page.getByLabel("History")).toBeVisible();
  await expectHydrated(page);
  await page.getByLabel("History").fill("Coughing for three days.");
  await expect(page.locator(".note__saved")).toContainText(/Saved \d\d:\d\d/);
  await page.getByRole("combobox", { name: "Diagnosis" }).pressSequentially("Acute bronchitis");
  await page.locator("#diagnosis-list [role=option]", { hasText: "J20.9" }).click();
  await expect(page.locator(".rows .code", { hasText: "J20.9" })).toBeVisible();
  await page.getByLabel("Plan").fill("Rest.");
  await page.getByLabel("Your password, to sign").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign and finish" }).click();
  await page.waitForURL(/done=signed/);
}

async function pay(page: Page, server: OwnServer, token: string): Promise<void> {
  await visit(page, `${server.baseURL}/cashier`);
  await page.locator(".queue__row", { hasText: token }).getByRole("link").click();
  await expect(page.getByRole("region", { name: `Patient: ${FAMILY}, Greta` })).toBeVisible();
  await expectHydrated(page);
  await page.keyboard.press("i");
  await page.waitForURL(/invoice=/);
  await expectHydrated(page);
  await expect(page.getByLabel("Amount tendered")).toHaveValue("120.00");
  await page.getByLabel("Amount tendered").fill("150");
  await page.getByLabel("Amount tendered").press("c");
  await page.waitForURL(/receipt=/);
  await expect(page.locator(".pay__change")).toContainText("30.00");
  await expect(page.getByRole("link", { name: /Print receipt/ })).toBeVisible();
}

/** Takes the outpatient day from the portal to the receipt. */
async function day(people: { another(options?: object): Promise<Page> }, server: OwnServer, effort: Effort): Promise<void> {
  const someone = async () => effort.count(await people.another({ baseURL: server.baseURL }));
  const [desk, patient, nurse, doctor, cashier] = [await someone(), await someone(), await someone(), await someone(), await someone()];
  await signInAt(desk, server, RECEPTIONIST.login);
  const code = await test.step("reception registers the patient", () => register(desk, server));
  await test.step("the patient books in the portal", () => book(patient, server, code));
  const token = await test.step("reception checks in", () => checkIn(desk, server));
  await signInAt(nurse, server, NURSE.login);
  await workAt(nurse, server, "Triage 1");
  await test.step("the nurse takes vital signs", () => triage(nurse, server, token));
  await signInAt(doctor, server, DOCTOR.login);
  await workAt(doctor, server, "Room 1");
  await test.step("the doctor writes and signs", () => consult(doctor, server, token));
  await signInAt(cashier, server, CASHIER.login);
  await workAt(cashier, server, "Cash desk 1");
  await test.step("the cashier counts the float and opens a shift", () => openShift(cashier, server));
  await test.step("the cashier takes cash", () => pay(cashier, server, token));
  await visit(patient, `${server.baseURL}/portal/records`);
  await expect(patient.getByRole("link", { name: /^REC-/ }).first()).toBeVisible();
}

test("from an empty database to the first receipt", async ({ page, people }) => {
  test.setTimeout(400_000);
  const server = await OwnServer.empty();
  try {
    server.run(["migrate"]);
    await begin(server);
    const setUp = new Effort();
    await open(setUp.count(page), setUp.count(await people.another({ baseURL: server.baseURL })), server, "General Medicine", "Main clinic");
    setUp.report("from nothing: set-up");
    const first = new Effort();
    await day(people, server, first);
    first.report("from nothing: first day");
  } finally {
    await server.close();
  }
});

test("from an imported hospital to the first receipt", async ({ page, people }) => {
  test.setTimeout(400_000);
  const server = await OwnServer.empty();
  try {
    server.run(["migrate"]);
    server.run(["import", "fhir", resolve("../src/imports/testdata")]);
    await begin(server);
    const setUp = new Effort();
    await open(setUp.count(page), setUp.count(await people.another({ baseURL: server.baseURL })), server, "Ear, Nose and Throat", "Main clinic");
    setUp.report("imported: set-up");
    const first = new Effort();
    await day(people, server, first);
    first.report("imported: first day");
  } finally {
    await server.close();
  }
});
