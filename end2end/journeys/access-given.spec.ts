/** Reception registers a guardian of an adult; the adult agrees in her own portal, and the auditor reviews the access. */
import { expect, expectAccessible, signIn, test, visit } from "../support/test.ts";

test("nobody acts for an adult before she says yes", { tag: "@phone" }, async ({ page, people, hospital }) => {
  const adult = await hospital.patient("Amparo");
  const son = await hospital.patient("Sergio");
  const desk = await people.another();
  await signIn(page, hospital.portal(adult));
  await signIn(desk, "reception");
  await visit(desk, `/patients/${adult.id}`);
  const guardians = desk.locator("#guardians");
  await guardians.getByRole("link", { name: "Add" }).click();
  await desk.getByRole("searchbox", { name: "Find the person" }).fill(son.mrn);
  await desk.getByRole("main").getByRole("button", { name: "Search" }).click();
  await desk.getByRole("link", { name: son.listed }).click();
  const confirm = desk.locator("#confirm-guardian");
  await confirm.getByLabel("The patient is that person’s").selectOption("parent");
  await confirm.getByLabel("Last day").fill(new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10));
  await confirm.getByRole("button", { name: "Open the record to this person" }).click();
  await expect(guardians).toContainText("Waits for the patient’s yes");
  await expectAccessible(desk);

  await visit(page, "/portal/account");
  const own = page.locator("#guardians");
  await expect(own).toContainText(son.name);
  await expectAccessible(page);
  await own.getByRole("button", { name: "Say yes" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Say yes" }).click();
  await expect(own.getByRole("button", { name: "Say yes" })).toHaveCount(0);
  await visit(desk, `/patients/${adult.id}`);
  await expect(guardians).not.toContainText("Waits for the patient’s yes");

  const auditor = await people.another();
  await signIn(auditor, "auditor");
  await visit(auditor, "/audit/grants");
  const grant = auditor.locator(".panel", { hasText: adult.mrn }).first();
  await expectAccessible(auditor);
  await grant.getByRole("button", { name: "Judge" }).click();
  const verdict = auditor.getByRole("dialog");
  await verdict.getByLabel("Justified", { exact: true }).check();
  await verdict.getByRole("button", { name: "Save" }).click();
  await expect(auditor.getByText("Verdict saved")).toBeVisible();
});
