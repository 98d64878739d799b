import { devices, type Locator } from "@playwright/test";
import { DEMO_PASSWORD, expect, expectHydrated, signIn, takePlace, test, visit, type Page, type Patient } from "../support/test.ts";

/** The data that the patient knows about herself, as reception asks for them. */
type Person = Pick<Patient, "name" | "listed" | "mrn" | "phone">;

const MEDICINE = "Paracetamol 500 mg";
const SUBJECT = "Short of breath since this morning";

test("the outpatient day: booked, checked in, called, treated, paid", { tag: "@phone" }, async ({ page, people, hospital }) => {
  test.setTimeout(240_000);
  const her = await hospital.patient("Casilda");
  const sign_in = hospital.portal(her);
  const [reception, nurse, doctor, cashier, board] = [
    await people.another(),
    await people.another(),
    await people.another(),
    await people.another(),
    await people.another(),
  ];
  const phone = await people.another({ ...devices["Pixel 7"] });
  await signIn(doctor, "doctor");
  const doctorName = await nameOf(doctor);
  const room = await takePlace(doctor, "doctor");

  await signIn(page, sign_in);
  await test.step("she books the next free time of her doctor", () => book(page, doctorName));

  await signIn(reception, "reception");
  await visit(reception, "/reception");
  const address = (await reception.getByRole("link", { name: "Open the board" }).getAttribute("href")) ?? "";
  await visit(board, address);
  await signIn(phone, sign_in);
  await visit(phone, "/portal");
  await expect(phone.locator(".place")).toHaveCount(0);

  const token = await test.step("reception finds her and checks her in by keyboard", () => checkIn(reception, her));
  await test.step("her phone shows her place by itself", async () => {
    await expect(phone.locator(".place__token")).toHaveText(token);
    await expect(phone.locator(".place__words")).toContainText("Waiting for the nurse");
  });

  await signIn(nurse, "nurse");
  const station = await takePlace(nurse, "nurse");
  await test.step("the nurse calls her and records vital signs", async () => {
    await visit(nurse, "/triage");
    await callNext(nurse, nurse.locator(".queue__now", { hasText: token }));
    await expect(phone.locator(".place__words")).toContainText(station);
    await expect(board.locator(".board__called")).toContainText(token);
    await expect(board.locator(".board__called")).toContainText(station);
    await recordVitals(nurse, token);
  });
  await expect(phone.locator(".place__words")).toContainText("Waiting for the doctor");

  const stillThere = await Promise.all([mark(board), mark(phone)]);
  await test.step("the doctor calls her with one key; board and phone move by themselves", async () => {
    await visit(doctor, "/consultation");
    await expect(doctor.locator(".queue__row", { hasText: token })).toBeVisible();
    await doctor.keyboard.press("n");
    await doctor.waitForURL(/\/consultation\/[0-9a-f-]{36}/);
    await expect(doctor.getByRole("region", { name: `Patient: ${her.listed}` })).toBeVisible();
    await expect(board.locator(".board__called")).toContainText(token);
    await expect(board.locator(".board__called")).toContainText(room);
    await expect(phone.locator(".place__words")).toContainText(room);
    for (const check of stillThere) await check();
  });

  await test.step("the doctor writes, codes, prescribes and signs", () => consult(doctor, "Acute bronchitis", "J20.9"));
  await test.step("the cashier takes cash and gives change", () => pay(cashier, her, token));

  await test.step("the portal has the visit, the prescription and the receipt", async () => {
    await expect(phone.locator(".place"), "her place is gone by itself").toHaveCount(0);
    await visit(phone, "/portal/records");
    const visits = phone.locator(".panel", { has: phone.getByRole("heading", { name: "Your visits" }) });
    await expect(visits.locator("li").first()).toContainText(doctorName);
    await expect(visits.locator("li").first()).toContainText("bronchitis");
    const medicines = phone.locator(".panel", { has: phone.getByRole("heading", { name: "Medicines you take now" }) });
    await expect(medicines).toContainText(MEDICINE);
    const receipts = phone.locator(".panel", { has: phone.getByRole("heading", { name: "Receipts" }) });
    const receipt = (await receipts.getByRole("link", { name: /^REC-/ }).first().textContent()) ?? "";
    await visits.getByRole("link").first().click();
    await expect(phone.getByText("Wheeze on both sides.")).toBeVisible();
    await expect(phone.getByText("1 tablet, by mouth, 3 times a day, for 3 days")).toBeVisible();
    await visit(phone, "/portal/records");
    await phone.getByRole("link", { name: receipt }).click();
    await expect(phone.getByRole("heading", { name: "Receipt" })).toBeVisible();
    await expect(phone.getByText(receipt).first()).toBeVisible();
  });
});

test("a walk-in goes the same way from reception", { tag: "@phone" }, async ({ page: reception, people }) => {
  test.setTimeout(240_000);
  const [nurse, doctor, cashier, board] = [await people.another(), await people.another(), await people.another(), await people.another()];
  await signIn(reception, "reception");
  const him = await test.step("reception registers him", () => register(reception));
  await test.step("and sends him to primary care", async () => {
    await reception.getByRole("link", { name: "Check in or book" }).click();
    await expectHydrated(reception);
    await reception.getByLabel("Service", { exact: true }).selectOption("Primary Care");
    await reception.getByLabel("Reason for the visit").fill("Cut in the left hand");
    await reception.getByRole("button", { name: "Walk-in" }).click();
  });
  const token = await tokenGiven(reception);
  await visit(board, (await reception.getByRole("link", { name: "Open the board" }).getAttribute("href")) ?? "");

  await signIn(nurse, "nurse");
  await visit(nurse, "/triage");
  await nurse.getByRole("button", { name: `Call ${token}` }).click();
  await expect(board.locator(".board__called")).toContainText(token);
  await recordVitals(nurse, token);

  await signIn(doctor, "doctor");
  await visit(doctor, "/consultation");
  await doctor.locator(".queue__row", { hasText: token }).getByRole("link").click();
  await expectHydrated(doctor);
  await doctor.getByRole("button", { name: "Call this patient" }).click();
  await expect(board.locator(".board__called")).toContainText(token);
  await expectHydrated(doctor);
  await consult(doctor, "Laceration without foreign body of left hand", "S61.412A");

  await pay(cashier, him, token);
});

/** Calls with one key; when a colleague's patient is still there, the page asks, and the same key confirms. */
async function callNext(page: Page, called: Locator): Promise<void> {
  await page.keyboard.press("n");
  const asked = page.getByText("Call once more to call all the same");
  await expect(asked.or(called).first()).toBeVisible();
  if (await asked.isVisible()) await page.keyboard.press("n");
  await expect(called).toBeVisible();
}

async function nameOf(page: Page): Promise<string> {
  return (await page.locator(".user__name").innerText()).trim();
}

async function book(page: Page, doctor: string): Promise<void> {
  await visit(page, "/portal/book");
  await expect(page.locator(".booking__place")).toContainText("Canal Street");
  await page.getByRole("link", { name: "Family medicine" }).click();
  await page.getByLabel("Doctor").selectOption({ label: doctor });
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.locator(".earliest")).toContainText(doctor);
  await page.getByRole("button", { name: "Take it" }).click();
  await expect(page.getByText("Held for you until")).toBeVisible();
  await page.getByLabel("What is it about?").fill(SUBJECT);
  await page.getByRole("button", { name: "Confirm the appointment" }).click();
  await expect(page.getByText("Your appointment is booked")).toBeVisible();
}

/** Finds her by number, by phone and by name, and checks her in with priority, without a mouse; returns her token. */
async function checkIn(page: Page, her: Person): Promise<string> {
  const banner = page.getByRole("region", { name: `Patient: ${her.listed}` });
  const keys = page.keyboard;
  for (const known of [her.mrn, her.phone]) {
    await visit(page, "/reception");
    await keys.press("/");
    await keys.type(known);
    await keys.press("Enter");
    await expect(banner, `found by ${known}`).toBeVisible();
  }
  await visit(page, "/reception");
  await keys.press("/");
  await keys.type(her.name);
  await expect(page.locator("#find-list [role=option]").first()).toBeVisible();
  await keys.press("ArrowDown");
  await keys.press("Enter");
  await expect(banner).toBeVisible();
  await expectHydrated(page);
  await expect(page.getByRole("button", { name: "Check in" })).toBeFocused();
  await keys.press("Shift+Tab");
  await keys.press("Enter");
  await keys.press("Tab");
  await expect(page.getByLabel("Priority")).toBeFocused();
  await keys.type("Emer");
  await keys.press("Tab");
  await keys.type(SUBJECT);
  await keys.press("Enter");
  return tokenGiven(page);
}

/** Returns the token that reception's page announces. */
async function tokenGiven(page: Page): Promise<string> {
  const said = page.locator(".toast");
  await expect(said).toContainText(/has token [A-Z]-\d{3}/);
  const token = (await said.innerText()).match(/[A-Z]-\d{3}/)?.[0] ?? "";
  await expect(page.locator(".queue__row", { hasText: token })).toBeVisible();
  return token;
}

async function register(page: Page): Promise<Person> {
  // The patient is like none who is registered already: another name and birth date each time.
  const now = Date.now();
  const family = "W" + [...now.toString()].reverse().map((digit) => "abcdefghij"[Number(digit)]).join("");
  const birth = new Date(Date.UTC(1940, 0, 1) + (now % 20_000) * 86_400_000).toISOString().slice(0, 10);
  await visit(page, "/reception");
  await page.getByRole("link", { name: "Register a new patient" }).click();
  await expectHydrated(page);
  await page.getByLabel("Given names").fill("Casper");
  await page.getByLabel("Family name").fill(family);
  await page.locator("[name=birth_date]").fill(birth);
  await expect(page.locator(".birth-said"), "the age beside it before it is saved").toContainText(/ · \d+ y/);
  await page.getByLabel("Male", { exact: true }).check();
  await page.locator("[name=phone]").fill(`(617) 556-${now.toString().slice(-4)}`);
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.locator(".toast")).toBeVisible();
  const banner = page.getByRole("region", { name: `Patient: ${family}, Casper` });
  const mrn = (await banner.locator("dt", { hasText: "MRN" }).locator("+ dd").innerText()).trim();
  return { name: `Casper ${family}`, listed: `${family}, Casper`, mrn, phone: "" };
}

async function recordVitals(page: Page, token: string): Promise<void> {
  await page.locator(".queue__now", { hasText: token }).getByRole("link", { name: "Take vital signs" }).click();
  await expectHydrated(page);
  const values = { temperature: "37.2", pulse: "88", respiration: "18", systolic: "126", diastolic: "78", spo2: "97" };
  for (const [name, value] of Object.entries(values)) await page.locator(`[name=${name}]`).fill(value);
  await page.keyboard.press("Control+Enter");
  await expect(page).toHaveURL(/\/triage/);
  await expect(page.locator(".toast")).toContainText(token);
}

/** Marks the document; the returned check fails when it was loaded again. */
async function mark(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  return async () => expect(await page.evaluate(() => "sameDocument" in window), `${page.url()} was not loaded again`).toBe(true);
}

async function consult(page: Page, words: string, code: string): Promise<void> {
  await page.getByLabel("History").fill("Coughing for three days.");
  await page.getByLabel("Examination").fill("Wheeze on both sides.");
  await expect(page.locator(".note__saved")).toContainText(/Saved \d\d:\d\d/);
  const diagnosis = page.getByRole("combobox", { name: "Diagnosis" });
  await diagnosis.pressSequentially(words);
  await expect(page.locator("#diagnosis-list [role=option]", { hasText: code })).toBeVisible();
  await page.locator("#diagnosis-list [role=option]", { hasText: code }).click();
  await expect(page.locator(".rows .code", { hasText: code })).toBeVisible();
  await page.getByRole("combobox", { name: "Medicine" }).fill(MEDICINE);
  await page.getByLabel("Dose").fill("1 tablet");
  await page.getByLabel("How often").selectOption("3 times a day");
  await page.getByLabel("Days").fill("3");
  await page.getByRole("button", { name: "Prescribe" }).click();
  // For a patient who was never asked about allergies, the question comes first.
  const ask = page.getByRole("button", { name: "Asked: none known" });
  await expect(page.locator(".rows__row", { hasText: MEDICINE }).or(ask)).toBeVisible();
  if (await ask.isVisible()) {
    await ask.click();
    await expect(ask).toHaveCount(0);
    await page.getByRole("button", { name: "Prescribe" }).click();
  }
  await expect(page.locator(".rows__row", { hasText: MEDICINE })).toContainText("1 tablet, by mouth, 3 times a day, for 3 days");
  await page.getByLabel("Plan").fill("Rest. Back at once if it gets worse.");
  await page.getByLabel("Your password, to sign").fill(DEMO_PASSWORD);
  await page.getByRole("button", { name: "Sign and finish" }).click();
  await page.waitForURL(/done=signed/);
}

/** The charge exists already: invoice, cash, change and receipt, all by keyboard. */
async function pay(page: Page, whom: Person, token: string): Promise<void> {
  await signIn(page, "cashier");
  await visit(page, "/cashier");
  await page.locator(".queue__row", { hasText: token }).getByRole("link").click();
  await expect(page.getByRole("region", { name: `Patient: ${whom.listed}` })).toBeVisible();
  await expect(page.getByText("Consultation, Primary Care").first()).toBeVisible();
  await expectHydrated(page);
  await page.keyboard.press("i");
  await page.waitForURL(/invoice=/);
  await expectHydrated(page);
  const tendered = page.getByLabel("Amount tendered");
  const due = Number((await tendered.inputValue()).replace(",", ""));
  await tendered.fill(String(due + 7));
  await expect(page.locator(".pay__change")).toContainText("7.00");
  await tendered.press("c");
  await page.waitForURL(/receipt=/);
  await expect(page.getByText("Give back")).toBeVisible();
  await expect(page.locator(".pay__change")).toContainText("7.00");
  const receipt = (await page.getByRole("link", { name: /Print receipt/ }).getAttribute("href")) ?? "";
  await visit(page, receipt.replace("?print=1", ""));
  await expect(page.getByRole("heading", { name: "Receipt" })).toBeVisible();
  await expect(page.getByText(whom.mrn).first()).toBeVisible();
  await page.emulateMedia({ media: "print" });
  await expect(page.locator(".no-print")).toBeHidden();
  await expect(page.getByText("Received")).toBeVisible();
  await page.emulateMedia({ media: "screen" });
}
