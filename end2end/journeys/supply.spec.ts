import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a ward asks for goods, the pharmacy picks and sends them, and the ward signs for less than was sent", async ({ people, watch }) => {
  // More than was sent is answered with 422.
  watch.tolerate(/422/);
  const nurse = await people.another();
  await signIn(nurse, "nurse");
  let request = "";

  await test.step("the nurse asks for what the cupboard lacks, and for another item", async () => {
    await visit(nurse, "/ward-stock");
    await nurse.locator("form.filter [name=room]").selectOption({ label: "Medical ward cupboard" });
    await nurse.locator("form.filter").getByRole("button", { name: "Show" }).click();
    await expectAccessible(nurse);
    await expectNoSidewaysScroll(nurse);
    for (const field of await nurse.locator("#ask [name^=want-]").all()) {
      await field.fill("");
    }
    const other = nurse.locator("#ask [name=other]");
    const item = await other.locator("option", { hasText: /amlodipin/i }).first().getAttribute("value");
    await other.selectOption(item ?? "");
    await nurse.locator("#ask [name=other_quantity]").fill("12");
    await nurse.locator("#ask").getByRole("button", { name: "Send the request" }).click();
    await expect(nurse).toHaveURL(/done=asked$/);
    await expect(nurse.locator("main")).toContainText("Waits for the stores");
    await expectAccessible(nurse);
    request = new URL(nurse.url()).pathname.split("/").pop() ?? "";
  });

  const pharmacist = await people.another();
  await signIn(pharmacist, "pharmacist");
  await test.step("the pharmacist picks from the central store and sends", async () => {
    await visit(pharmacist, "/stock/requests");
    await expectAccessible(pharmacist);
    await expectNoSidewaysScroll(pharmacist);
    await visit(pharmacist, `/stock/requests/${request}`);
    await expectAccessible(pharmacist);
    await pharmacist.locator("#pick [name=storeroom]").selectOption({ label: "Central store" });
    await pharmacist.locator("#pick").getByRole("button", { name: "Pick goods" }).click();
    await expect(pharmacist).toHaveURL(/done=picked$/);
    await expect(pharmacist.locator("main")).toContainText("Ready to send");
    await expectAccessible(pharmacist);
    await pharmacist.getByRole("button", { name: "Send the goods" }).click();
    await expect(pharmacist).toHaveURL(/done=sent$/);
    await expect(pharmacist.locator("main")).toContainText("On the way");
  });
  const transfer = new URL(pharmacist.url()).pathname.split("/").pop() ?? "";

  await test.step("the nurse counts one less and signs", async () => {
    await visit(nurse, `/ward-stock/transfers/${transfer}`);
    await expectAccessible(nurse);
    await expectNoSidewaysScroll(nurse);
    const count = nurse.locator("#receive-transfer [name^=received-]").first();
    await count.fill("13");
    await nurse.locator("#receive-transfer").getByRole("button", { name: "Sign for the goods" }).click();
    await expect(nurse.locator(".error-summary")).toBeVisible();
    await count.fill("11");
    await nurse.locator("#receive-transfer").getByRole("button", { name: "Sign for the goods" }).click();
    await expect(nurse).toHaveURL(/done=differs$/);
    await expectAccessible(nurse);
  });

  await test.step("the pharmacist explains the difference", async () => {
    await visit(pharmacist, `/stock/transfers/${transfer}`);
    await expect(pharmacist.locator("main")).toContainText("Difference not explained");
    await expectAccessible(pharmacist);
    await pharmacist.locator("#explain [name=outcome]").selectOption("lost");
    await pharmacist.locator("#explain [name=explanation]").fill("Crushed in the box");
    await pharmacist.locator("#explain").getByRole("button", { name: "Explain the difference" }).click();
    await expect(pharmacist).toHaveURL(/done=explained$/);
    await expect(pharmacist.locator("main")).toContainText("Goods received");
  });
});

test("two people check the balance of a controlled medicine, and the register goes on paper", async ({ people }) => {
  const pharmacist = await people.another();
  await signIn(pharmacist, "pharmacist");
  await visit(pharmacist, "/pharmacy/register");
  await expectAccessible(pharmacist);
  await expectNoSidewaysScroll(pharmacist);
  await pharmacist.locator("main table a").first().click();
  await expect(pharmacist.getByRole("heading", { name: "Check the balance" })).toBeVisible();
  await expectAccessible(pharmacist);
  await expectNoSidewaysScroll(pharmacist);
  await pharmacist.getByRole("link", { name: "Print" }).click();
  await expect(pharmacist.locator("table.sheet__lines")).toBeVisible();
  await expectAccessible(pharmacist);
});

test("a verified prescription has its units reserved", async ({ hospital, people }) => {
  const patient = await hospital.patient();
  await hospital.waitsToPay(patient, { drug: "Paracetamol 500 mg tablet", dose: "1 tablet", route: "oral", frequency: "3 times a day", days: "2" });
  const pharmacist = await people.another();
  await signIn(pharmacist, "pharmacist");
  await visit(pharmacist, "/pharmacy");
  await pharmacist.locator("main .rows__row", { hasText: patient.listed }).getByRole("link").click();
  await pharmacist.locator("#verify").getByRole("button", { name: "Verify" }).click();
  await expect(pharmacist).toHaveURL(/done=verified$/);
  await expect(pharmacist.locator("main")).toContainText("Reserved");
  await expectAccessible(pharmacist);
});
