/** Tests passkeys with Chromium's virtual authenticator: adding one, signing in with it, and removing it. */
import { expect, expectAccessible, expectHydrated, expectNoSidewaysScroll, picture, signIn, test, visit, type Page } from "../support/test.ts";

/** Gives the page a device with a fingerprint reader, as a phone has one; returns how many passkeys are on it. */
async function device(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2" as const,
    transport: "internal" as const,
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
  return async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length;
}

test("a patient adds a passkey, signs in with it alone, and removes it", { tag: "@phone" }, async ({ page, hospital, watch }) => {
  test.setTimeout(120_000);
  watch.tolerate(/40\d|422/);
  const login = hospital.portal(await hospital.patient("Paloma"));
  const passkeys = await device(page);
  await signIn(page, login);
  await visit(page, "/account/security");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page).toHaveURL(/\/account\/passkey$/);
  await expectHydrated(page);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await picture(page, "passkey-new");
  await page.getByLabel("Name of the passkey").fill("My phone");
  await page.getByRole("button", { name: "Make the passkey" }).click();
  await expect(page.getByText("The passkey was added.")).toBeVisible();
  expect(await passkeys()).toBe(1);
  const row = page.locator(".rows__row", { hasText: "My phone" });
  await expect(row).toContainText("Not used yet");
  await expectHydrated(page);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await picture(page, "passkey-added");

  await page.context().clearCookies();
  await visit(page, "/sign-in");
  await expectAccessible(page);
  await picture(page, "passkey-sign-in");
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page, "the passkey alone opens the portal").toHaveURL(/\/portal$/);

  await visit(page, "/account/security");
  await expect(row).toContainText("Last used");
  await row.locator("summary", { hasText: "Remove" }).click();
  await row.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("The passkey was removed.")).toBeVisible();
  await expect(row).toHaveCount(0);

  await page.context().clearCookies();
  await visit(page, "/sign-in");
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page.locator(".error-summary")).toContainText("The passkey did not work");
  await expectAccessible(page);
  await picture(page, "passkey-refused");
  await signIn(page, login);
  await expect(page).toHaveURL(/\/portal$/);
});
