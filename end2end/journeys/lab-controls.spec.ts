import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a rejected control holds a test until a run passes", async ({ page, people }) => {
  await signIn(page, "pathologist");

  await test.step("the head of the laboratory adds a lot", async () => {
    await visit(page, "/lab/controls");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Add a lot" }).first().click();
    const form = page.locator("#add-lot");
    await form.locator("[name=test]").fill("lipase");
    await form.locator("[name=material]").fill("Serum control");
    await form.locator("[name=level]").selectOption("1");
    await form.locator("[name=lot]").fill("L1");
    await form.locator("[name=expires_on]").fill("2035-01-31");
    await form.locator("[name=target]").selectOption("maker");
    await form.locator("[name=mean]").fill("60");
    await form.locator("[name=sd]").fill("2");
    await form.getByRole("button", { name: "Add a lot" }).click();
    await expect(page).toHaveURL(/done=saved$/);
    await expect(page.locator("main")).toContainText("mean 60, SD 2");
  });

  const lab = await people.another();
  await signIn(lab, "lab");
  await test.step("the technician records a run that is rejected", async () => {
    await visit(lab, new URL(page.url()).pathname);
    await lab.locator("#run [name^=value-]").fill("67");
    await lab.locator("#run").getByRole("button", { name: "Record the run" }).click();
    await expect(lab).toHaveURL(/done=control_rejected$/);
    await expect(lab.locator("main")).toContainText("1-3s: a point beyond 3 SD");
    await expectAccessible(lab);
    await expectNoSidewaysScroll(lab);
  });

  await test.step("a run that passes says what was done, and ends the hold", async () => {
    await lab.locator("#run [name^=value-]").fill("60.5");
    await lab.locator("#run [name=action]").fill("Reagent replaced");
    await lab.locator("#run").getByRole("button", { name: "Record the run" }).click();
    await expect(lab).toHaveURL(/done=control_run$/);
    await expect(lab.locator("main")).toContainText("In control");
    await expectAccessible(lab);
  });
});
