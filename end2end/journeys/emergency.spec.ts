import { expect, expectAccessible, signIn, test, visit } from "../support/test.ts";

// The demo's only patient who is not in the clinic's care.
const FOUND = "/patients?q=lindqvist";
const REASON = "Collapsed at the entrance, allergies unknown";

test("a doctor opens a record in an emergency, and the auditor judges it", { tag: "@phone" }, async ({ page, people }) => {
  // The record stays open for an hour to the doctor who opened it: each screen width uses another doctor.
  await signIn(page, test.info().project.name === "phone" ? "doctor2" : "doctor");
  await visit(page, FOUND);
  const row = page.locator("main tr, main li", { hasText: "Lindqvist" }).first();
  await expect(row).toContainText("Not in your care");
  await visit(page, (await page.locator("main .row-link").first().getAttribute("href")) ?? "");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not in your care");
  await expect(page.locator("main")).not.toContainText("Iodine");
  await expectAccessible(page);
  await page.getByLabel("Why do you need this record now?").fill("quick");
  await page.getByRole("button", { name: "Open for 60 minutes" }).click();
  await expect(page.locator(".error-summary")).toBeFocused();
  await page.getByLabel("Why do you need this record now?").fill(REASON);
  await page.getByRole("button", { name: "Open for 60 minutes" }).click();
  await expect(page.locator(".patient")).toContainText("Opened in an emergency");
  await expect(page.locator(".patient")).toContainText("Iodine contrast");
  await expectAccessible(page);

  const auditor = await people.another();
  await signIn(auditor, "auditor");
  await visit(auditor, "/audit/emergencies");
  const access = auditor.locator(".panel", { hasText: REASON }).first();
  await expectAccessible(auditor);
  await access.getByRole("button", { name: "Judge" }).click();
  const dialog = auditor.getByRole("dialog");
  await dialog.getByLabel("Justified", { exact: true }).check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(auditor.getByText("Verdict saved")).toBeVisible();
  await visit(auditor, "/audit/emergencies?all=yes");
  await expect(auditor.locator(".panel", { hasText: REASON }).first()).toContainText("Judged by");
});
