/**
 * The patient's side: a stranger asks for a first appointment on a phone, reception registers and books; a patient tells about medicines
 * before the visit, and the doctor takes it over and holds a part of a note back.
 */
import { printed } from "../support/paper.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, somebody, test, visit, type Page } from "../support/test.ts";

test("a stranger asks for a first appointment and reception books it", { tag: ["@phone"] }, async ({ page, people }) => {
  const desk = await people.another({ viewport: { width: 1280, height: 800 }, isMobile: false, hasTouch: false });
  await firstVisit(page, desk);
});

test("a first appointment is asked for without scripts", { tag: ["@noscript"] }, async ({ page, people }) => {
  await firstVisit(page, await people.another(), false);
});

/** Without scripts, axe-core and pictures cannot look at the page. */
async function firstVisit(page: Page, desk: Page, scripts = true): Promise<void> {
  const look = async (at: Page, name?: string) => {
    if (!scripts) return;
    await expectAccessible(at);
    await expectNoSidewaysScroll(at);
    if (name) await picture(at, name);
  };
  const { family, born } = somebody();
  const name = `Nina ${family}`;
  // A number of its own: requests for one number are limited.
  const phone = `617-555-${String(Date.now()).slice(-4)}`;

  await test.step("the public page shows clinics, doctors, hours and the phone", async () => {
    await visit(page, "/clinic");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Our clinics");
    await expect(page.locator("a[href^='geo:']").first()).toBeVisible();
    await look(page, "clinic");
  });

  await test.step("what is wrong is said, and what is right stays", async () => {
    await page.getByRole("link", { name: "Ask for a first appointment" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ask for a first appointment");
    await page.locator("[name=clinic]").selectOption({ index: 1 });
    await page.locator("[name=name]").fill(name);
    await page.locator("[name=birth_date]").fill(born);
    await page.locator("[name=phone]").fill(phone);
    await page.locator("[name=suits]").selectOption("morning");
    await page.locator("[name=reason]").fill("A rash for two weeks");
    await look(page, "first-visit");
    await page.getByRole("button", { name: "Send the request" }).click();
    await expect(page.getByText("Your request has arrived")).toBeVisible();
    if (scripts) await picture(page, "first-visit-sent");
  });

  await test.step("reception finds the request, registers the person and books", async () => {
    await signIn(desk, "reception");
    await visit(desk, "/first-visits");
    await look(desk, "first-visits");
    await desk.getByRole("link", { name }).click();
    await expect(desk.locator("main")).toContainText("A rash for two weeks");
    await look(desk);
    await desk.getByRole("link", { name: "Register as a new patient" }).click();
    await expect(desk.locator("[name=family_name]")).toHaveValue(family);
    await expect(desk.locator("[name=phone]").first()).toHaveValue(phone);
    await desk.getByLabel("Female", { exact: true }).check();
    await desk.getByRole("button", { name: "Register", exact: true }).click();
    await expect(desk).toHaveURL(/\/first-visits\/[0-9a-f-]{36}\?patient=/);
    await look(desk, "first-visit-times");
    await desk.locator(".slots__slot").last().click();
    await expect(desk).toHaveURL(/done=booked$/);
    await expect(desk.locator("main")).not.toContainText(name);
  });
}

test("a patient tells before the visit, and the doctor takes it over", { tag: ["@phone"] }, async ({ page, hospital, people }) => {
  const patient = await hospital.patient();
  await signIn(page, hospital.portal(patient));

  await test.step("the patient writes in the own words", async () => {
    await visit(page, "/portal/before-visit");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.getByRole("button", { name: "Send to the doctor" }).click();
    await expect(page.locator(".error-summary")).toBeVisible();
    await page.locator("[name=medicines]").fill("Something for sleeping, from my sister");
    await page.getByRole("button", { name: "Send to the doctor" }).click();
    await expect(page).toHaveURL(/done=told$/);
    await expect(page.locator("[name=medicines]")).toHaveValue("Something for sleeping, from my sister");
    await picture(page, "before-visit");
  });

  await test.step("the doctor reads it as the patient's own words", async () => {
    const doctor = await people.another({ viewport: { width: 1280, height: 800 }, isMobile: false, hasTouch: false });
    await signIn(doctor, "doctor");
    await visit(doctor, `/patients/${patient.id}/chart`);
    await expect(doctor.locator("main")).toContainText("Patient's own words");
    await expect(doctor.locator("main")).toContainText("from my sister");
    await expectAccessible(doctor);
    await picture(doctor, "statement-chart");
    await doctor.getByRole("button", { name: "Taken over into the record" }).click();
    await visit(doctor, `/patients/${patient.id}/chart`);
    await expect(doctor.locator("main")).not.toContainText("from my sister");
  });

  await test.step("the records of the portal print with the hospital's head", async () => {
    await visit(page, "/portal/records");
    const { pages } = await printed(page, "portal-records");
    expect(pages[0]).toContain(patient.family);
  });
});
