import { expect, expectAccessible, signIn, test, visit } from "../support/test.ts";
import { admitted, beforeAdmission, board, clean, decide, leave, prepare, staff, tile } from "../support/wards.ts";

test("a patient goes home with the bill paid", async ({ page, people, hospital }) => {
  test.setTimeout(150_000);
  const team = await staff(page, () => people.another());
  const cashier = await people.another();
  await signIn(cashier, "cashier");
  const { patient, admission } = await admitted(hospital, team, "Vera", "Medical ward", "3C");
  await decide(team.doctor, admission, "Home");
  await prepare(page, admission);

  await visit(cashier, "/wards/settle");
  await expectAccessible(cashier);
  const row = cashier.locator("main tr").filter({ hasText: patient.listed });
  await expect(row, "the first day is on the bill").toContainText("450.00");
  await row.getByRole("link", { name: patient.listed }).click();
  await cashier.waitForURL(/\/cashier\?patient=/);
  await visit(cashier, cashier.url());
  await cashier.getByRole("button", { name: "Issue invoice" }).click();
  await cashier.waitForURL(/invoice=/);
  await visit(cashier, cashier.url());
  await cashier.getByLabel("Amount tendered").press("c");
  await cashier.waitForURL(/receipt=/);
  await visit(cashier, "/wards/settle");
  await expect(row).toContainText("All paid");
  await row.getByRole("button", { name: "Settle" }).click();
  await expect(cashier).toHaveURL(/done=settled$/);

  await leave(page, admission);
  await visit(page, `${admission}/summary?lang=es`);
  await expect(page.locator(".sheet")).toContainText("Informe de alta");
  await clean(page, "Medical ward", "3C");
});

test("the time of an admission is corrected, and then the patient dies", async ({ page, people, hospital }) => {
  test.setTimeout(150_000);
  const team = await staff(page, () => people.another());
  const { patient, admission } = await admitted(hospital, team, "Nora", "Surgical ward", "3C");

  await test.step("the admission was an hour earlier", async () => {
    const { day, time } = await beforeAdmission(page, 60);
    await page.locator("details#correct > summary").click();
    const form = page.locator("form[action='/api/wards/correct_time']");
    await form.locator("[name=day]").fill(day);
    await form.locator("[name=time]").fill(time);
    await form.locator("[name=reason]").fill("Entered late");
    await form.getByRole("button", { name: "Correct the time of admission" }).click();
    await expect(page).toHaveURL(/done=corrected$/);
    await expect(page.locator("main")).toContainText("Entered late");
  });

  await visit(page, admission);
  const { day, time } = await beforeAdmission(page, 20);
  await decide(team.doctor, admission, "Died", async (doctor) => {
    await expectAccessible(doctor);
    await doctor.locator("[name=died_day]").fill(day);
    await doctor.locator("[name=died_time]").fill(time);
    await doctor.locator("[name=verified_by]").fill("Dr. Costa");
  });
  await prepare(page, admission);
  // The cashier does not keep the dead.
  await leave(page, admission);
  await visit(team.doctor, `/patients/${patient.id}`);
  await expect(team.doctor.getByRole("region", { name: `Patient: ${patient.listed}` })).toContainText(/died/i);
  await clean(page, "Surgical ward", "3C");
});

test("a patient who left without telling anybody leaves the bed free", async ({ page, people, hospital }) => {
  test.setTimeout(120_000);
  const team = await staff(page, () => people.another());
  const { admission } = await admitted(hospital, team, "Oscar", "Medical ward", "5C");
  const { day, time } = await beforeAdmission(page, 0);
  await decide(team.doctor, admission, "Left without telling anybody", async (doctor) => {
    await doctor.locator("[name=last_seen_day]").fill(day);
    await doctor.locator("[name=last_seen_time]").fill(time);
    await doctor.locator("[name=told]").fill("Police, sister");
  });
  await leave(page, admission);
  await board(page, "Medical ward");
  await expect(tile(page, "5C")).toContainText("Cleaning");
  await clean(page, "Medical ward", "5C");
});
