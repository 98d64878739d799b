import { printed, scanned } from "../support/paper.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("potassium goes from the order over a critical call to the signed report", async ({ page, hospital, people, watch }) => {
  // A critical value that is typed once is answered with 422.
  watch.tolerate(/422/);
  const patient = await hospital.patient();
  const { id } = await hospital.withDoctor(patient, "doctor2");
  await signIn(page, "doctor2");

  await test.step("the doctor orders by code", async () => {
    await visit(page, `/consultation/${id}`);
    await page.locator("#orders").getByRole("link", { name: "Laboratory" }).click();
    await expect(page.getByRole("heading", { name: "Order laboratory tests" })).toBeVisible();
    await expectAccessible(page);
    await page.locator("#lab-order [name=codes]").fill("k");
    await page.locator("#lab-order [name=priority][value=stat]").check();
    await page.locator("#lab-order").getByRole("button", { name: "Order" }).click();
    await expect(page).toHaveURL(/done=ordered$/);
    await expect(page.locator("#orders .rows__row", { hasText: "Potassium" })).toContainText("Stat");
  });

  const nurse = await people.another();
  await signIn(nurse, "nurse");
  let tube = "";
  await test.step("the nurse scans the wristband and the tube", async () => {
    await visit(nurse, "/lab/collect");
    await expectAccessible(nurse);
    await expectNoSidewaysScroll(nurse);
    await nurse.locator("#find-patient [name=scanned]").fill(patient.mrn);
    await nurse.keyboard.press("Enter");
    await expect(nurse.getByRole("heading", { name: patient.listed })).toBeVisible();
    tube = ((await nurse.locator("main .rows .code").first().textContent()) ?? "").trim();
    expect(tube).toMatch(/^\d{12}$/);
    // A label printer has 300 dots per inch, and so has the screenshot.
    const sharp = await people.another({ deviceScaleFactor: 3 });
    // The page opens the browser's print dialog by itself.
    await sharp.addInitScript(() => (window.print = () => {}));
    await signIn(sharp, "nurse");
    await visit(sharp, `/lab/collect/${patient.id}/labels`);
    expect(await scanned(sharp, sharp.locator(".barcode"))).toBe(tube);
    expect((await printed(sharp, "tube")).sizes).toEqual([[50, 25]]);
    await nurse.locator("#collect-form [name=patient]").fill(patient.mrn);
    await nurse.locator("#collect-form [name=numbers]").fill(tube);
    await nurse.locator("#collect-form").getByRole("button", { name: "Collected" }).click();
    await expect(nurse).toHaveURL(/done=collected$/);
    await expectAccessible(nurse);
  });

  const lab = await people.another();
  await signIn(lab, "lab");
  await test.step("the technician receives the tube and types the critical value twice", async () => {
    await visit(lab, "/lab/reception");
    await expectAccessible(lab);
    await lab.locator("#receive [name=number]").fill(tube);
    await lab.keyboard.press("Enter");
    await expect(lab).toHaveURL(/done=received/);
    await lab.getByRole("link", { name: "Open the sample" }).click();
    await lab.locator("#enter [name^=value-]").fill("6.9");
    await lab.locator("#enter").getByRole("button", { name: "Enter and check" }).click();
    await expect(lab.locator(".error-summary"), "a critical value is typed again").toBeVisible();
    await lab.locator("#enter [name^=again-]").fill("6.9");
    await lab.locator("#enter").getByRole("button", { name: "Enter and check" }).click();
    await expect(lab).toHaveURL(/done=checked$/);
    await expect(lab.locator("main")).toContainText("6.9 mmol/L");
    await expectAccessible(lab);
  });

  await test.step("the technician calls, and the doctor reads the value back", async () => {
    await visit(lab, "/lab/calls");
    const call = lab.locator("section.panel", { hasText: patient.listed });
    await call.locator("[name=whom]").fill("Dr. Costa");
    await call.locator("[name=outcome][value=read_back]").check();
    await expectAccessible(lab);
    await call.getByRole("button", { name: "Record" }).click();
    await expect(lab).toHaveURL(/done=called$/);
    await expect(lab.locator("section.panel", { hasText: patient.listed })).toHaveCount(0);
  });

  const pathologist = await people.another();
  await signIn(pathologist, "pathologist");
  await test.step("a second person releases it", async () => {
    await visit(pathologist, "/lab/release");
    await expectAccessible(pathologist);
    const result = pathologist.locator("section.panel", { hasText: patient.listed });
    await expect(result).toContainText("6.9 mmol/L");
    await result.getByRole("button", { name: "Release" }).click();
    await expect(pathologist).toHaveURL(/done=released$/);
  });

  await test.step("the doctor signs the report", async () => {
    await visit(page, "/lab/inbox");
    await expectAccessible(page);
    const report = page.locator("section.panel", { hasText: patient.listed });
    await expect(report).toContainText("Critical");
    await report.locator("[name=action]").selectOption("follow_up");
    await report.getByRole("button", { name: "Sign", exact: false }).first().click();
    await expect(page).toHaveURL(/done=signed$/);
    await visit(page, `/patients/${patient.id}/lab`);
    await expect(page.locator("main")).toContainText("6.9");
    await expectAccessible(page);
  });
});
