import { printed } from "../support/paper.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("goods are received, a prescription is verified, handed out, labelled and partly taken back", async ({ hospital, people, watch }) => {
  // More than is owed is answered with 422.
  watch.tolerate(/422/);
  const batch = `E${Date.now() % 1_000_000}`;
  let drug = "";
  const store = await people.another();
  await signIn(store, "storekeeper");

  await test.step("the storekeeper receives paracetamol into the pharmacy", async () => {
    await visit(store, "/stock");
    await expectAccessible(store);
    await expectNoSidewaysScroll(store);
    await visit(store, "/stock/items?q=paracetamol%20500%20mg");
    await expectAccessible(store);
    await store.locator("main table a").first().click();
    await expect(store.getByRole("heading", { level: 1 })).toContainText(/paracetamol/i);
    drug = ((await store.getByRole("heading", { level: 1 }).textContent()) ?? "").trim();
    await expectAccessible(store);
    await store.locator("main").getByRole("link", { name: "Receive goods" }).first().click();
    await expect(store).toHaveURL(/\/receive$/);
    await expectAccessible(store);
    await store.locator("#receive [name=storeroom]").selectOption({ label: "Outpatient pharmacy" });
    await store.locator("#receive [name=batch_no]").fill(batch);
    await store.locator("#receive [name=expires_on]").fill("2026-12-20");
    await store.locator("#receive [name=quantity]").fill("30");
    await store.locator("#receive").getByRole("button", { name: "Receive goods" }).click();
    await expect(store).toHaveURL(/done=received/);
    await expect(store.locator("main")).toContainText(batch);
    await visit(store, "/stock/expiring?days=365");
    await expect(store.locator("main")).toContainText(batch);
    await expectAccessible(store);
    await visit(store, "/stock/rooms");
    await expectAccessible(store);
  });

  const patient = await hospital.patient();
  await test.step("the doctor prescribes and signs", async () => {
    await hospital.waitsToPay(patient, { drug, dose: "1 tablet", route: "oral", frequency: "3 times a day", days: "4" });
  });

  const pharmacist = await people.another();
  await signIn(pharmacist, "pharmacist");
  await test.step("the pharmacist asks the prescriber, who answers", async () => {
    await visit(pharmacist, "/pharmacy");
    await pharmacist.locator("main .rows__row", { hasText: patient.listed }).getByRole("link").click();
    await pharmacist.getByRole("button", { name: "Ask the prescriber" }).first().click();
    const ask = pharmacist.locator("#ask-form");
    await ask.locator("[name=words]").fill("Does she take it with food?");
    await ask.getByRole("button", { name: "Ask the prescriber" }).click();
    await expect(pharmacist).toHaveURL(/done=asked$/);
    await expect(pharmacist.locator("main")).toContainText("Question open");
    await expectAccessible(pharmacist);
    const doctor = await people.another();
    await signIn(doctor, "doctor");
    await visit(doctor, "/pharmacy/queries");
    await expectAccessible(doctor);
    await expectNoSidewaysScroll(doctor);
    const query = doctor.locator("main .rows__row", { hasText: patient.listed });
    await query.locator("[name=answer]").fill("Yes, with food");
    await query.getByRole("button", { name: "Send the answer" }).click();
    await expect(doctor).toHaveURL(/done=answered$/);
    await visit(pharmacist, "/pharmacy?state=to_verify");
    await expect(pharmacist.locator("main .rows__row", { hasText: patient.listed })).toContainText("Answered");
  });
  await test.step("the pharmacist verifies the quantity of the course and hands out what expires first", async () => {
    await visit(pharmacist, "/pharmacy");
    await expectAccessible(pharmacist);
    await expectNoSidewaysScroll(pharmacist);
    await pharmacist.locator("main .rows__row", { hasText: patient.listed }).getByRole("link").click();
    await expect(pharmacist.locator("#verify [name=quantity]")).toHaveValue("12");
    await expectAccessible(pharmacist);
    await pharmacist.locator("#verify").getByRole("button", { name: "Verify" }).click();
    await expect(pharmacist).toHaveURL(/done=verified$/);
    await pharmacist.locator("#dispense [name=quantity]").fill("13");
    await pharmacist.locator("#dispense [name=identified_by]").selectOption("name_and_birth");
    await pharmacist.locator("#dispense").getByRole("button", { name: "Hand over" }).click();
    await expect(pharmacist.locator(".error-summary")).toBeVisible();
    await pharmacist.locator("#dispense [name=quantity]").fill("12");
    await pharmacist.locator("#dispense").getByRole("button", { name: "Hand over" }).click();
    await expect(pharmacist).toHaveURL(/done=dispensed$/);
    await expect(pharmacist.locator("main")).toContainText("Dispensed");
    await expectAccessible(pharmacist);
  });

  await test.step("the label says in words how to take it", async () => {
    await pharmacist.getByRole("link", { name: "Label" }).click();
    await expect(pharmacist.locator(".label__directions")).toHaveText("Take 1 tablet, by mouth, 3 times a day, for 4 days.");
    await expectAccessible(pharmacist);
    await expect(pharmacist.locator(".label__code .qr")).toBeVisible();
    expect((await printed(pharmacist, "medicine")).sizes).toEqual([[70, 35]]);
    await pharmacist.goBack();
  });

  await test.step("the patient gives two back: they go to the quarantine", async () => {
    await pharmacist.getByRole("button", { name: "Take back" }).first().click();
    const form = pharmacist.locator("form[id^=return-form-]").first();
    await form.locator("[name=quantity]").fill("2");
    await form.locator("[name=reason]").selectOption("not_needed");
    await form.getByRole("button", { name: "Take back" }).click();
    await expect(pharmacist).toHaveURL(/done=returned$/);
    await expect(pharmacist.locator("main")).toContainText("2 returned");
    await expectAccessible(pharmacist);
  });
});
