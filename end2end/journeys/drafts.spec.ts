/** Typed text is not lost through a broken connection, a closed tab, an ended session, or another user in the same note. */
import { expect, expectHydrated, signIn, somebody, test, visit, type Page } from "../support/test.ts";

const saved = (page: Page) => page.locator(".note__saved");

/** Ends the session, as after half an hour; the browser does not know it. */
async function sessionEnds(page: Page): Promise<void> {
  const ours = (await page.context().cookies()).filter(({ name }) => !name.endsWith("language"));
  for (const { name } of ours) await page.context().clearCookies({ name });
}

test("what is typed while the line is dead is saved when it is back", async ({ page, context, hospital, watch }) => {
  watch.tolerate(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
  const { id } = await hospital.withDoctor(await hospital.patient());
  await signIn(page, "doctor");
  await visit(page, `/consultation/${id}`);
  await context.setOffline(true);
  await page.getByLabel("History").fill("Written in the lift.");
  await expect(saved(page)).toContainText("Not saved, kept by this browser");
  await expect(page.getByText("No connection.")).toBeVisible();
  await page.getByLabel("Plan").fill("Signed in the lift?");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByLabel("Plan"), "signing waits for the line too").toHaveValue("Signed in the lift?");
  await context.setOffline(false);
  await expect(saved(page)).toContainText(/Saved \d\d:\d\d/);
  await expect(page.getByText("No connection.")).toBeHidden();
  await visit(page, page.url());
  await expect(page.getByLabel("History")).toHaveValue("Written in the lift.");
  await expect(page.getByLabel("Plan")).toHaveValue("Signed in the lift?");
});

test("a tab closed before the save loses nothing, with the line and without", async ({ page, context, hospital }) => {
  const { id } = await hospital.withDoctor(await hospital.patient());
  await signIn(page, "doctor");
  const first = await context.newPage();
  await visit(first, `/consultation/${id}`);
  await first.getByLabel("History").fill("Closed at once.");
  await first.close();

  const second = await context.newPage();
  await expect(async () => {
    await visit(second, `/consultation/${id}`);
    await expect(second.getByLabel("History")).toHaveValue("Closed at once.", { timeout: 500 });
  }).toPass();
  await expect(saved(second)).toContainText(/Saved \d\d:\d\d/);
  await context.setOffline(true);
  await second.getByLabel("Plan").fill("Closed without a line.");
  await expect(saved(second)).toContainText("Not saved");
  // Other users of the same computer cannot read it.
  const kept = await second.evaluate(() => JSON.stringify({ ...localStorage }));
  expect(kept).toContain(`:${id}`);
  expect(kept).not.toContain("without a line");
  await second.close();
  await context.setOffline(false);

  const third = await context.newPage();
  await visit(third, `/consultation/${id}`);
  await expect(third.getByLabel("Plan")).toHaveValue("Closed without a line.");
  await expect(saved(third)).toContainText(/Saved \d\d:\d\d/);
  expect(await third.evaluate(() => Object.keys(localStorage)), "what is saved is kept nowhere else").toEqual([]);
  await third.close();
});

test("signed out while writing: the text waits for its author", async ({ page, context, hospital, watch }) => {
  watch.tolerate(/401/);
  const { id } = await hospital.withDoctor(await hospital.patient());
  await signIn(page, "doctor");
  await visit(page, `/consultation/${id}`);
  await sessionEnds(page);
  await page.getByLabel("History").fill("Typed after the session ended.");
  await expect(page.getByText("You are signed out. Sign in again in another tab")).toBeVisible();
  const other = await context.newPage();
  await signIn(other, "doctor");
  await expect(saved(page), "saved by itself").toContainText(/Saved \d\d:\d\d/);

  // The same in one tab; a colleague who uses this computer in between does not see it.
  await sessionEnds(page);
  await page.getByLabel("Plan").fill("And this as well.");
  await expect(page.getByText("You are signed out. Sign in again in another tab")).toBeVisible();
  await page.goto(`/consultation/${id}`);
  await expect(page).toHaveURL(/\/sign-in/);
  await expect.poll(() => page.evaluate(() => sessionStorage.length), "the tab forgets it").toBe(0);
  await signIn(other, "doctor2");
  await visit(other, `/consultation/${id}`);
  await expect(other.locator("body")).not.toContainText("And this as well.");
  await sessionEnds(page);
  await page.goto(`/consultation/${id}`);
  await page.locator("input[name=login]").fill("doctor");
  await page.locator("input[name=password]").fill("infirmary-demo");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/consultation/${id}`);
  await expectHydrated(page);
  await expect(page.getByLabel("Plan")).toHaveValue("And this as well.");
  await expect(saved(page)).toContainText(/Saved \d\d:\d\d/);
  await other.close();
});

test("two doctors in one note: both texts are read side by side", async ({ page, people, hospital, watch }) => {
  watch.tolerate(/409/);
  const { id } = await hospital.withDoctor(await hospital.patient());
  await signIn(page, "doctor");
  await visit(page, `/consultation/${id}`);
  await page.getByLabel("Assessment").fill("Of the first doctor");
  await expect(saved(page)).toContainText(/Saved \d\d:\d\d/);

  const colleague = await people.another();
  await signIn(colleague, "doctor2");
  await visit(colleague, `/consultation/${id}`);
  await colleague.getByRole("button", { name: "Take the consultation over" }).click();
  await expect(colleague.getByLabel("Assessment")).toHaveValue("Of the first doctor");
  await expectHydrated(colleague);
  await colleague.getByLabel("Assessment").fill("Of the second doctor");
  await expect(saved(colleague)).toContainText(/Saved \d\d:\d\d/);

  await page.getByLabel("Assessment").fill("Of the first doctor, at length");
  const versions = page.locator(".versions");
  await expect(versions).toContainText("Of the first doctor, at length");
  await expect(versions).toContainText("Of the second doctor");
  await expect(page.getByRole("alert").filter({ hasText: "is writing in this consultation" })).toBeVisible();
  await visit(colleague, colleague.url());
  await expect(colleague.getByLabel("Assessment"), "nothing was overwritten").toHaveValue("Of the second doctor");
});

test("a registration survives the end of the session and a dead line", async ({ page, context, watch }) => {
  watch.tolerate(/401|ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
  await signIn(page, "reception");
  await visit(page, "/patients/new");
  await fillRegistration(page);
  await context.setOffline(true);
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByText("No connection.")).toBeVisible();
  await expect(page.getByLabel("Given names"), "still the same page").toHaveValue("Ludmila");
  await context.setOffline(false);
  await expect(page.getByText("No connection.")).toBeHidden();
  await sessionEnds(page);
  await sendsAgain(page, "reception");
});

test("and with scripts off", { tag: "@noscript" }, async ({ page, watch }) => {
  watch.tolerate(/401/);
  await signIn(page, "reception");
  await page.goto("/patients/new");
  await fillRegistration(page);
  await sessionEnds(page);
  await sendsAgain(page, "reception");
});

test("vital signs survive the end of the session", async ({ page, hospital, watch }) => {
  watch.tolerate(/401/);
  const patient = await hospital.patient();
  const { id } = await hospital.comes(patient);
  await signIn(page, "nurse");
  await visit(page, `/visits/${id}/vitals`);
  await page.locator("[name=temperature]").fill("37.4");
  await page.locator("[name=pulse]").fill("402");
  await sessionEnds(page);
  await page.keyboard.press("Control+Enter");
  await signsInAgain(page, "nurse");
  await page.getByRole("button", { name: "Send it again" }).click();
  // The errors are shown now, on the page where it was typed.
  await expect(page.locator("[name=pulse]")).toHaveValue("402");
  await expect(page.locator("[name=temperature]")).toHaveValue("37.4");
  await expect(page.locator(".error-summary")).toBeVisible();
});

async function fillRegistration(page: Page): Promise<void> {
  // The name matches no existing patient: a warning of duplicates would interrupt the journey.
  const { family, born } = somebody();
  await page.getByLabel("Given names").fill("Ludmila");
  await page.getByLabel("Family name").fill(family);
  await page.locator("[name=birth_date]").fill(born);
  await page.getByLabel("Female", { exact: true }).check();
}

/** Sends the form, is answered that the session has ended, signs in in another tab, and sends it once more. */
async function sendsAgain(page: Page, login: string): Promise<void> {
  await page.getByRole("button", { name: "Register" }).click();
  await signsInAgain(page, login);
  await page.getByRole("button", { name: "Send it again" }).click();
  await expect(page).toHaveURL(/\/patients\/[0-9a-f-]{36}/);
  await expect(page.getByText("Ludmila").first()).toBeVisible();
}

async function signsInAgain(page: Page, login: string): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You were signed out");
  const [beside] = await Promise.all([page.waitForEvent("popup"), page.getByRole("link", { name: "Sign in again" }).click()]);
  await beside.locator("input[name=login]").fill(login);
  await beside.locator("input[name=password]").fill("infirmary-demo");
  await beside.keyboard.press("Enter");
  await expect(beside).not.toHaveURL(/\/sign-in/);
  await beside.close();
}
