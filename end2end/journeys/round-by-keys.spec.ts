/** The doctor's round by the keyboard: from the list to the patient, the note, the orders, and the next patient. */
import { DEMO_PASSWORD, expect, expectAccessible, test, visit } from "../support/test.ts";
import { admitted, beforeAdmission, clean, decide, leave, staff } from "../support/wards.ts";

test("a round by the keyboard: open, note, orders, stop, next patient", async ({ page, people, hospital, watch }) => {
  test.setTimeout(120_000);
  watch.tolerate(/422/);
  const team = await staff(page, () => people.another());
  const { patient, admission } = await admitted(hospital, team, "Kira", "Surgical ward", "5C");
  const { doctor } = team;
  let keys = 0;
  const press = async (...names: string[]) => {
    for (const name of names) {
      await doctor.keyboard.press(name);
      keys += 1;
    }
  };

  await visit(doctor, `${admission}/orders/new?kind=diet`);
  const write = doctor.locator("form[action='/api/medicine_record/write']");
  await write.locator("[name=title]").fill("Low salt");
  await write.getByRole("button", { name: "Order and sign" }).click();
  await expect(doctor).toHaveURL(/done=ordered$/);

  await test.step("Enter opens a patient from the list", async () => {
    await visit(doctor, "/ward-round");
    await doctor.locator("main").getByRole("link", { name: "Surgical ward" }).click();
    await expect(doctor).toHaveURL(/ward=/);
    await visit(doctor, doctor.url());
    await press("Enter");
    await expect(doctor, "the first one").toHaveURL(/\/admissions\/[0-9a-f-]{36}\/round$/);
    await doctor.goBack();
    await doctor.locator("main").getByRole("link", { name: patient.listed }).focus();
    await press("Enter");
    await expect(doctor).toHaveURL(new RegExp(`${admission}/round$`));
    expect(keys, "one key for each").toBe(2);
  });

  await test.step("r goes to the note, and Ctrl+Enter signs it", async () => {
    await visit(doctor, `${admission}/round`);
    await expectAccessible(doctor);
    keys = 0;
    const form = doctor.locator("#note-form");
    await press("r");
    await expect(form.locator("[name=subjective]")).toBeFocused();
    await doctor.keyboard.type("Slept well");
    await press("Tab", "Tab");
    await expect(form.locator("[name=assessment]")).toBeFocused();
    await doctor.keyboard.type("Better");
    await press("Tab");
    await doctor.keyboard.type("Go on");
    await form.locator("[name=password]").focus();
    await doctor.keyboard.type(DEMO_PASSWORD);
    await press("Control+Enter");
    await expect(doctor).toHaveURL(/\/stay-notes\/[0-9a-f-]{36}\?done=signed$/);
    expect(keys, "keys besides the text").toBe(5);
  });

  await test.step("o opens the orders, and s stops one", async () => {
    await visit(doctor, `${admission}/round`);
    keys = 0;
    await press("o");
    await expect(doctor).toHaveURL(new RegExp(`${admission}/orders$`));
    await doctor.locator("main").getByRole("link", { name: "Low salt" }).focus();
    await press("Enter");
    await expect(doctor).toHaveURL(/\/care-orders\/[0-9a-f-]{36}$/);
    await visit(doctor, doctor.url());
    await press("s");
    const form = doctor.locator("form[action='/api/medicine_record/stop']");
    await expect(form).toBeVisible();
    await form.locator("[name=reason]").selectOption("not_needed");
    await form.locator("[name=words]").focus();
    await press("Control+Enter");
    await expect(doctor).toHaveURL(/done=stopped$/);
    expect(keys).toBe(4);
  });

  await test.step("j or k goes to another patient", async () => {
    await visit(doctor, `${admission}/round`);
    const next = doctor.locator("main [aria-keyshortcuts=j]");
    const key = (await next.count()) > 0 ? "j" : "k";
    if ((await doctor.locator(`main [aria-keyshortcuts=${key}]`).count()) > 0) {
      await press(key);
      await expect(doctor).not.toHaveURL(new RegExp(admission));
      await expect(doctor).toHaveURL(/\/round$/);
    }
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
