/** A patient changes the contact data in the portal, and asks reception for another name; reception takes it over. */
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("what a patient changes at once, and what reception decides", { tag: "@phone" }, async ({ page, people, hospital }) => {
  const patient = await hospital.patient("Amparo");
  await signIn(page, hospital.portal(patient));

  await test.step("phone and address take effect at once", async () => {
    await visit(page, "/portal/account");
    await page.getByRole("link", { name: "Your data" }).click();
    await expect(page.getByRole("heading", { name: "Your data" })).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    const form = page.locator("#profile-form");
    await form.locator("[name=address]").fill("9 Elm Street");
    await form.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/done=saved$/);
    await expect(page.locator("#profile-form [name=address]")).toHaveValue("9 Elm Street");
  });

  await test.step("another name is asked for", async () => {
    const form = page.locator("#identity-form");
    await form.locator("[name=family_name]").fill(`${patient.family} Rey`);
    await form.locator("[name=words]").fill("I use both names now");
    await form.getByRole("button", { name: "Ask reception" }).click();
    await expect(page).toHaveURL(/done=asked$/);
    await expect(page.locator("#requests")).toContainText("Waits for reception");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });

  const desk = await people.another({ viewport: { width: 1280, height: 800 }, isMobile: false, hasTouch: false });
  await signIn(desk, "reception");
  await test.step("reception compares and takes it over", async () => {
    await visit(desk, "/profile-requests");
    const request = desk.locator(".panel", { hasText: patient.mrn });
    await expect(request).toContainText(`${patient.family} → ${patient.family} Rey`);
    await expectAccessible(desk);
    await request.getByRole("button", { name: "Take over" }).click();
    await expect(desk).toHaveURL(/done=accepted$/);
    await expect(desk.locator(".panel", { hasText: patient.mrn })).toHaveCount(0);
  });

  await visit(page, "/portal/account");
  await expect(page.locator("main dl").first()).toContainText(`${patient.family} Rey`);
});
