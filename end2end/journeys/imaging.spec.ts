import { DEMO_PASSWORD } from "../support/hospital.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a CT with contrast goes from the order over the questions of safety to the signed report", async ({ page, hospital, people, watch }) => {
  // A start with an answer that blocks is answered with 409.
  watch.tolerate(/409/);
  const patient = await hospital.patient();
  const { id } = await hospital.withDoctor(patient, "doctor2");
  await signIn(page, "doctor2");

  await test.step("the doctor orders", async () => {
    await visit(page, `/consultation/${id}`);
    await page.locator("#orders").getByRole("link", { name: "Imaging" }).click();
    await expect(page.getByRole("heading", { name: "Order imaging" })).toBeVisible();
    await expectAccessible(page);
    await page.locator("#imaging-order [name=procedure]").selectOption("ct-chest-c");
    await page.locator("#imaging-order [name=reason]").fill("Embolism?");
    await page.locator("#imaging-order").getByRole("button", { name: "Order" }).click();
    await expect(page).toHaveURL(/done=ordered$/);
  });

  const radiologist = await people.another();
  await signIn(radiologist, "radiologist");
  let study = "";
  await test.step("the radiologist decides on the protocol", async () => {
    await visit(radiologist, "/imaging/vetting");
    await expectAccessible(radiologist);
    await radiologist.locator("main tr", { hasText: patient.listed }).getByRole("link").first().click();
    await expect(radiologist.locator("main")).toContainText("Embolism?");
    study = new URL(radiologist.url()).pathname;
    await radiologist.locator("#vet [name=protocol]").fill("Pulmonary arteries");
    await radiologist.locator("#vet").getByRole("button", { name: "Accept" }).click();
    await expect(radiologist).toHaveURL(/done=vetted$/);
  });

  const technologist = await people.another();
  await signIn(technologist, "radiology");
  await test.step("the technologist books and asks", async () => {
    await visit(technologist, "/imaging");
    await expectAccessible(technologist);
    await expectNoSidewaysScroll(technologist);
    await visit(technologist, study);
    await expectAccessible(technologist);
    await technologist.getByText("Another time").click();
    const tomorrow = new Date(Date.now() + 24 * 3_600_000).toISOString().slice(0, 10);
    await technologist.locator("#book [name=day]").fill(tomorrow);
    await technologist.locator("#book [name=time]").fill("03:10");
    await technologist.locator("#book [name=outside]").check();
    await technologist.locator("#book").getByRole("button", { name: "Book" }).click();
    await expect(technologist).toHaveURL(/done=booked$/);
    await technologist.getByRole("button", { name: "Patient is here" }).click();
    await expect(technologist).toHaveURL(/done=arrived$/);
    for (const name of await technologist.locator("#safety input[value=no]").evaluateAll((all) => all.map((one) => (one as HTMLInputElement).name))) {
      await technologist.locator(`#safety [name=${name}][value=no]`).check();
    }
    await technologist.locator("#safety [name=answer-contrast_reaction][value=yes]").check();
    await technologist.locator("#safety").getByRole("button", { name: "Record the answers" }).click();
    await expect(technologist).toHaveURL(/done=answered$/);
    await expectNoSidewaysScroll(technologist);
    await expectAccessible(technologist);
  });

  await test.step("the radiologist overrides with a reason", async () => {
    await visit(radiologist, study);
    for (let left = await radiologist.getByRole("button", { name: "Override" }).count(); left > 0; left--) {
      await radiologist.getByRole("button", { name: "Override" }).first().click();
      const form = radiologist.locator("form[action='/api/imaging/override_safety']:visible");
      await form.locator("[name=reason]").fill("Premedicated, the benefit is greater");
      await form.getByRole("button", { name: "Override" }).click();
      await expect(radiologist).toHaveURL(/done=overridden$/);
    }
    await expect(radiologist.locator("main")).toContainText("Premedicated");
  });

  await test.step("the images are made", async () => {
    await visit(technologist, study);
    await technologist.getByRole("button", { name: "Begin" }).click();
    await expect(technologist).toHaveURL(/done=started$/);
    await technologist.getByRole("button", { name: "Images are made" }).click();
    await expect(technologist).toHaveURL(/done=acquired$/);
  });

  await test.step("the radiologist reports a critical finding", async () => {
    await visit(radiologist, `${study}/report`);
    await expectAccessible(radiologist);
    const form = radiologist.locator("#report-form");
    await form.locator("[name=findings]").fill("Filling defect in the right main artery.");
    await form.locator("[name=impression]").fill("Pulmonary embolism.");
    await form.locator("[name=weight][value=critical]").check();
    await form.getByText("Critical finding").click();
    await form.locator("[name=finding]").fill("Pulmonary embolism on the right");
    await form.locator("[name=within]").selectOption("minutes_60");
    await form.locator("[name=password]").fill(DEMO_PASSWORD);
    await form.getByRole("button", { name: "Sign the report" }).click();
    await expect(radiologist).toHaveURL(/done=signed$/);
    await visit(radiologist, "/imaging/calls");
    const call = radiologist.locator("section.panel", { hasText: patient.listed });
    await call.locator("[name=whom]").fill("Dr. Costa");
    await call.locator("[name=how]").selectOption("phone");
    await call.locator("[name=outcome][value=read_back]").check();
    await expectAccessible(radiologist);
    await call.getByRole("button", { name: "Record" }).click();
    await expect(radiologist).toHaveURL(/done=called$/);
  });

  await test.step("the doctor signs the report", async () => {
    await visit(page, "/imaging/inbox");
    await expectAccessible(page);
    const report = page.locator("section.panel", { hasText: patient.listed });
    await expect(report).toContainText("Pulmonary embolism.");
    await report.locator("[name=action]").selectOption("follow_up");
    await report.getByRole("button", { name: "Sign", exact: false }).first().click();
    await expect(page).toHaveURL(/done=signed$/);
    await visit(page, `/patients/${patient.id}/imaging`);
    await expect(page.locator("main")).toContainText("Pulmonary embolism.");
    await expectAccessible(page);
  });
});
