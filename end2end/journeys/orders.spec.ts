import { expect, expectAccessible, expectNoSidewaysScroll, expectHydrated, signIn, test, visit } from "../support/test.ts";

test("a doctor orders an ECG, the nurse does it, and the chart has the outcome", async ({ page, hospital, people, watch }) => {
  // A form without a service is answered with 422.
  watch.tolerate(/422/);
  const patient = await hospital.patient();
  const { id } = await hospital.withDoctor(patient, "doctor2");
  const service = `12-lead ECG ${patient.family}`;
  await signIn(page, "doctor2");
  await visit(page, `/consultation/${id}`);
  await expectHydrated(page);

  await test.step("the doctor orders with one key", async () => {
    // The note has the focus when the page opens.
    await page.keyboard.press("Escape");
    await page.keyboard.press("o");
    const form = page.locator("#order");
    await expect(form.getByRole("heading", { name: "Order something" })).toBeVisible();
    await form.getByRole("button", { name: "Place the order" }).click();
    const refused = page.locator("#order");
    await expect(refused.locator(".error-summary"), "the service is missing").toBeVisible();
    await refused.locator("[name=service]").fill(service);
    await refused.locator("[name=priority][value=stat]").check();
    await refused.locator("[name=reason]").fill("Palpitations");
    await refused.getByRole("button", { name: "Place the order" }).click();
    await expect(page).toHaveURL(/done=ordered$/);
    const row = page.locator("#orders .rows__row", { hasText: service });
    await expect(row).toContainText("Stat");
    await expect(row).toContainText("Requested");
    await expect(row, "it has a requisition number").toContainText(/-Q\d\d-\d{6}/);
    await expectAccessible(page);
  });

  const nurse = await people.another();
  await signIn(nurse, "nurse");
  await test.step("the nurse finds it, starts it, and says what came of it", async () => {
    await visit(nurse, "/orders?priority=stat");
    await expectAccessible(nurse);
    await expectNoSidewaysScroll(nurse);
    await nurse.locator("main").getByRole("link", { name: service }).click();
    await nurse.getByRole("button", { name: /^Start/ }).click();
    await expect(nurse).toHaveURL(/done=start$/);
    await nurse.getByRole("button", { name: "Complete", exact: true }).click();
    await nurse.locator("dialog [name=outcome]:visible").fill("Sinus rhythm, 72/min");
    await nurse.locator("dialog:visible").getByRole("button", { name: "Complete" }).click();
    await expect(nurse).toHaveURL(/done=complete$/);
    await expect(nurse.locator("main")).toContainText("Sinus rhythm, 72/min");
    await expectAccessible(nurse);
  });

  await test.step("the doctor reads it in the chart", async () => {
    await visit(page, `/patients/${patient.id}/chart?only=orders`);
    await expect(page.locator(".chart__entry", { hasText: service })).toContainText("Sinus rhythm, 72/min");
    await expectAccessible(page);
  });
});
