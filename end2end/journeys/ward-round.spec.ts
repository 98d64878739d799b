import { DEMO_PASSWORD } from "../support/hospital.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";
import { admitted, clean, staff } from "../support/wards.ts";

test("a stay from the nurse's assessments to the round, the requests, the summary and the booked follow-up", async ({ page, people, hospital, watch }) => {
  test.setTimeout(240_000);
  // A form that lacks something is answered with 422, a tool that is not confirmed with 409.
  watch.tolerate(/422|409/);
  const both = await staff(page, () => people.another());
  const { patient, admission } = await admitted(hospital, both, "Noel", "Surgical ward", "5C");
  const { doctor } = both;
  const nurse = await people.another();
  await signIn(nurse, "nurse");

  await test.step("the nurse assesses the patient on a phone; the next assessment is planned", async () => {
    await nurse.setViewportSize({ width: 390, height: 844 });
    await visit(nurse, `${admission}/assessments`);
    await expectAccessible(nurse);
    await nurse.locator("main").getByRole("link", { name: "Glasgow Coma Scale" }).click();
    await expectAccessible(nurse);
    const form = nurse.locator("#assess-form");
    await form.locator("[name=because]").selectOption({ label: "Admission" });
    await form.getByRole("button", { name: "Record the assessment" }).click();
    await expect(nurse.locator(".error-summary")).toBeVisible();
    for (const answer of ["Spontaneously (4)", "Orientated (5)", "Obeys commands (6)"]) await nurse.locator("#assess-form").getByLabel(answer).check();
    await nurse.locator("#assess-form").getByRole("button", { name: "Record the assessment" }).click();
    await expect(nurse).toHaveURL(/done=assessed$/);
    await expect(nurse.locator("main")).toContainText("15");
    await expectNoSidewaysScroll(nurse);
    await visit(nurse, `${admission}/tasks`);
    await expect(nurse.locator("main")).toContainText("Assessment: Glasgow Coma Scale");
  });

  await test.step("a cannula is recorded, checked and removed once", async () => {
    await visit(nurse, `${admission}/devices`);
    await expectAccessible(nurse);
    const form = nurse.locator("form[action='/api/nursing/insert_device']");
    await form.locator("[name=kind]").selectOption({ label: "Peripheral cannula" });
    await form.locator("[name=site]").fill("Forearm");
    await form.getByRole("button", { name: "Record a device" }).click();
    await expect(nurse).toHaveURL(/done=device$/);
    await expect(nurse.locator("main")).toContainText("Day 1 in place");
    await nurse.locator("main summary", { hasText: "Check or dressing" }).click();
    const check = nurse.locator("form[action='/api/nursing/check_device']");
    await check.locator("[name=vip]").fill("2");
    await check.getByRole("button", { name: "Record" }).click();
    await expect(nurse).toHaveURL(/done=device_checked$/);
    await expect(nurse.locator("main")).toContainText("Phlebitis 2: replace");
    await nurse.locator("main summary", { hasText: "Remove" }).click();
    const remove = nurse.locator("form[action='/api/nursing/remove_device']");
    await remove.locator("[name=removal]").selectOption({ label: "Infection or phlebitis" });
    await remove.getByRole("button", { name: "Remove" }).click();
    await expect(nurse).toHaveURL(/done=device_removed$/);
    await expectNoSidewaysScroll(nurse);
  });

  await test.step("a care plan makes tasks", async () => {
    await visit(nurse, `${admission}/care-plans`);
    await expectAccessible(nurse);
    const form = nurse.locator("form[action='/api/nursing/open_care_plan']");
    await form.locator("[name=problem]").fill("Pressure ulcer at the heel");
    await form.locator("[name=goal]").fill("Healed in two weeks");
    await form.locator("[name=action-1]").fill("Lift the heel");
    await form.locator("[name=repeats-1]").selectOption({ label: "Every 4 hours" });
    await form.getByRole("button", { name: "Open a care plan" }).click();
    await expect(nurse).toHaveURL(/done=care_planned$/);
    await visit(nurse, `${admission}/tasks`);
    await expect(nurse.locator("main")).toContainText("Lift the heel");
    await expectNoSidewaysScroll(nurse);
  });

  await test.step("the doctor finds the patient on the ward's round and signs the note of the day", async () => {
    await visit(doctor, "/ward-round");
    await expectAccessible(doctor);
    await doctor.locator("main").getByRole("link", { name: "Surgical ward" }).click();
    await doctor.locator("main").getByRole("link", { name: patient.listed }).click();
    await expect(doctor).toHaveURL(/\/round$/);
    await expectAccessible(doctor);
    const form = doctor.locator("#note-form");
    await form.locator("[name=assessment]").fill("Better, wound dry");
    await form.locator("[name=plan]").fill("Home tomorrow");
    await form.locator("[name=password]").fill(DEMO_PASSWORD);
    await form.getByRole("button", { name: "Sign the note" }).click();
    await expect(doctor).toHaveURL(/\/stay-notes\/[0-9a-f-]{36}\?done=signed$/);
    await expect(doctor.locator("main")).toContainText("Better, wound dry");
    await expectAccessible(doctor);
  });

  await test.step("a test is requested from the bed and stands on the ward's collection list", async () => {
    await visit(doctor, `${admission}/round`);
    await doctor.locator("main").getByRole("link", { name: "Request tests" }).click();
    await expectAccessible(doctor);
    const form = doctor.locator("#lab-order");
    await form.locator("[name=codes]").fill("k");
    await form.getByRole("button", { name: "Order" }).click();
    await expect(doctor).toHaveURL(/\/requests\?done=ordered$/);
    await expectAccessible(doctor);
    await visit(nurse, "/lab/collect?place=Surgical%20ward");
    await expect(nurse.locator("main")).toContainText(patient.listed);
  });

  await test.step("the summary is composed, signed, and printed in Spanish", async () => {
    await visit(doctor, `${admission}/stay-summary`);
    await expectAccessible(doctor);
    const form = doctor.locator("#summary-form");
    await expect(form.locator("[name=course]")).toContainText("Better, wound dry");
    await form.locator("[name=instructions]").fill("Keep the wound dry.");
    await form.locator("[name=medicine-new1]").fill("Paracetamol 500 mg");
    await form.locator("[name=dosage-new1]").fill("1 tablet three times a day");
    await form.locator("[name=reason-new1]").fill("Pain");
    await form.locator("[name=password]").fill(DEMO_PASSWORD);
    await form.getByRole("button", { name: "Sign the summary" }).click();
    await expect(doctor).toHaveURL(/stay-summary\?done=signed$/);
    await visit(doctor, `${admission}/stay-summary/paper?lang=es`);
    await expect(doctor.locator("body")).toContainText("Medicamentos que debe tomar");
    await expect(doctor.locator("body")).toContainText("Paracetamol 500 mg");
  });

  await test.step("the follow-up is proposed and booked at the desk with one press", async () => {
    await visit(doctor, `${admission}/round`);
    await doctor.locator("main summary", { hasText: "Propose a follow-up" }).click();
    const form = doctor.locator("#follow-up-form");
    await form.locator("[name=weeks]").fill("2");
    await form.locator("[name=service]").selectOption({ index: 1 });
    await form.locator("[name=follow_up_reason]").fill("Look at the wound");
    await form.getByRole("button", { name: "Propose a follow-up" }).click();
    await expect(doctor).toHaveURL(/done=proposed$/);
    const desk = await people.another();
    await signIn(desk, "reception");
    await visit(desk, "/follow-ups");
    await expectAccessible(desk);
    const row = desk.locator("main .rows__row", { hasText: patient.listed });
    await expect(row).toContainText("Look at the wound");
    await row.getByRole("button", { name: "Book the first free time" }).click();
    await expect(desk).toHaveURL(/\/appointments\/[0-9a-f-]{36}\?done=booked$/);
  });

  await test.step("the patient leaves: the summary stands on the page of the discharge", async () => {
    await visit(doctor, `${admission}/discharge`);
    await expect(doctor.locator("main")).toContainText("Summary signed");
    await doctor.locator("main [name=diagnosis]").fill("Pneumonia");
    await doctor.getByRole("button", { name: "Decide the discharge" }).click();
    await expect(doctor).toHaveURL(/done=decided$/);
    await visit(page, admission);
    const form = page.locator("form[action='/api/wards/left']");
    await form.locator("[name=because]").fill("Settled at home");
    await form.getByRole("button", { name: "The patient left" }).click();
    await expect(page).toHaveURL(/done=left$/);
    await clean(page, "Surgical ward", "5C");
  });
});
