/** Tests the sign-out of an absent user: first a warning, then the sign-out; typed text is not lost. */
import { expect, expectAccessible, signIn, test, visit } from "../support/test.ts";

test("two minutes before the end the page says so, and whoever is there stays", async ({ page }) => {
  await page.clock.install();
  await signIn(page, "reception");
  await visit(page, "/patients");
  const warning = page.getByText("Nobody seems to be here.");
  await page.clock.fastForward("27:00");
  await expect(warning).toBeHidden();
  await page.clock.fastForward("01:05");
  await expect(warning).toBeVisible();
  await expectAccessible(page);
  const answered = page.waitForResponse(/accounts\/stay/);
  await page.getByRole("button", { name: "Stay signed in" }).click();
  expect((await answered).ok()).toBe(true);
  await expect(warning).toBeHidden();
  // Work in another tab counts as activity too.
  const other = await page.context().newPage();
  await visit(other, "/reception");
  await page.clock.fastForward("28:05");
  await expect(warning).toBeVisible();
  await other.bringToFront();
  await other.evaluate(() => new BroadcastChannel("idle").postMessage(0));
  await expect(warning).toBeHidden();
});

test("who is away is signed out, and finds the note as it was left", async ({ page, hospital, watch }) => {
  watch.tolerate(/40\d/);
  const { id } = await hospital.withDoctor(await hospital.patient());
  await page.clock.install();
  await signIn(page, "doctor");
  await visit(page, `/consultation/${id}`);
  await page.getByLabel("History").fill("Written before the alarm.");
  await page.clock.runFor(5000);
  await expect(page.locator(".note__saved")).toContainText(/Saved \d\d:\d\d/);
  await page.clock.fastForward("31:00");
  await expect(page).toHaveURL(/\/sign-in\?idle=1/);
  await expect(page.getByText("You were signed out because nobody was there")).toBeVisible();
  await page.goto(`/consultation/${id}`);
  await expect(page).toHaveURL(/\/sign-in/);
  await signIn(page, "doctor");
  await visit(page, `/consultation/${id}`);
  await expect(page.getByLabel("History")).toHaveValue("Written before the alarm.");
});

test("a patient who follows the queue on the phone stays signed in", async ({ page, hospital }) => {
  const patient = await hospital.patient();
  await hospital.comes(patient);
  await page.clock.install();
  await signIn(page, hospital.portal(patient));
  await visit(page, "/portal");
  await expect(page.locator(".place")).toBeVisible();
  const warning = page.getByText("Nobody seems to be here.");
  for (let times = 0; times < 2; times++) {
    const answered = page.waitForResponse(/accounts\/stay/);
    await page.clock.fastForward("31:00");
    expect((await answered).ok(), "the page says by itself that somebody is there").toBe(true);
    await expect(warning).toBeHidden();
    await expect(page).toHaveURL(/\/portal$/);
  }
});
