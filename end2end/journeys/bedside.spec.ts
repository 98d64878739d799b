import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";
import { admitted, beforeAdmission, clean, decide, leave, staff } from "../support/wards.ts";

test("an infusion runs and ends, an order set is ordered, doses are scanned, and the trolley is filled", async ({ page, people, hospital, watch }) => {
  test.setTimeout(240_000);
  // A form that lacks something is answered with 422.
  watch.tolerate(/422/);
  const team = await staff(page, () => people.another());
  const { patient, admission } = await admitted(hospital, team, "Nilo", "Surgical ward", "5C");
  const { doctor, ward } = team;
  const nurse = await people.another();
  await signIn(nurse, "nurse");

  await test.step("the head of the wards keeps an order set", async () => {
    await visit(ward, "/order-sets/new");
    await expectAccessible(ward);
    const form = ward.locator("form[action='/api/medicine_record/keep_set']");
    await form.locator("[name=name]").fill("After an operation");
    await form.locator("[name=l1_kind]").selectOption("medicine");
    await form.locator("[name=l1_drug]").fill("Paracetamol 500 mg tablet");
    await form.locator("[name=l1_dose]").fill("1 tablet");
    await form.locator("[name=l1_route]").selectOption("oral");
    await form.locator("[name=l1_timing]").selectOption("stat");
    await form.locator("[name=l2_kind]").selectOption("diet");
    await form.locator("[name=l2_title]").fill("Clear fluids");
    await form.getByRole("button", { name: "Save" }).click();
    await expect(ward).toHaveURL(/done=saved$/);
  });

  await test.step("the doctor orders it in one press, with one line changed", async () => {
    await visit(doctor, `${admission}/orders`);
    await doctor.getByRole("link", { name: "After an operation" }).click();
    await expectAccessible(doctor);
    const form = doctor.locator("form[action='/api/medicine_record/order_set']");
    await form.locator("[name=l2_title]").fill("Clear fluids until evening");
    await form.getByRole("button", { name: "Order and sign" }).click();
    if (await form.locator("[name=l1_override_reason]").isVisible()) {
      await form.locator("[name=l1_override_reason]").fill("Weighed");
      await form.getByRole("button", { name: "Order and sign" }).click();
    }
    await expect(doctor).toHaveURL(/done=ordered$/);
    await expect(doctor.locator("main")).toContainText("Clear fluids until evening");
  });

  await test.step("the doctor orders an infusion; the nurse starts it, changes its rate and ends it", async () => {
    await visit(doctor, `${admission}/orders/new?kind=medicine&q=sodium+chloride`);
    await doctor.getByRole("link", { name: /Sodium chloride 0\.9/ }).first().click();
    const form = doctor.locator("form[action='/api/medicine_record/write']");
    await form.locator("[name=dose]").fill("1 bag");
    await form.locator("[name=route]").selectOption("intravenous");
    await form.locator("[name=timing]").selectOption("stat");
    await form.locator("[name=volume]").fill("1000");
    await form.locator("[name=rate]").fill("125");
    await form.getByRole("button", { name: "Order and sign" }).click();
    if (await form.locator("[name=override_reason]").isVisible()) {
      await form.locator("[name=override_reason]").fill("Weighed");
      await form.getByRole("button", { name: "Order and sign" }).click();
    }
    await expect(doctor).toHaveURL(/done=ordered$/);
    await expect(doctor.locator("main")).toContainText("1000 mL at 125 mL/h");
    await nurse.setViewportSize({ width: 360, height: 740 });
    await visit(nurse, `${admission}/medicines`);
    await nurse.locator("main").getByRole("button", { name: /^Given.*Sodium chloride/ }).first().click();
    await expect(nurse).toHaveURL(/done=given$/);
    await nurse.locator("main").locator("#infusions").locator("xpath=ancestor::section").getByRole("link").first().click();
    await expectAccessible(nurse);
    await expectNoSidewaysScroll(nurse);
    await nurse.getByRole("button", { name: "Change the rate" }).click();
    const rate = nurse.locator("#form-rate");
    await rate.locator("[name=rate]").fill("60");
    await rate.locator("[name=reason]").selectOption("titration");
    await rate.getByRole("button", { name: "Change the rate" }).click();
    await expect(nurse).toHaveURL(/done=recorded$/);
    await expect(nurse.locator("main")).toContainText("60 mL/h");
    await nurse.getByRole("button", { name: "End the infusion" }).click();
    const stop = nurse.locator("#form-stop");
    await stop.locator("[name=reason]").selectOption("finished");
    await stop.getByRole("button", { name: "End the infusion" }).click();
    await expect(nurse.locator("main")).toContainText("Ended");
  });

  await test.step("the ward scans: after the scans a dose is one tap, and a wrong wristband stops", async () => {
    await visit(nurse, "/rounds");
    const href = await nurse.locator("main").getByRole("link", { name: "Surgical ward" }).getAttribute("href");
    const id = /\/wards\/([0-9a-f-]{36})/.exec(href ?? "")?.[1] ?? "";
    await visit(ward, `/wards/${id}/bedside`);
    await ward.locator("[name=scans]").check();
    await ward.getByRole("button", { name: "Save" }).click();
    await expect(ward).toHaveURL(/done=saved$/);
    await visit(nurse, `/wards/${id}/scan`);
    await expectAccessible(nurse);
    await nurse.locator("[name=code]").fill("NOBODY");
    await nurse.keyboard.press("Enter");
    await expect(nurse.getByRole("alert")).toContainText("Stop");
    // The scanner types the code and Enter.
    await nurse.locator("[name=code]").fill(patient.mrn);
    await nurse.keyboard.press("Enter");
    await expect(nurse).toHaveURL(/\/bedside\//);
    await expectAccessible(nurse);
    await nurse.locator("[name=code]").fill("PARACETAMOL-500-MG-TAB");
    await nurse.keyboard.press("Enter");
    await expect(nurse).toHaveURL(/\/doses\/.*medicine=/);
    let taps = 0;
    const tap = async (name: RegExp) => {
      taps += 1;
      await nurse.locator("form[action='/api/medicine_record/give']").getByRole("button", { name }).click();
    };
    await tap(/^Given/);
    await expect(nurse).toHaveURL(/done=given$/);
    expect(taps, "taps after the scan").toBeLessThanOrEqual(2);
    await visit(nurse, `/wards/${id}/trolley`);
    await expect(nurse.locator(".sheet")).toContainText("Trolley list");
    await visit(nurse, `/wards/${id}/back-entry`);
    await expectAccessible(nurse);
    await visit(ward, `/wards/${id}/bedside`);
    await ward.locator("[name=scans]").uncheck();
    await ward.getByRole("button", { name: "Save" }).click();
    await expect(ward).toHaveURL(/done=saved$/);
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
