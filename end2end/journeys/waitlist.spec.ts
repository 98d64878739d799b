import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a patient joins the waitlist, the desk sees it, and the patient gives up", { tag: ["@phone"] }, async ({ page, people, hospital }) => {
  test.setTimeout(120_000);
  const her = hospital.portal(await hospital.patient());
  await signIn(page, her);
  await visit(page, "/portal/book");
  await page.getByRole("link", { name: "Internal medicine" }).click();
  await expect(page.locator("details.month table")).toBeVisible();
  await page.getByRole("link", { name: "Join the waitlist" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Join the waitlist");
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  const service = page.locator("main [name=service_id]");
  if ((await service.inputValue()) === "") await service.selectOption({ index: 1 });
  await page.getByLabel("Not before").fill("08:00");
  await page.getByLabel("Not after").fill("12:00");
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await expect(page.getByText("08:00 – 12:00")).toBeVisible();
  await expect(page.getByText("Waiting").first()).toBeVisible();
  await expectAccessible(page);

  const desk = await people.another({ viewport: { width: 1280, height: 800 } });
  await signIn(desk, "reception");
  await visit(desk, "/waitlist");
  await expect(desk.getByText("08:00 – 12:00").first()).toBeVisible();
  await expectAccessible(desk);

  await page.locator("main details.confirm summary").first().click();
  await page.locator("main details.confirm").getByRole("button", { name: "Take off the waitlist" }).first().click();
  await expect(page.getByText("You are not on a waitlist")).toBeVisible();
});
