import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a patient chooses messages, the desk calls, a card is sent, and a wrong scan is marked", async ({ page, hospital, people, watch }) => {
  // A file that is no document is answered with 422.
  watch.tolerate(/422/);
  await signIn(page, "patient");

  await test.step("the patient sees the confirmed address and asks for a code to another", async () => {
    await visit(page, "/portal/account");
    await page.getByRole("link", { name: "Messages to you" }).click();
    await expect(page.getByRole("heading", { name: "Messages to you" })).toBeVisible();
    await expect(page.locator("main")).toContainText("theresa@example.test");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.locator("#ask-email [name=address]").fill("theresa.new@example.test");
    await page.locator("#ask-email").getByRole("button", { name: "Send a code" }).click();
    await expect(page).toHaveURL(/done=code_sent$/);
    await expect(page.locator("main")).toContainText("We sent a code to theresa.new@example.test");
    await expectAccessible(page);
  });

  await test.step("the patient saves wishes", async () => {
    await page.locator("[name=quiet_from]").fill("20:00");
    await page.locator("[name='want-receipt-email']").uncheck();
    await page.locator("#messages-save_wishes").getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/done=saved$/);
    await expect(page.locator("[name='want-receipt-email']")).not.toBeChecked();
  });

  await test.step("the patient sends a card; a file that is no document is refused", async () => {
    await visit(page, "/portal/documents");
    await expectAccessible(page);
    await page.locator("#add-document [name=title]").fill("Card, back");
    await page.locator("#add-document [name=kind]").selectOption("insurance_card");
    await page.locator("#add-document [name=file]").setInputFiles({ name: "card.png", mimeType: "image/png", buffer: Buffer.from("<svg/>") });
    await page.locator("#add-document").getByRole("button", { name: "Add the document" }).click();
    await expect(page.locator(".error-summary")).toBeVisible();
    await expect(page.locator("#add-document [name=title]")).toHaveValue("Card, back");
    await expectAccessible(page);
    const letter = Buffer.from("%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer\n%%EOF\n");
    await page.locator("#add-document [name=file]").setInputFiles({ name: "card.pdf", mimeType: "application/pdf", buffer: letter });
    await page.locator("#add-document").getByRole("button", { name: "Add the document" }).click();
    await expect(page).toHaveURL(/done=added$/);
    await expect(page.locator("main")).toContainText("Card, back");
  });

  const desk = await people.another();
  await signIn(desk, "reception");
  await test.step("the desk calls the people who have no address", async () => {
    await visit(desk, "/messages/calls");
    await expectAccessible(desk);
    await expectNoSidewaysScroll(desk);
    const first = desk.locator("section.panel", { hasText: "Appointment moved" }).first();
    await first.locator("[name=outcome]").selectOption("message_left");
    await first.getByRole("button", { name: "Record the call" }).click();
    await expect(desk).toHaveURL(/done=called$/);
  });

  const nurse = await people.another();
  await signIn(nurse, "nurse");
  await test.step("the nurse adds a scan to a record and marks it as wrong", async () => {
    const patient = await hospital.patient();
    await hospital.waitsForDoctor(patient);
    await visit(nurse, `/patients/${patient.id}/documents`);
    await expectAccessible(nurse);
    const scan = Buffer.from("%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer\n%%EOF\n");
    await nurse.locator("#add-document [name=file]").setInputFiles({ name: "scan.pdf", mimeType: "application/pdf", buffer: scan });
    await nurse.locator("#add-document [name=kind]").selectOption("scan");
    await nurse.locator("#add-document [name=title]").fill("X-ray from elsewhere");
    await nurse.locator("#add-document").getByRole("button", { name: "Add the document" }).click();
    await expect(nurse).toHaveURL(/done=added$/);
    const row = nurse.locator(".rows__row", { hasText: "X-ray from elsewhere" });
    await row.locator("summary").click();
    await row.locator("[name=reason]").fill("Of another patient");
    await row.getByRole("button", { name: "Mark as wrong" }).click();
    await expect(nurse).toHaveURL(/done=in_error$/);
    await expect(nurse.locator(".rows__row", { hasText: "X-ray from elsewhere" })).toContainText("Of another patient");
    await expectAccessible(nurse);
  });

  const admin = await people.another();
  await signIn(admin, "admin");
  await test.step("the administrator sends again what was given up", async () => {
    await visit(admin, "/messages");
    await expectAccessible(admin);
    await expectNoSidewaysScroll(admin);
    await admin.getByRole("button", { name: "Send again" }).first().click();
    await expect(admin).toHaveURL(/done=again$/);
  });
});
