import { randomUUID } from "node:crypto";
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a study without an order is compared, tied, untied and dismissed", async ({ page, watch }) => {
  // A form without the tick is answered with 422.
  watch.tolerate(/422/);
  await signIn(page, "radiology");
  await test.step("the list names the reason", async () => {
    await visit(page, "/imaging/unmatched");
    await expect(page.locator("main")).toContainText("No accession number");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.getByRole("link", { name: "UNKNOWN, EMERGENCY" }).click();
    await expect(page.getByRole("heading", { name: "Study in the archive" })).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
  const archived = new URL(page.url()).pathname;

  await test.step("both patients stand beside each other", async () => {
    await page.locator("main table a").first().click();
    await expect(page.locator("main")).toContainText("The patients differ");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    const form = page.locator("#tie-form");
    await form.locator("[name=remark]").fill("Brought in without papers, identified in the ward");
    await form.getByRole("button", { name: "Tie to this order" }).click();
    await expect(page.locator("main")).toContainText("Compare both patients first.");
    await form.locator("[name=compared]").check();
    await form.locator("[name=remark]").fill("Brought in without papers, identified in the ward");
    await form.getByRole("button", { name: "Tie to this order" }).click();
    await expect(page).toHaveURL(/done=tied$/);
  });

  await test.step("the order's page shows it, and it is untied with a reason", async () => {
    await visit(page, archived);
    await page.getByRole("link", { name: "Open the order" }).click();
    const images = page.locator("section.panel", { has: page.getByRole("heading", { name: "Images" }) });
    await expect(images).toContainText("identified in the ward");
    await expectAccessible(page);
    await images.getByRole("button", { name: "Untie" }).first().click();
    const dialog = page.locator("form[action='/api/imaging/untie_study']:visible");
    await dialog.locator("[name=reason]").fill("The other study of the same hour");
    await dialog.getByRole("button", { name: "Untie" }).click();
    await expect(page).toHaveURL(/done=untied$/);
  });

  await test.step("it is dismissed, and taken back", async () => {
    await visit(page, archived);
    await page.getByRole("button", { name: "Dismiss" }).first().click();
    await page.locator("#dismiss-form [name=reason]").fill("A patient of another hospital");
    await page.locator("#dismiss-form").getByRole("button", { name: "Dismiss" }).click();
    await expect(page).toHaveURL(/done=dismissed$/);
    await page.getByRole("button", { name: "Take back onto the list" }).click();
    await expect(page).toHaveURL(/done=reopened$/);
  });
});

test("an archive is set up, and images that it does not show are named", async ({ page }) => {
  await signIn(page, "radiologist");
  await visit(page, "/imaging/archives");
  await expect(page.locator("main")).toContainText("image_archives is empty");
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole("button", { name: "New archive" }).click();
  const form = page.locator("#archive-form");
  const name = `Archive ${randomUUID().slice(0, 6)}`;
  await form.locator("[name=name]").fill(name);
  await form.locator("[name=base_url]").fill("https://pacs.hospital.example/dicom-web");
  await form.locator("[name=archive_login]").fill("infirmary");
  await form.locator("[name=archive_password]").fill("a word of the archive");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/done=saved$/);
  await expect(page.locator("main")).toContainText(name);
  await visit(page, "/imaging/reading");
  await page.locator("main tr", { hasText: "X-ray of the chest" }).getByRole("link").first().click();
  await page.getByRole("link", { name: "Show the images" }).first().click();
  await expect(page.locator("main")).toContainText("The archive does not answer");
  await expectAccessible(page);
});
