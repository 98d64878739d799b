import { expect, expectAccessible, printedLink, signIn, test, visit } from "../support/test.ts";

const PASSWORD = "copper lantern nine rivers";

test("an administrator invites a nurse, who chooses a password and works until the account is closed", async ({ page, people, watch }) => {
  watch.tolerate(/40\d/);
  const login = `nina.${Date.now()}@hospital.test`;
  await signIn(page, "admin");
  await visit(page, "/users");
  await page.getByRole("link", { name: "Invite" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Nina Novak");
  await page.getByLabel("E-mail or user name").fill(login);
  await page.getByLabel("Role").selectOption({ label: "Nurse" });
  await page.getByLabel("Clinic").selectOption({ label: "All clinics" });
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nina Novak");
  await expect(page.getByText("A link was sent to n…@hospital.test"), "the administrator sees no link").toBeVisible();
  await expectAccessible(page);
  const user = new URL(page.url()).pathname;
  const link = await printedLink(page);

  const nurse = await people.another();
  await visit(nurse, new URL(link).pathname);
  await expectAccessible(nurse);
  await nurse.getByLabel("New password", { exact: true }).fill(PASSWORD);
  await nurse.getByLabel("New password again").fill(PASSWORD);
  await nurse.getByRole("button", { name: "Choose a password" }).click();
  await signIn(nurse, login, PASSWORD);
  await visit(nurse, "/triage");

  // She changes it on another computer: the first one is signed out.
  const elsewhere = await people.another();
  await signIn(elsewhere, login, PASSWORD);
  await visit(elsewhere, "/account/security");
  await expect(elsewhere.locator(".rows__row")).toHaveCount(2);
  await elsewhere.getByLabel("Current password").fill(PASSWORD);
  await elsewhere.getByLabel("New password", { exact: true }).fill(`${PASSWORD} more`);
  await elsewhere.getByLabel("New password again").fill(`${PASSWORD} more`);
  await elsewhere.getByRole("button", { name: "Change password" }).click();
  await expect(elsewhere.locator(".rows__row")).toHaveCount(1);
  await nurse.goto("/triage");
  await expect(nurse).toHaveURL(/\/sign-in/);

  await visit(page, user);
  await page.getByRole("button", { name: "Deactivate" }).click();
  await expect(page.locator("main .badge").first()).toHaveText("Deactivated");
  await elsewhere.goto("/triage");
  await expect(elsewhere).toHaveURL(/\/sign-in/);
});
