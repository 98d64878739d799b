/** Tests the layout: no element is covered by a bar, moves out of view, or jumps. */
import { expect, signIn, test, visit, type Page } from "../support/test.ts";

const SMALL_DESK = { width: 1366, height: 768 };

/** Returns how far the page itself can be scrolled. */
const excess = (page: Page) => page.evaluate(() => document.documentElement.scrollHeight - document.documentElement.clientHeight);

test("the columns of reception stand still, whoever is chosen", async ({ page, hospital }) => {
  const patient = await hospital.patient();
  await page.setViewportSize(SMALL_DESK);
  await signIn(page, "reception");
  for (const address of ["/reception", `/reception?patient=${patient.id}`]) {
    await visit(page, address);
    const tops = await page.locator(".columns-3 > .panel").evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)));
    expect(new Set(tops).size, `${address}: ${tops.join(", ")}`).toBe(1);
    expect(await excess(page), address).toBeLessThanOrEqual(1);
  }
});

test("the whole note stands above the bar for signing", async ({ page, hospital }) => {
  const { id } = await hospital.withDoctor(await hospital.patient());
  await page.setViewportSize(SMALL_DESK);
  await signIn(page, "doctor");
  await visit(page, `/consultation/${id}`);
  const bar = (await page.locator(".note__sign").boundingBox())!;
  const plan = (await page.getByLabel("Plan").boundingBox())!;
  expect(bar.height).toBeLessThan(60);
  expect(plan.y + plan.height).toBeLessThanOrEqual(bar.y);
});

test("a critical value is red as soon as its field is left", { tag: "@phone" }, async ({ page, hospital }) => {
  const { id } = await hospital.comes(await hospital.patient());
  await signIn(page, "nurse");
  await visit(page, `/visits/${id}/vitals`);
  await page.locator("[name=spo2]").fill("84");
  await page.locator("[name=pulse]").focus();
  await expect(page.locator('.field[data-judged="critical"] [name=spo2]')).toBeVisible();
  await expect(page.locator(".vitals-form__flags")).toContainText("Oxygen saturation 84 %, low");
  await page.locator("[name=spo2]").fill("98");
  await page.locator("[name=pulse]").focus();
  await expect(page.locator(".vitals-form__flags li")).toHaveCount(0);
});
