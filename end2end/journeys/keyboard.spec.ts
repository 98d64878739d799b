import { expect, expectHydrated, signIn, test, visit, type Page } from "../support/test.ts";

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

test("reception checks a booked patient in with at most 12 keys", async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/reception");
  // Whoever is expected last: nobody else in these journeys checks her in.
  const name = (await page.locator(".arrivals .row-link").last().innerText()).trim();
  const [family, given] = name.toLowerCase().split(", ") as [string, string];
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
  // The desk is ready for the next one.
  await expectHydrated(page);
  await page.keyboard.press("/");
  await expect(page.locator("input[name=find]")).toBeFocused();
});

test("the next patient with one key, and a common consultation without the mouse", async ({ page, people }) => {
  const [reception, nurse, cashier] = [await people.another(), await people.another(), await people.another()];
  const mrn = await theresaComes(reception, nurse);
  await signIn(page, "doctor");
  await visit(page, "/consultation");

  const calling = new Hands(page);
  await calling.press("n");
  await page.waitForURL(/\/consultation\/[0-9a-f-]{36}/);
  expect(calling.presses).toBe(1);
  await expect(page.locator(".patient", { hasText: mrn }), "the most urgent one is called").toBeVisible();
  await expectHydrated(page);

  const hands = new Hands(page);
  await hands.press("w");
  await expect(page.getByLabel("History")).toBeFocused();
  await hands.type("Home readings 130 over 80. Well.");
  await hands.press("Escape", "d");
  await expect(page.getByRole("combobox", { name: "Diagnosis" })).toBeFocused();
  await hands.type("essential hyper");
  await expect(page.locator("#diagnosis-list [role=option]").first()).toContainText("I10");
  await hands.press("ArrowDown", "Enter");
  await expect(page.locator(".rows .code", { hasText: "I10" })).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Diagnosis" }), "the focus stays").toBeFocused();
  // What she takes is one step before the field of a new medicine.
  await hands.press("Escape", "m", "Shift+Tab");
  const repeat = page.getByRole("button", { name: "Repeat Amlodipine" });
  await expect(repeat).toBeFocused();
  await hands.press("Enter");
  await expect(page.locator(".rows__row", { has: page.getByRole("button", { name: "Remove Amlodipine" }) })).toBeVisible();
  await expect(repeat).toHaveCount(0);
  await expect(page.getByRole("combobox", { name: "Medicine" }), "the focus is not lost with the button").toBeFocused();

  // A medicine half entered is not lost by signing.
  await hands.type("Ibu");
  await hands.press("Escape", "w", "Control+Enter");
  await expect(page.locator("#note [role=alert]")).toContainText("not prescribed");
  await expect(page.getByRole("combobox", { name: "Medicine" })).toBeFocused();
  await hands.press("Backspace", "Backspace", "Backspace", "Control+Enter");
  await page.waitForURL(/done=signed/);

  await leavesWithoutPaying(cashier, mrn);
});

/** Theresa, whose tablets were prescribed last week, is with the doctors as an emergency. Her number. */
async function theresaComes(reception: Page, nurse: Page): Promise<string> {
  await signIn(reception, "reception");
  await visit(reception, "/reception?find=wilson+theresa");
  const mrn = (await reception.locator(".patient dt", { hasText: "MRN" }).locator("+ dd").innerText()).trim();
  await reception.getByLabel("Service", { exact: true }).selectOption("Primary Care");
  await reception.getByText("Goes before others").click();
  await reception.getByLabel("Priority").selectOption("Emergency");
  await reception.getByLabel("Why before others").fill("Dizzy");
  await reception.getByRole("button", { name: "Walk-in" }).click();
  await expect(reception.locator(".toast")).toContainText("has token");
  const token = (await reception.locator(".toast").innerText()).match(/[A-Z]-\d{3}/)?.[0] ?? "";
  await signIn(nurse, "nurse");
  await visit(nurse, "/triage");
  const row = nurse.locator(".queue__row", { hasText: token }).first();
  await row.hover();
  await row.locator("summary").click();
  await row.getByRole("button", { name: "On to the doctor" }).click();
  await expect(nurse.locator(".toast")).toContainText(token);
  return mrn;
}

/** Ends the visit, so that she can come again in another journey. */
async function leavesWithoutPaying(cashier: Page, mrn: string): Promise<void> {
  await signIn(cashier, "cashier");
  await visit(cashier, `/cashier?q=${mrn}`);
  const name = (await cashier.locator(".patient__name").innerText()).trim();
  const row = cashier.locator(".queue__row", { hasText: name }).first();
  await row.hover();
  await row.locator("summary").click();
  await row.getByRole("button", { name: "Left" }).click();
  await expect(cashier.locator(".queue__row", { hasText: name })).toHaveCount(0);
}
