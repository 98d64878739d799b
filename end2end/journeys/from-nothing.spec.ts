/** An administrator opens a hospital from an empty database, in pages alone; then the outpatient day goes from booking to receipt. */
import { resolve } from "node:path";
import { OwnServer } from "../support/own-server.ts";
import { expect, expectAccessible, expectHydrated, test, visit, type Page } from "../support/test.ts";

const PASSWORD = "copper lantern nine rivers";
const FAMILY = "Wagner";

/** A person who works in the new hospital. */
interface Worker {
  role: string;
  name: string;
  login: string;
}

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

/** Fills in a form by the names of its fields. */
async function fill(page: Page, fields: Record<string, string>, chosen: Record<string, string> = {}): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.locator(`main [name=${name}]`).fill(value);
  for (const [name, label] of Object.entries(chosen)) await page.locator(`main [name=${name}]`).selectOption({ label });
}

/** Follows a line of the checklist on the administrator's first page. */
async function follow(page: Page, line: string, heading = line): Promise<void> {
  await visit(page, new URL("/", page.url()).href);
  await page.locator("main").getByRole("link", { name: line, exact: true }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
}

/** Adds a row to a list of master data, from its line of the checklist. */
async function add(page: Page, line: string, button: string, fields: Record<string, string>, chosen: Record<string, string> = {}): Promise<void> {
  await test.step(`${line}: ${fields.name}`, async () => {
    await follow(page, line);
    await page.getByRole("link", { name: button }).first().click();
    await expectHydrated(page);
    await fill(page, fields, chosen);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/done=saved/);
    await expect(page.locator("main").getByRole("link", { name: fields.name, exact: true })).toBeVisible();
  });
}

/** Returns an offered time zone where it is about ten in the morning now. */
async function morningZone(page: Page): Promise<string> {
  const zones = await page.locator("main [name=time_zone] option").evaluateAll((options) => options.map((one) => (one as HTMLOptionElement).value).filter(Boolean));
  const distance = (zone: string) => {
    const hour = Number(new Intl.DateTimeFormat("en", { timeZone: zone, hour: "numeric", hourCycle: "h23" }).format(new Date()));
    return Math.abs(hour - 10);
  };
  return zones.sort((one, other) => distance(one) - distance(other))[0] ?? "UTC";
}

/** The hospital's and the clinic's own pages, a department with its service, and the rooms. */
async function furnish(page: Page, department: string, clinic: string): Promise<void> {
  await test.step("hospital", async () => {
    await follow(page, "Hospital");
    await fill(page, { name: "Harbour Hospital", address: "1 Pier", phone: "+1 617 555 0100" });
    await page.locator("main [name=currency]").selectOption("USD");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/done=saved/);
  });
  await test.step("clinic", async () => {
    await follow(page, "Clinics");
    await page.locator("main").getByRole("link", { name: clinic, exact: true }).click();
    await expectHydrated(page);
    await fill(page, { name: "Harbour Clinic", code: "HC", address: "1 Pier", city: "Boston", phone: "+1 617 555 0101" });
    await page.locator("main [name=time_zone]").selectOption(await morningZone(page));
    await page.getByRole("button", { name: "Save" }).click();
    // A new zone changes the clock time of coming appointments: the page asks once when there are any.
    await expect(page).toHaveURL(/done=saved/);
  });
  if (department === "General Medicine") await add(page, "Departments", "Add a department", { name: department, code: "GEN" });
  await add(
    page,
    "Services",
    "Add a service",
    { name: "Clinic hours", token_letter: "G" },
    { clinic_id: "Harbour Clinic", department_id: department },
  );
  for (const [name, kind] of [
    ["Front desk", "Reception"],
    ["Triage 1", "Triage"],
    ["Room 1", "Consulting room"],
    ["Cash desk 1", "Cash desk"],
  ] as const) {
    await add(page, "Rooms and counters", "Add a room or counter", { name }, { clinic_id: "Harbour Clinic", kind });
  }
}

/** Invites a person, who chooses a password by the link in the letter. */
async function invite(page: Page, person: Worker, guest: Page, server: OwnServer): Promise<void> {
  await test.step(`invite ${person.name}`, async () => {
    await follow(page, "Staff");
    await page.getByRole("link", { name: "Invite" }).first().click();
    await expectHydrated(page);
    await fill(page, { name: person.name, login: person.login }, { role: person.role, clinic: "Harbour Clinic" });
    await page.getByRole("button", { name: "Invite" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.name);
    const letter = await server.letter(person.login);
    await visit(guest, server.baseURL + (letter.match(/\/link\/[0-9a-f]+/)?.[0] ?? ""));
    await guest.getByLabel("New password", { exact: true }).fill(PASSWORD);
    await guest.getByLabel("New password again").fill(PASSWORD);
    await guest.getByRole("button", { name: "Choose a password" }).click();
    await expect(guest).toHaveURL(/\/sign-in/);
  });
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

async function signInAt(page: Page, server: OwnServer, login: string): Promise<void> {
  await page.goto(`${server.baseURL}/sign-in`);
  const form = page.locator("form", { has: page.locator("input[name=password]") });
  await form.locator("input[name=login]").fill(login);
  await form.locator("input[name=password]").fill(PASSWORD);
  await form.locator("button[type=submit]").click();
  await expect(page, `${login} is signed in`).not.toHaveURL(/\/sign-in/);
  await expectHydrated(page);
}

/** Chooses the place where the user works, as the page asks for it. */
async function workAt(page: Page, server: OwnServer, place: string): Promise<void> {
  await visit(page, `${server.baseURL}/point`);
  await page.getByRole("button", { name: place }).click();
  await expect(page).not.toHaveURL(/\/point/);
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

async function openShift(page: Page, server: OwnServer): Promise<void> {
  await visit(page, `${server.baseURL}/till`);
  await page.locator("main [name=point]").selectOption({ label: "Cash desk 1" });
  await page.locator("main [name=d_2000]").fill("5");
  await page.getByLabel("I have counted the float").check();
  await page.getByRole("button", { name: "Open a shift" }).click();
  await page.waitForURL(/\/cashier/);
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

/** Creates the first administrator on the command line, and starts the server. */
async function begin(server: OwnServer): Promise<void> {
  server.run(["user", "create", "--login", "ada", "--name", "Ada Admin", "--role", "administrator"], `${PASSWORD}\n`);
  await server.start();
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
