/** All daily work uses plain forms: it works without scripts, and while the WASM is still loading. */
import { DEMO_PASSWORD, expect, expectHydrated, takePlace, test, type Hospital, type Page, type Patient } from "../support/test.ts";

type Enter = (login: string) => Promise<Page>;

test("the day's forms and lists, with scripts off", { tag: "@noscript" }, async ({ people, hospital }) => {
  test.setTimeout(180_000);
  const enter: Enter = async (login) => signIn(await people.another(), login);
  await day(enter, hospital, await hospital.patient("Noelia"));
});

test("the day's forms and lists, while the wasm still loads", async ({ people, hospital }) => {
  test.setTimeout(180_000);
  const arrive: (() => void)[] = [];
  const enter: Enter = async (login) => {
    const page = await people.another();
    const wasm = new Promise<void>((resolve) => arrive.push(resolve));
    await page.route("**/*.wasm", async (route) => {
      await wasm;
      // A page that was left in the meantime no longer needs it.
      await route.continue().catch(() => undefined);
    });
    return signIn(page, login);
  };
  await day(enter, hospital, await hospital.patient("Wanda"));
  // When it arrives, the last page of each user is hydrated (the `Watch` of each page checks it).
  for (const comes of arrive) comes();
});

test("a prescription typed while the wasm still loads is there when it has come", async ({ people, hospital }) => {
  const { id } = await hospital.withDoctor(await hospital.patient("Wenda"));
  const page = await people.another();
  let comes = (): void => undefined;
  const wasm = new Promise<void>((resolve) => (comes = resolve));
  await signIn(page, "doctor");
  await page.route("**/*.wasm", async (route) => {
    await wasm;
    await route.continue();
  });
  await page.goto(`/consultation/${id}`);
  const typed = { dose: "2 tablets", days: "7", instructions: "After a meal", max_per_day: "2" };
  for (const [name, words] of Object.entries(typed)) await page.locator(`#rx-${name}`).fill(words);
  await page.locator("#rx-frequency").selectOption({ index: 2 });
  await page.locator("#rx-as_needed").check();
  const often = await page.locator("#rx-frequency").inputValue();
  await page.locator("#rx-certainty").selectOption("provisional");
  comes();
  await expectHydrated(page);
  for (const [name, words] of Object.entries(typed)) await expect(page.locator(`#rx-${name}`)).toHaveValue(words);
  await expect(page.locator("#rx-frequency")).toHaveValue(often);
  await expect(page.locator("#rx-as_needed")).toBeChecked();
  await expect(page.locator("#rx-certainty")).toHaveValue("provisional");
  // The same value is sent.
  await page.getByRole("combobox", { name: "Medicine" }).fill("Paracetamol 500 mg");
  await page.getByRole("button", { name: "Prescribe" }).click();
  await expect(page.locator(".rows__row", { hasText: "Paracetamol" })).toContainText("2 tablets");
});

async function signIn(page: Page, login: string): Promise<Page> {
  await page.goto("/sign-in");
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill(DEMO_PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).not.toHaveURL(/\/sign-in/);
  await takePlace(page, login);
  return page;
}

async function day(enter: Enter, hospital: Hospital, her: Patient): Promise<void> {
  const token = await test.step("reception", async () => reception(await enter("reception"), her));
  await test.step("the nurse", async () => nurse(await enter("nurse"), token));
  await test.step("the doctor", async () => doctor(await enter("doctor"), token));
  await test.step("the cashier", async () => cashier(await enter("cashier"), her, token));
  await test.step("the patient", async () => patient(await enter(hospital.portal(her)), her));
  await test.step("the lists of the house", async () => {
    await lists(await enter("admin"), ["/users", "/prices"]);
    await lists(await enter("auditor"), ["/audit"]);
  });
}

/** Checks that each page shows rows, or says that there are none. */
async function lists(page: Page, addresses: string[]): Promise<void> {
  for (const address of addresses) {
    await page.goto(address);
    await expect(page.locator("main :is(tbody tr, .rows__row, .queue__row, .slot-card, .slot-free, .empty)").first(), address).toBeVisible();
  }
}

/** Finds the patient by name and checks her in to a service; returns the token. */
async function reception(page: Page, her: Patient): Promise<string> {
  await lists(page, [`/patients?q=${her.family}`, "/schedules", "/reception"]);
  await page.getByRole("combobox", { name: "Name, MRN, phone or birth date", exact: true }).fill(her.family);
  await page.getByRole("combobox", { name: "Name, MRN, phone or birth date", exact: true }).press("Enter");
  await expect(page.getByRole("region", { name: `Patient: ${her.listed}` })).toBeVisible();
  await page.getByLabel("Service", { exact: true }).selectOption("Primary Care");
  await page.getByLabel("Reason for the visit").fill("Cough");
  await page.getByRole("button", { name: "Walk-in" }).click();
  await expect(page.locator(".toast")).toContainText(/has token [A-Z]-\d{3}/);
  return (await page.locator(".toast").innerText()).match(/[A-Z]-\d{3}/)?.[0] ?? "";
}

/** Calls the patient with the row's button, and records vital signs with one value that is refused and corrected. */
async function nurse(page: Page, token: string): Promise<void> {
  await lists(page, ["/triage"]);
  await page.getByRole("button", { name: `Call ${token}` }).click();
  await page.locator(".queue__now", { hasText: token }).getByRole("link", { name: "Take vital signs" }).click();
  await page.locator("[name=temperature]").fill("37.2");
  await page.locator("[name=pulse]").fill("402");
  await page.getByRole("button", { name: "Save" }).first().click();
  await expect(page.locator("[name=pulse]"), "what was typed is still there").toHaveValue("402");
  await expect(page.locator("[name=temperature]")).toHaveValue("37.2");
  await page.locator("[name=pulse]").fill("88");
  await page.getByRole("button", { name: "Save" }).first().click();
  await expect(page.locator(".toast")).toContainText(token);
}

async function doctor(page: Page, token: string): Promise<void> {
  await lists(page, ["/consultation"]);
  await page.locator(".queue__row", { hasText: token }).getByRole("link").click();
  await page.getByRole("button", { name: "Call this patient" }).click();
  await page.getByLabel("History").fill("Coughing for three days.");
  await page.getByRole("button", { name: "Save the draft" }).click();
  await expect(page.getByLabel("History")).toHaveValue("Coughing for three days.");
  // Words that are not a code are answered with the codes that they may mean.
  const diagnosis = page.getByRole("combobox", { name: "Diagnosis" });
  const add = page.locator("form.diagnose").getByRole("button", { name: "Add" });
  await diagnosis.fill("acute bronchitis");
  await add.click();
  await expect(page.locator("#diagnosis-complaint")).toContainText("J20.9");
  await diagnosis.fill("J20.9");
  await add.click();
  await expect(page.locator(".rows .code", { hasText: "J20.9" })).toBeVisible();
  const prescribe = async (): Promise<void> => {
    await page.getByRole("combobox", { name: "Medicine" }).fill("Paracetamol 500 mg");
    await page.getByLabel("Dose").fill("1 tablet");
    await page.getByLabel("How often").selectOption("3 times a day");
    await page.getByLabel("Days").fill("3");
    await page.getByRole("button", { name: "Prescribe" }).click();
  };
  await prescribe();
  // For a patient who was never asked about allergies, the question comes first.
  const ask = page.getByRole("button", { name: "Asked: none known" });
  await ask.click();
  await expect(ask).toHaveCount(0);
  await prescribe();
  await expect(page.locator(".rows__row", { hasText: "Paracetamol 500 mg" })).toBeVisible();
  await expect(page.getByLabel("History")).toHaveValue("Coughing for three days.");
  await page.getByLabel("Plan").fill("Rest.");
  await page.getByLabel("Your password, to sign").fill(DEMO_PASSWORD);
  await page.getByRole("button", { name: "Sign and finish" }).click();
  await page.waitForURL(/done=signed/);
}

async function cashier(page: Page, her: Patient, token: string): Promise<void> {
  await lists(page, ["/cashier"]);
  await page.locator(".queue__row", { hasText: token }).getByRole("link").click();
  await expect(page.getByRole("region", { name: `Patient: ${her.listed}` })).toBeVisible();
  await page.getByRole("button", { name: "Issue invoice" }).click();
  await page.waitForURL(/invoice=/);
  const due = Number((await page.getByLabel("Amount tendered").inputValue()).replace(",", ""));
  await page.getByLabel("Amount tendered").fill(String(due + 7));
  await page.getByRole("button", { name: "Cash" }).click();
  await page.waitForURL(/receipt=/);
  await expect(page.locator(".pay__change")).toContainText("7.00");
}

/** Reads the record of the day, and holds and cancels a time. */
async function patient(page: Page, her: Patient): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toContainText(her.given);
  await lists(page, ["/portal/records", "/portal/appointments", "/portal/statement", "/portal/account/access"]);
  await page.goto("/portal/book");
  await page.getByRole("link", { name: "Internal medicine" }).click();
  // A phone shows one day at a time.
  const days = page.locator("a.day-chips__day:visible");
  if ((await days.count()) > 0) await days.last().click();
  await page.locator(".slots__slot:visible").last().click();
  await page.getByLabel("What is it about?").fill("Again");
  await page.getByRole("button", { name: "Confirm the appointment" }).click();
  await expect(page.getByText("Your appointment is booked")).toBeVisible();
  await page.getByRole("button", { name: "Cancel the appointment" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(page.getByText("The appointment is cancelled")).toBeVisible();
}
