import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit, type Page } from "../support/test.ts";
import { admitted, board, clean, onNumberPad, staff, tile } from "../support/wards.ts";

/** Types a set on the number pad, in the order of the chart: Enter goes to the next value. */
async function typed(page: Page, values: string[]): Promise<void> {
  const form = page.locator("form[action='/api/nursing/observe']");
  await form.locator("[name=respiration]").focus();
  for (const value of values) {
    await page.keyboard.type(value);
    await page.keyboard.press("Enter");
  }
  await form.getByRole("button", { name: "Record observations" }).click();
  await expect(page).toHaveURL(/done=observed$/);
}

test("a nurse observes, a patient gets worse, a doctor comes, and the shift is handed over", async ({ page, people, hospital, watch }) => {
  test.setTimeout(180_000);
  // A plan without a reason is answered with 422.
  watch.tolerate(/422/);
  const both = await staff(page, () => people.another());
  const { patient, admission } = await admitted(hospital, both, "Omar", "Surgical ward", "5C");
  const nurse = await people.another();
  await signIn(nurse, "nurse");

  await test.step("the nurse takes the patient on a phone", async () => {
    await nurse.setViewportSize({ width: 390, height: 844 });
    await visit(nurse, "/nursing");
    await nurse.locator("main").getByRole("link", { name: "Surgical ward" }).click();
    const row = nurse.locator("main .rows__row", { hasText: patient.listed });
    await expect(row).toContainText("Due");
    await row.getByRole("button", { name: "Take" }).click();
    await expect(nurse.locator("main .rows__row", { hasText: patient.listed }).getByRole("button", { name: "Give back" })).toBeVisible();
    await expectNoSidewaysScroll(nurse);
    await expectAccessible(nurse);
  });

  await test.step("a set is typed on the number pad alone", async () => {
    await visit(nurse, `${admission}/nursing`);
    await expectAccessible(nurse);
    const keys = await onNumberPad(nurse, ["16", "97", "0", "122", "78", "72", "0", "36.8"]);
    expect(keys, "17 digits and marks, eight times Enter, and the one that sends").toBe(26);
    await expect(nurse.locator("main")).toContainText("NEWS2 0");
    await expectNoSidewaysScroll(nurse);
  });

  await test.step("the patient gets worse: the ward's board shows it, and somebody must come", async () => {
    await typed(nurse, ["25", "93", "2", "108", "64", "112", "0", "38.4"]);
    await expect(nurse.locator("main")).toContainText("Level 3");
    await board(page, "Surgical ward");
    await expect(tile(page, "5C")).toContainText("Got worse");
    await visit(nurse, "/nursing/escalations");
    await expectAccessible(nurse);
    const panel = () => nurse.locator("main section.panel", { hasText: patient.listed });
    await panel().locator("form[action='/api/nursing/tell'] [name=whom]").fill("Doctor on call");
    await panel().getByRole("button", { name: "Record who was told" }).click();
    await expect(nurse).toHaveURL(/done=told$/);
    await panel().locator("form[action='/api/nursing/attend'] [name=whom]").fill("Doctor on call");
    await panel().getByRole("button", { name: "Record who attended" }).click();
    await expect(nurse).toHaveURL(/done=attended$/);
    await panel().locator("[name=note]").fill("Fluids and antibiotic given");
    await panel().getByRole("button", { name: "Close the escalation" }).click();
    await expect(nurse).toHaveURL(/done=closed$/);
    await expect(panel()).toHaveCount(0);
  });

  await test.step("a wrong set is corrected: the earlier version stays", async () => {
    await visit(nurse, `${admission}/observations`);
    await expectAccessible(nurse);
    await nurse.locator("main .row-link").first().click();
    const form = nurse.locator("form[action='/api/nursing/correct']");
    await form.locator("[name=temperature]").fill("38.1");
    await form.locator("[name=reason]").fill("Read again");
    await form.getByRole("button", { name: "Correct" }).click();
    await expect(nurse).toHaveURL(/done=corrected$/);
    await expect(nurse.locator("main")).toContainText("Superseded");
    await expectAccessible(nurse);
  });

  await test.step("the doctor decides on scale 2, with a reason", async () => {
    await visit(both.doctor, `${admission}/nursing`);
    await expectAccessible(both.doctor);
    const form = both.doctor.locator("form[action='/api/nursing/plan']");
    await form.locator("[name=scale][value='2']").check();
    await form.getByRole("button", { name: "Save the plan" }).click();
    await expect(both.doctor.locator(".error-summary")).toBeVisible();
    await both.doctor.locator("form[action='/api/nursing/plan'] [name=reason]").fill("COPD, target 88 to 92 %");
    await both.doctor.locator("form[action='/api/nursing/plan']").getByRole("button", { name: "Save the plan" }).click();
    await expect(both.doctor).toHaveURL(/done=planned$/);
    await expect(both.doctor.locator("main")).toContainText("SpO2 scale 2");
  });

  await test.step("fluids and tasks", async () => {
    await visit(nurse, `${admission}/fluids`);
    await expectAccessible(nurse);
    const form = nurse.locator("form[action='/api/nursing/fluid']");
    await form.locator("[name=kind][value=urine]").check();
    await form.locator("[name=ml]").fill("350");
    await form.getByRole("button", { name: "Record intake or output" }).click();
    await expect(nurse).toHaveURL(/done=fluid$/);
    await expect(nurse.locator("main")).toContainText("-350 ml");
    await visit(nurse, `${admission}/tasks`);
    await expectAccessible(nurse);
    await nurse.locator("[name=kind]").selectOption({ label: "Turning" });
    await nurse.locator("[name=repeats]").selectOption({ label: "Every 4 hours" });
    await nurse.getByRole("button", { name: "Plan a task" }).click();
    await expect(nurse).toHaveURL(/done=task_planned$/);
    await nurse.getByRole("button", { name: "Done", exact: false }).first().click();
    await expect(nurse).toHaveURL(/done=task_done$/);
  });

  await test.step("the handover is written, offered, printed and taken over by another person", async () => {
    await visit(nurse, `${admission}/handover`);
    await expectAccessible(nurse);
    await nurse.locator("[name=situation]").fill("Worse at noon, better now.");
    await nurse.locator("[name=recommendation]").fill("Observe every hour.");
    await nurse.getByRole("button", { name: "Save the line" }).click();
    await expect(nurse).toHaveURL(/done=line$/);
    await expectAccessible(nurse);
    await nurse.getByRole("button", { name: "Offer to the next shift" }).click();
    await expect(nurse).toHaveURL(/done=offered$/);
    await nurse.getByRole("link", { name: "Print the handover" }).click();
    await expect(nurse.locator(".sheet")).toContainText("Observe every hour.");
    await handover(both.doctor);
    await both.doctor.getByRole("button", { name: "Take the handover over" }).click();
    await expect(both.doctor).toHaveURL(/done=taken$/);
  });

  await test.step("the patient leaves: nothing is due any more", async () => {
    await visit(both.doctor, `${admission}/discharge`);
    await both.doctor.locator("main [name=diagnosis]").fill("Pneumonia");
    await both.doctor.getByRole("button", { name: "Decide the discharge" }).click();
    await expect(both.doctor).toHaveURL(/done=decided$/);
    await visit(page, admission);
    const form = page.locator("form[action='/api/wards/left']");
    await form.locator("[name=because]").fill("Settled at home");
    await form.getByRole("button", { name: "The patient left" }).click();
    await expect(page).toHaveURL(/done=left$/);
    await visit(nurse, `${admission}/tasks`);
    await expect(nurse.locator("main")).toContainText("Nothing is due in this shift");
    await clean(page, "Surgical ward", "5C");
  });
});

/** Opens the handover of the surgical ward. */
async function handover(page: Page): Promise<void> {
  await visit(page, "/nursing/handover");
  await page.locator("main").getByRole("link", { name: "Surgical ward" }).click();
  await expect(page.getByRole("heading", { name: "Handover" })).toBeVisible();
}
