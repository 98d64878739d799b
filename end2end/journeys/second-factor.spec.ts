/** Tests the second factor: an app's code in addition to the password, and a recovery code when the phone is lost. */
import { createHmac } from "node:crypto";
import { DEMO_PASSWORD, expect, expectAccessible, expectHydrated, expectNoSidewaysScroll, picture, printedLink, signIn, test, visit, type Page } from "../support/test.ts";

/** Returns the code that an app shows for a key, `later` steps of 30 seconds from now (RFC 6238). */
function shown(key: string, later = 0): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replaceAll(" ", "").toUpperCase()].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const digest = createHmac("sha1", secret).update(step).digest();
  const number = digest.readUInt32BE(digest[19]! & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

async function withPassword(page: Page, login: string): Promise<void> {
  await page.goto("/sign-in");
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill(DEMO_PASSWORD);
  await page.locator("form", { has: page.locator("input[name=password]") }).locator("[type=submit]").click();
  await expect(page).toHaveURL(/\/sign-in\/code$/);
  await expectHydrated(page);
}

async function withCode(page: Page, code: string): Promise<void> {
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("a patient sets a second factor up, signs in with it, and with a recovery code without the phone", { tag: "@phone" }, async ({ page, people, hospital, watch }) => {
  test.setTimeout(120_000);
  watch.tolerate(/40\d|422/);
  const login = hospital.portal(await hospital.patient("Fabia"));
  await signIn(page, login);
  await visit(page, "/account/security");
  await picture(page, "second-factor-off");
  await page.getByRole("button", { name: "Set up" }).click();
  await expect(page.getByRole("img", { name: /QR code/ })).toBeVisible();
  await expectHydrated(page);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await picture(page, "second-factor-set-up");
  const key = (await page.locator(".factor__secret code").textContent()) ?? "";
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.locator(".error-summary")).toContainText("This code is not right");
  await expect(page.locator(".factor__secret code"), "the key stays the same").toHaveText(key);
  await page.getByLabel("Code", { exact: true }).fill(shown(key));
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.locator(".recovery-codes li")).toHaveCount(10);
  await expectHydrated(page);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await picture(page, "second-factor-recovery-codes");
  const recovery = (await page.locator(".recovery-codes code").first().textContent()) ?? "";
  await page.getByRole("link", { name: "I have kept them" }).click();
  await expect(page.getByText("Recovery codes left: 10")).toBeVisible();
  await expectHydrated(page);
  await expectAccessible(page);
  await picture(page, "second-factor-on");

  const elsewhere = await people.another();
  await withPassword(elsewhere, login);
  await expectAccessible(elsewhere);
  await expectNoSidewaysScroll(elsewhere);
  await picture(elsewhere, "second-factor-code");
  await elsewhere.goto("/portal");
  await expect(elsewhere, "the password alone opens nothing").toHaveURL(/\/sign-in/);
  await withPassword(elsewhere, login);
  await withCode(elsewhere, shown(key, 1));
  await expect(elsewhere).toHaveURL(/\/portal$/);

  const lost = await people.another();
  await withPassword(lost, login);
  await withCode(lost, recovery);
  await expect(lost).toHaveURL(/\/portal$/);
  await visit(lost, "/account/security");
  await expect(lost.getByText("Recovery codes left: 9")).toBeVisible();
});

test("who must have a second factor is led to it, and the administrator resets it for who lost it", async ({ page, people, watch }) => {
  test.setTimeout(120_000);
  watch.tolerate(/40\d/);
  const login = `lea.${Date.now()}@hospital.test`;
  await signIn(page, "admin");
  await visit(page, "/users/new");
  await page.getByLabel("Name", { exact: true }).fill("Lea Lamb");
  await page.getByLabel("E-mail or user name").fill(login);
  await page.getByLabel("Role").selectOption({ label: "Storekeeper" });
  await page.getByLabel("Clinic").selectOption({ label: "All clinics" });
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Lea Lamb");
  const user = new URL(page.url()).pathname;
  const link = await printedLink(page);
  const lea = await people.another();
  await visit(lea, new URL(link).pathname);
  await lea.getByLabel("New password", { exact: true }).fill("copper lantern nine rivers");
  await lea.getByLabel("New password again").fill("copper lantern nine rivers");
  await lea.getByRole("button", { name: "Choose a password" }).click();

  await visit(page, "/users/second-factor");
  const row = page.locator(".rows__row", { hasText: "Storekeeper" });
  await row.getByRole("button", { name: /^Require/ }).click();
  await expect(row.getByText("Required", { exact: true })).toBeVisible();
  await expectHydrated(page);
  await expectAccessible(page);

  await signIn(lea, login, "copper lantern nine rivers");
  await lea.goto("/account");
  await expect(lea).toHaveURL(/\/account\/second-factor$/);
  await expectHydrated(lea);
  await expectAccessible(lea);
  await picture(lea, "second-factor-must");
  await lea.getByRole("button", { name: "Set up" }).click();
  const key = (await lea.locator(".factor__secret code").textContent()) ?? "";
  await lea.getByLabel("Code", { exact: true }).fill(shown(key));
  await lea.getByRole("button", { name: "Turn on" }).click();
  await lea.getByRole("link", { name: "I have kept them" }).click();
  await lea.goto("/account");
  await expect(lea).toHaveURL(/\/account$/);

  await visit(page, user);
  await page.locator("summary", { hasText: "Reset second factor" }).click();
  await page.getByRole("button", { name: "Reset second factor" }).click();
  await expect(page.locator("main dl")).toContainText("Off");
  await lea.goto("/account");
  await expect(lea, "signed out").toHaveURL(/\/sign-in/);
  await visit(page, "/users/second-factor");
  await row.getByRole("button", { name: /^No longer/ }).click();
  await expect(row.getByText("Required", { exact: true })).toBeHidden();
});
