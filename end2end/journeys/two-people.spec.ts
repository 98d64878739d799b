import { DEMO_PASSWORD } from "../support/hospital.ts";
import { expect, expectAccessible, signIn, test, visit } from "../support/test.ts";
import { admitted, beforeAdmission, clean, decide, leave, staff } from "../support/wards.ts";

test("a second person signs in beside the nurse for a high-risk dose, and the round is done by keyboard", async ({ page, people, hospital, watch }) => {
  test.setTimeout(180_000);
  // A form that lacks something is answered with 422.
  watch.tolerate(/422/);
  const team = await staff(page, () => people.another());
  const { patient, admission } = await admitted(hospital, team, "Odil", "Surgical ward", "5C");
  const { doctor } = team;
  const nurse = await people.another();
  await signIn(nurse, "nurse");

  await test.step("the doctor orders an opioid", async () => {
    await visit(doctor, `${admission}/orders/new?kind=medicine&q=morphine`);
    await doctor.getByRole("link", { name: "Morphine 10 mg/5 mL oral solution" }).click();
    const form = doctor.locator("form[action='/api/medicine_record/write']");
    await expect(doctor.locator("main")).toContainText("A second person checks each dose.");
    await form.locator("[name=dose]").fill("5 mL");
    await form.locator("[name=route]").selectOption("oral");
    await form.locator("[name=timing]").selectOption("stat");
    await form.getByRole("button", { name: "Order and sign" }).click();
    if (await form.locator("[name=override_reason]").isVisible()) {
      await form.locator("[name=override_reason]").fill("Severe pain");
      await form.getByRole("button", { name: "Order and sign" }).click();
    }
    await expect(doctor).toHaveURL(/done=ordered$/);
  });

  await test.step("the nurse is not the second person; a doctor is", async () => {
    await visit(nurse, `${admission}/medicines`);
    await nurse.locator("main a.row-link", { hasText: "Morphine" }).first().click();
    await expect(nurse).toHaveURL(/\/doses\//);
    await expectAccessible(nurse);
    const form = nurse.locator("form[action='/api/medicine_record/give']");
    const second = async (login: string) => {
      await form.locator("[name=second_login]").fill(login);
      await form.locator("[name=second_password]").fill(DEMO_PASSWORD);
      await form.getByRole("button", { name: /^Given/ }).click();
    };
    await second("nurse");
    await expect(nurse.locator(".error-summary")).toBeVisible();
    await second("doctor");
    await expect(nurse).toHaveURL(/done=given$/);
  });

  await test.step("the doctor finds the patient, writes and signs the note without the mouse", async () => {
    await visit(doctor, "/ward-round");
    await doctor.locator("main").getByRole("link", { name: "Surgical ward" }).focus();
    await doctor.keyboard.press("Enter");
    await expect(doctor).toHaveURL(/ward=/);
    await doctor.locator("main").getByRole("link", { name: patient.listed }).focus();
    await doctor.keyboard.press("Enter");
    await expect(doctor).toHaveURL(/\/round$/);
    const form = doctor.locator("#note-form");
    await form.locator("[name=assessment]").focus();
    await doctor.keyboard.type("Less pain");
    await form.locator("[name=plan]").focus();
    await doctor.keyboard.type("Walk today");
    await form.locator("[name=password]").focus();
    await doctor.keyboard.type(DEMO_PASSWORD);
    await doctor.keyboard.press("Control+Enter");
    await expect(doctor).toHaveURL(/\/stay-notes\/[0-9a-f-]{36}\?done=signed$/);
    await expect(doctor.locator("main")).toContainText("Less pain");
  });

  await test.step("the patient leaves", async () => {
    await visit(page, admission);
    const { day, time } = await beforeAdmission(page, 0);
    await decide(doctor, admission, "Left without telling anybody", async (there) => {
      await there.locator("[name=last_seen_day]").fill(day);
      await there.locator("[name=last_seen_time]").fill(time);
      await there.locator("[name=told]").fill("Police");
    });
    await leave(page, admission);
    await clean(page, "Surgical ward", "5C");
  });
});
