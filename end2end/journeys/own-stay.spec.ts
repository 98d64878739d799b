import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";
import { asked, board, staff } from "../support/wards.ts";

test("a patient reads in the portal and on paper what the ward tells", async ({ page, people, hospital }) => {
  test.setTimeout(60_000);
  const team = await staff(page, () => people.another());
  const patient = await hospital.patient("Olga", "1990-05-06");
  const admission = await asked(team.doctor, patient, "Medical ward");

  await test.step("the own stay in the portal", async () => {
    const own = await people.another();
    await signIn(own, hospital.portal(patient));
    await visit(own, "/portal/records");
    const stays = own.locator("main section").filter({ hasText: "Hospital stays" }).first();
    await expect(stays).toContainText("Medical ward");
    await expect(stays).toContainText("16:00 to 19:00");
    await expect(stays).toContainText("looking for a bed");
    await expectNoSidewaysScroll(own);
    await expectAccessible(own);
  });

  await test.step("the leaflet in Spanish, with the papers of the admission", async () => {
    await visit(page, `${admission}/leaflet?lang=es`);
    await expect(page.locator(".sheet")).toContainText("Horario de visitas");
  });

  await test.step("the head of the ward looks at shifts and dose times", async () => {
    await board(page, "Medical ward");
    await page.getByRole("link", { name: "Shifts", exact: true }).click();
    await expect(page.locator("main")).toContainText("Night shift 20:00");
    await expectAccessible(page);
    await board(page, "Medical ward");
    await page.getByRole("link", { name: "Usual dose times" }).click();
    await expect(page.locator("main [name=three]")).toHaveValue("08:00 14:00 20:00");
    await expectAccessible(page);
  });

  await visit(page, admission);
  await page.getByRole("button", { name: "Refuse" }).first().click();
  const refusal = page.locator("#refuse-window");
  await refusal.locator("[name=reason]").fill("Stays at home");
  await refusal.getByRole("button", { name: "Refuse" }).click();
  await expect(page).toHaveURL(/done=refused$/);
});
