import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";
import { admitted, beforeAdmission, clean, decide, leave, staff } from "../support/wards.ts";

test("a medicine goes from the signed order over the round to the drug chart", async ({ page, people, hospital, watch }) => {
  test.setTimeout(180_000);
  // A form that lacks something is answered with 422.
  watch.tolerate(/422/);
  const team = await staff(page, () => people.another());
  const { admission } = await admitted(hospital, team, "Milo", "Surgical ward", "5C");
  const { doctor } = team;
  const nurse = await people.another();
  await signIn(nurse, "nurse");

  await test.step("the doctor orders a medicine at once, and one as needed", async () => {
    await visit(doctor, `${admission}/orders`);
    await expectAccessible(doctor);
    await doctor.getByRole("link", { name: "Medicine", exact: true }).click();
    await doctor.locator("#find-drug [name=q]").fill("paracetamol 500");
    await doctor.keyboard.press("Enter");
    await doctor.getByRole("link", { name: "Paracetamol 500 mg tablet" }).click();
    const form = doctor.locator("form[action='/api/medicine_record/write']");
    await expectAccessible(doctor);
    await form.locator("[name=dose]").fill("1 tablet");
    await form.locator("[name=route]").selectOption("oral");
    await form.locator("[name=timing]").selectOption("stat");
    await form.getByRole("button", { name: "Order and sign" }).click();
    if (await form.locator("[name=override_reason]").isVisible()) {
      await form.locator("[name=override_reason]").fill("Weighed");
      await form.getByRole("button", { name: "Order and sign" }).click();
    }
    await expect(doctor).toHaveURL(/done=ordered$/);
    await expect(doctor.locator("main")).toContainText("Paracetamol 500 mg tablet");
  });

  await test.step("the nurse gives the dose in two taps", async () => {
    await nurse.setViewportSize({ width: 360, height: 740 });
    await visit(nurse, `${admission}/medicines`);
    await expectAccessible(nurse);
    await expectNoSidewaysScroll(nurse);
    await expect(nurse.getByRole("region", { name: /^Patient: / }), "the allergies are in sight").toBeVisible();
    await nurse.locator("main").getByRole("button", { name: /^Given/ }).first().click();
    await expect(nurse).toHaveURL(/done=given$/);
    await expect(nurse.locator("main")).toContainText("Given");
  });

  await test.step("another kind of order, and the chart on paper", async () => {
    await visit(doctor, `${admission}/orders/new?kind=diet`);
    const form = doctor.locator("form[action='/api/medicine_record/write']");
    await form.locator("[name=title]").fill("Low salt");
    await form.getByRole("button", { name: "Order and sign" }).click();
    await expect(doctor).toHaveURL(/done=ordered$/);
    await visit(nurse, `${admission}/drug-chart`);
    await expect(nurse.locator(".sheet")).toContainText("Paracetamol 500 mg tablet");
  });

  await test.step("the discharge shows the open orders and ends them", async () => {
    const { day, time } = await beforeAdmission(page, 0);
    await decide(doctor, admission, "Left without telling anybody", async (there) => {
      await expect(there.locator("main")).toContainText("Orders that stop when the patient leaves");
      await there.locator("[name=last_seen_day]").fill(day);
      await there.locator("[name=last_seen_time]").fill(time);
      await there.locator("[name=told]").fill("Police");
    });
    await leave(page, admission);
    await visit(doctor, `${admission}/orders`);
    await expect(doctor.locator("main")).toContainText("Stopped");
    await clean(page, "Surgical ward", "5C");
  });
});
