import { DEMO_PASSWORD, expect, expectHydrated, signIn, test, visit, type Page } from "../support/test.ts";

/** Presses keys and counts them. */
class Hands {
  readonly #page: Page;
  presses = 0;

  constructor(page: Page) {
    this.#page = page;
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      await this.#page.keyboard.press(key);
      this.presses += 1;
    }
  }

  async type(text: string): Promise<void> {
    await this.press(...[...text].map((letter) => (letter === " " ? "Space" : letter)));
  }
}

test("reception checks a booked patient in with at most 12 keys", async ({ page, hospital }) => {
  const patient = await hospital.patient();
  await hospital.bookedToday(patient);
  const { listed: name } = patient;
  const [family, given] = [patient.family.toLowerCase(), patient.given.toLowerCase()];
  await signIn(page, "reception");
  await visit(page, "/reception");
  const hands = new Hands(page);
  await hands.press("/");
  await expect(page.getByRole("combobox", { name: "Name, MRN, phone or birth date", exact: true }), "the desk's own search").toBeFocused();
  await hands.type(`${family.slice(0, 4)} ${given.slice(0, 3)}`);
  await expect(page.locator("#find-list [role=option]").first()).toContainText(name, { ignoreCase: true });
  await hands.press("ArrowDown", "Enter");
  await expect(page.getByRole("region", { name: `Patient: ${name}` })).toBeVisible();
  await expectHydrated(page);
  await hands.press("Enter");
  await expect(page.locator(".toast")).toContainText("has token");
  expect(hands.presses, "key presses from an idle desk to the token").toBeLessThanOrEqual(12);
  // The page is ready for the next patient.
  await expectHydrated(page);
  await page.keyboard.press("/");
  await expect(page.locator("input[name=find]")).toBeFocused();
});

test("nobody found leads with Enter to the form, with the words filled in", async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/reception");
  await page.keyboard.press("/");
  await page.keyboard.type("Xquilla Zwvutsqr");
  await expect(page.locator("#find-list [role=option]")).toHaveText(/^Register “Xquilla Zwvutsqr”/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/patients\/new\?name=/);
  await expectHydrated(page);
  await expect(page.getByLabel("Given names")).toHaveValue("Xquilla");
  await expect(page.getByLabel("Family name")).toHaveValue("Zwvutsqr");
  const birth = page.locator("[name=birth_date]");
  for (const [typed, said] of [["14031985", "14 Mar 1985 · "], ["14/03/85", "Which century?"], ["30/02/1985", "no such day"]] as const) {
    await birth.fill(typed);
    await expect(page.locator(".birth-said")).toContainText(said);
  }
});

test("the next patient with one key, and a common consultation without the mouse", async ({ page, hospital }) => {
  // The patient was here before and got tablets; now it is an emergency.
  const patient = await hospital.patient("Theodora");
  const tablets = { drug: "Amlodipine 5 mg", dose: "1 tablet", route: "oral", frequency: "once a day", days: "30" };
  await hospital.waitsToPay(patient, tablets);
  await hospital.goesHome(patient);
  await hospital.waitsForDoctor(patient, { emergency: true });
  await signIn(page, "doctor");
  await visit(page, "/consultation");

  const calling = new Hands(page);
  await calling.press("n");
  await page.waitForURL(/\/consultation\/[0-9a-f-]{36}/);
  expect(calling.presses).toBe(1);
  await expect(page.locator(".patient", { hasText: patient.mrn }), "the most urgent one is called").toBeVisible();
  await expectHydrated(page);

  const hands = new Hands(page);
  await expect(page.getByLabel("History"), "the note has the focus").toBeFocused();
  await hands.type("Home readings 130 over 80. Well.");
  await hands.press("Escape", "d");
  await expect(page.getByRole("combobox", { name: "Diagnosis" })).toBeFocused();
  await hands.type("essential hyper");
  await expect(page.locator("#diagnosis-list [role=option]").first()).toContainText("I10");
  await hands.press("ArrowDown", "Enter");
  await expect(page.locator(".rows .code", { hasText: "I10" })).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Diagnosis" }), "the focus stays").toBeFocused();
  // His present medicines are one Tab before the field of a new medicine.
  await hands.press("Escape", "m", "Shift+Tab");
  const repeat = page.getByRole("button", { name: "Repeat Amlodipine" });
  await expect(repeat).toBeFocused();
  await hands.press("Enter");
  await expect(page.locator(".rows__row", { has: page.getByRole("button", { name: "Remove Amlodipine" }) })).toBeVisible();
  await expect(repeat).toHaveCount(0);
  await expect(page.getByRole("combobox", { name: "Medicine" }), "the focus is not lost with the button").toBeFocused();

  // Signing does not lose a half entered medicine.
  await hands.type("Ibu");
  await hands.press("Escape", "w", "Control+Enter");
  await expect(page.locator("#note [role=alert]")).toContainText("not prescribed");
  await expect(page.getByRole("combobox", { name: "Medicine" })).toBeFocused();
  await hands.press("Backspace", "Backspace", "Backspace", "Control+Enter");
  await expect(page.getByLabel("Your password, to sign")).toBeFocused();
  await hands.type(DEMO_PASSWORD);
  await hands.press("Enter");
  await page.waitForURL(/done=signed/);
});

test("a name typed at the desk is text, also where no field has the focus", async ({ page, hospital }) => {
  const patient = await hospital.patient();
  await hospital.bookedToday(patient);
  await signIn(page, "reception");
  await visit(page, "/reception");
  const search = page.getByRole("combobox", { name: "Name, MRN, phone or birth date", exact: true });
  await expect(search, "the search has the focus").toBeFocused();
  await page.keyboard.press("Escape");
  await expect(search).not.toBeFocused();
  await page.keyboard.type("garza", { delay: 60 });
  await expect(search, "what was typed belongs to the search").toHaveValue("garza");
  await expect(page, "nobody was chosen").not.toHaveURL(/appointment=/);
  // Typed slowly, the letter is a shortcut key.
  await search.fill("");
  await page.keyboard.press("Escape");
  await page.keyboard.press("a");
  await page.waitForURL(/appointment=/);
});

test("a key that changes something needs the focus in its list, or Alt", async ({ page, hospital }) => {
  await hospital.comes(await hospital.patient());
  await signIn(page, "nurse");
  await visit(page, "/triage");
  const panel = page.locator(".queue-panel[data-keys]").first();
  await expect(panel, "the queue has the focus").toBeFocused();
  await page.keyboard.type("nausea", { delay: 60 });
  await page.locator("main").focus();
  const pressed = await page.evaluate(() => performance.now());
  await page.keyboard.press("n");
  // This is longer than a shortcut waits for another letter.
  await page.waitForFunction((since) => performance.now() - since > 1_000, pressed);
  await expect(page.locator(".toast")).toHaveCount(0);
  await page.keyboard.press("Alt+n");
  // The patient is called, or the page asks because a colleague has called another patient there.
  await expect(page.locator(".toast", { hasText: "called to" }).or(page.getByText("Call once more to call all the same")).first()).toBeVisible();
});

test("Escape leaves the diagnosis and the medicine, so that letters are keys again", async ({ page, hospital }) => {
  const { id } = await hospital.withDoctor(await hospital.patient(), "doctor2");
  await signIn(page, "doctor2");
  await visit(page, `/consultation/${id}`);
  const [diagnosis, medicine] = [page.getByRole("combobox", { name: "Diagnosis" }), page.getByRole("combobox", { name: "Medicine" })];
  await diagnosis.focus();
  await page.keyboard.press("Escape");
  await expect(diagnosis).not.toBeFocused();
  await page.keyboard.press("m");
  await expect(medicine).toBeFocused();
  // With its list open, one Escape is also enough.
  await medicine.pressSequentially("amlod");
  await expect(page.locator("#drug-list [role=option]").first()).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(medicine).not.toBeFocused();
  await expect(medicine, "what was typed stays").toHaveValue("amlod");
  await page.keyboard.press("d");
  await expect(diagnosis).toBeFocused();
  await expect(medicine).toHaveValue("amlod");
});

test("a window opens with the focus on its first field", async ({ page, hospital }) => {
  const patient = await hospital.patient();
  await signIn(page, "nurse");
  await visit(page, `/patients/${patient.id}`);
  await page.locator("#allergies").getByRole("button", { name: "Add", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Add an allergy" });
  await expect(dialog).toBeVisible();
  await expect(dialog.getByLabel("Substance")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("an open menu stays with its patient while the queue moves", async ({ page, hospital }) => {
  const [first, second] = [await hospital.patient(), await hospital.patient()];
  const [gone, stays] = [await hospital.comes(first), await hospital.comes(second)];
  await signIn(page, "reception");
  await visit(page, "/reception");
  const row = page.locator(".queue__row", { hasText: stays.token });
  await row.hover();
  await row.locator("summary").click();
  await expect(row.locator(".confirm__panel")).toBeVisible();
  await hospital.goesHome(first);
  await expect(page.locator(".queue__row", { hasText: gone.token })).toHaveCount(0, { timeout: 30_000 });
  await expect(row.locator("details"), "the menu is still this patient's").toHaveAttribute("open", "");
  await expect(page.locator(".queue__row details[open]")).toHaveCount(1);
});
