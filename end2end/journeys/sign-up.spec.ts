/** A new patient signs up, confirms the address, and links the own record with the code from reception. */
import { Hospital } from "../support/hospital.ts";
import { OwnServer } from "../support/own-server.ts";
import { expect, expectAccessible, expectHydrated, expectNoSidewaysScroll, picture, signIn, test, visit } from "../support/test.ts";

test("from nobody to one's own record", { tag: "@phone" }, async ({ page, people, watch }) => {
  test.setTimeout(180_000);
  watch.tolerate(/40\d|422/);
  const server = await OwnServer.open();
  const hospital = new Hospital(server.baseURL, server.database);
  try {
    const patient = await hospital.patient("Greta");
    await visit(page, `${server.baseURL}/sign-in`);
    await page.getByRole("link", { name: "New here? Sign up" }).click();
    await expectHydrated(page);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, "sign-up");
    await page.getByLabel("Your name").fill(patient.name);
    await page.getByLabel("Your e-mail address").fill("greta@home.test");
    await page.getByRole("button", { name: "Sign up" }).click();
    await expect(page.getByText("An e-mail is on its way")).toBeVisible();
    await picture(page, "sign-up-sent");

    const letter = await server.letter("greta@home.test");
    await visit(page, server.baseURL + (letter.match(/\/link\/[0-9a-f]+/)?.[0] ?? ""));
    await page.getByLabel("New password", { exact: true }).fill("copper lantern nine rivers");
    await page.getByLabel("New password again").fill("copper lantern nine rivers");
    await page.getByRole("button", { name: "Choose a password" }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    await page.locator("input[name=login]").fill("greta@home.test");
    await page.locator("input[name=password]").fill("copper lantern nine rivers");
    await page.locator("form", { has: page.locator("input[name=password]") }).locator("[type=submit]").click();
    await expect(page.getByRole("button", { name: "Link" })).toBeVisible();
    await expectHydrated(page);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, "portal-not-linked");

    const desk = await people.another({ baseURL: server.baseURL, viewport: { width: 1280, height: 800 }, isMobile: false, hasTouch: false });
    await signIn(desk, "reception");
    await visit(desk, `/patients/${patient.id}`);
    await desk.getByRole("button", { name: "Give portal access" }).click();
    await picture(desk, "record-give-access");
    await desk.getByRole("button", { name: "Make the code" }).click();
    await expect(desk.locator(".portal-code")).toBeVisible();
    await expectHydrated(desk);
    await expectAccessible(desk);
    await picture(desk, "portal-code");
    const code = (await desk.locator(".portal-code code").textContent()) ?? "";

    await page.getByLabel("Code", { exact: true }).fill("AAAA-BBBB-CCCC");
    await page.getByLabel("Birth date").fill(patient.born);
    await page.getByRole("button", { name: "Link" }).click();
    await expect(page.locator(".error-summary")).toContainText("do not match");
    await page.getByLabel("Code", { exact: true }).fill(code.toLowerCase());
    await page.getByRole("button", { name: "Link" }).click();
    await expect(page.getByRole("button", { name: "Link" })).toBeHidden();
    await visit(page, `${server.baseURL}/portal/account`);
    await expect(page.locator("main dl")).toContainText(patient.mrn);
    await visit(desk, `/patients/${patient.id}`);
    await expect(desk.getByText("The patient sees this record in the portal")).toBeVisible();
  } finally {
    await hospital.end();
    await server.close();
  }
});
