import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a recall is announced, blocks the stock, finds the patients and says what is outstanding", async ({ people }) => {
  const pharmacist = await people.another();
  await signIn(pharmacist, "pharmacist");

  await test.step("the notice of the demo has its stock blocked, and its patients are looked for", async () => {
    await visit(pharmacist, "/recalls");
    await expectAccessible(pharmacist);
    await expectNoSidewaysScroll(pharmacist);
    await pharmacist.locator("main table a").first().click();
    await expect(pharmacist.locator("main")).toContainText("Stock is blocked");
    await pharmacist.getByRole("button", { name: "Find the patients" }).click();
    await expect(pharmacist).toHaveURL(/done=traced$/);
    await expect(pharmacist.locator("main")).toContainText("What is outstanding");
    await expectAccessible(pharmacist);
    await expectNoSidewaysScroll(pharmacist);
  });

  await test.step("another notice comes in for goods of the central store", async () => {
    await visit(pharmacist, "/stock/items?q=glove");
    await pharmacist.locator("main table a").first().click();
    await pharmacist.getByRole("link", { name: "Announce a recall" }).click();
    await expectAccessible(pharmacist);
    await pharmacist.locator("#announce-recall input[type=checkbox]").first().check();
    await pharmacist.locator("#announce-recall [name=source]").selectOption("supplier");
    await pharmacist.locator("#announce-recall [name=reference]").fill("S-77");
    await pharmacist.locator("#announce-recall [name=reason]").fill("Torn gloves");
    await pharmacist.locator("#announce-recall").getByRole("button", { name: "Announce a recall" }).click();
    await expect(pharmacist).toHaveURL(/done=announced$/);
    await pharmacist.getByRole("button", { name: "Block the stock" }).click();
    await expect(pharmacist).toHaveURL(/done=blocked$/);
    await pharmacist.getByRole("button", { name: "Find the patients" }).click();
    await expect(pharmacist.locator("main")).toContainText("are left in storerooms");
    await expect(pharmacist.getByRole("button", { name: "Close the recall" })).toHaveCount(0);
    await expectAccessible(pharmacist);
  });
});

test("a ward uses sheets up at the cost of a department, and takes a mistake back", async ({ people }) => {
  const nurse = await people.another();
  await signIn(nurse, "nurse");
  await visit(nurse, "/ward-stock/consume");
  await expectAccessible(nurse);
  await expectNoSidewaysScroll(nurse);
  const item = await nurse.locator("#consume [name=item] option", { hasText: "Bed sheet" }).first().getAttribute("value");
  await nurse.locator("#consume [name=item]").selectOption(item ?? "");
  await nurse.locator("#consume [name=quantity]").fill("3");
  await nurse.locator("#consume [name=department]").selectOption({ index: 1 });
  await nurse.locator("#consume").getByRole("button", { name: "Record what was used" }).click();
  await expect(nurse).toHaveURL(/done=consumed$/);
  await expect(nurse.locator("main")).toContainText("Used up lately");
  await nurse.getByRole("button", { name: "Take it back" }).first().click();
  await nurse.locator("form[id^=back-form-] [name=note]").first().fill("Counted twice");
  await nurse.locator("form[id^=back-form-]").first().getByRole("button", { name: "Take it back" }).click();
  await expect(nurse).toHaveURL(/done=taken_back$/);
  await expect(nurse.locator("main")).toContainText("Counted twice");
  await expectAccessible(nurse);
});
