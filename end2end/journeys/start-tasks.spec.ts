import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";
import { admitted, board, staff } from "../support/wards.ts";

test("the head of a ward takes the start list over, an admission begins with it, and what is done settles it", async ({ page, people, hospital }) => {
  const both = await staff(page, () => people.another());

  await test.step("the standard list is a proposal until it is saved", async () => {
    await board(page, "Surgical ward");
    await page.locator("main").getByRole("link", { name: "Start tasks" }).click();
    await expect(page.locator("main")).toContainText("Proposal");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.locator("#start-tasks [name='name-8']").fill("Show the call button");
    await page.locator("#start-tasks [name='minutes-8']").fill("15");
    await page.locator("#start-tasks [name='done-8']").selectOption("hand");
    await page.locator("#start-tasks").getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/done=saved$/);
    await expect(page.locator("main")).not.toContainText("Proposal");
    await expect(page.locator("#start-tasks [name='name-8']")).toHaveValue("Show the call button");
  });

  const { admission } = await admitted(hospital, both, "Ruth", "Surgical ward", "5C");
  const nurse = await people.another();
  await signIn(nurse, "nurse");

  await test.step("the nurse finds the tasks, and the first observations settle theirs", async () => {
    await visit(nurse, `${admission}/tasks`);
    await expect(nurse.locator("main")).toContainText("Show the call button");
    await expect(nurse.locator("main")).toContainText("First observations");
    await expectAccessible(nurse);
    await visit(nurse, `${admission}/nursing`);
    const form = nurse.locator("form[action='/api/nursing/observe']");
    await form.locator("[name=respiration]").focus();
    for (const value of ["16", "97", "0", "122", "78", "72", "0", "36.8"]) {
      await nurse.keyboard.type(value);
      await nurse.keyboard.press("Enter");
    }
    await form.getByRole("button", { name: "Record observations" }).click();
    await expect(nurse).toHaveURL(/done=observed$/);
    await visit(nurse, `${admission}/tasks`);
    const row = nurse.locator("main .rows__row", { hasText: "Show the call button" });
    await row.getByRole("button", { name: "Done" }).first().click();
    await expect(nurse).toHaveURL(/done=task_done$/);
    await expectNoSidewaysScroll(nurse);
  });
});
