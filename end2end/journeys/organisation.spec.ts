import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit, type Page } from "../support/test.ts";

/** Fills in the form of a list's new row, saves it, and finds it in the list. */
async function add(page: Page, list: string, title: string, fields: Record<string, string>, chosen: Record<string, string> = {}): Promise<void> {
  await test.step(`${list}: ${title}`, async () => {
    await visit(page, `/settings/${list}/new`);
    for (const [name, value] of Object.entries(fields)) await page.locator(`main [name=${name}]`).fill(value);
    for (const [name, label] of Object.entries(chosen)) await page.locator(`main [name=${name}]`).selectOption({ label });
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(new RegExp(`/settings/${list}\\?done=saved$`));
    // A list has more rows than one page.
    await visit(page, `/settings/${list}?q=${encodeURIComponent(title)}`);
    await expect(page.locator("main").getByRole("link", { name: title, exact: true })).toBeVisible();
  });
}

/** Creates a clinic, its department, service and room, each on its page; their names end with `mark`. */
async function makeClinic(page: Page, mark: string): Promise<void> {
  await add(
    page,
    "clinics",
    `Harbor ${mark}`,
    { name: `Harbor ${mark}`, code: `H${mark}`, address: "1 Pier", city: "Veracruz", phone: "+52 229 555 0100", latitude: "19.2", longitude: "-96.138" },
    { time_zone: "America/Mexico_City" },
  );
  await add(page, "departments", `Paediatrics ${mark}`, { name: `Paediatrics ${mark}`, code: `P${mark}` });
  await add(
    page,
    "services",
    `Children ${mark}`,
    { name: `Children ${mark}`, token_letter: "K" },
    { clinic_id: `Harbor ${mark}`, department_id: `Paediatrics ${mark}` },
  );
  await add(page, "rooms", `Room ${mark}`, { name: `Room ${mark}` }, { clinic_id: `Harbor ${mark}`, kind: "Consulting room", service_id: `Children ${mark}, Harbor ${mark}` });
}

/** Retires the rows of `makeClinic`, so that the other journeys find the demo hospital unchanged. */
async function retireClinic(page: Page, mark: string): Promise<void> {
  for (const [list, title] of [
    ["rooms", `Room ${mark}`],
    ["services", `Children ${mark}`],
    ["departments", `Paediatrics ${mark}`],
    ["clinics", `Harbor ${mark}`],
  ] as const) {
    await test.step(`retire ${title}`, async () => {
      await visit(page, `/settings/${list}?q=${encodeURIComponent(title)}`);
      await page.locator("main").getByRole("link", { name: title, exact: true }).click();
      await page.locator("main details.confirm summary").click();
      await page.locator("main details.confirm").getByRole("button", { name: "Retire" }).click();
      await expect(page).toHaveURL(new RegExp(`/settings/${list}\\?done=retired$`));
      await visit(page, `/settings/${list}?q=${encodeURIComponent(title)}`);
      await expect(page.locator("main").getByRole("link", { name: title, exact: true })).toHaveCount(0);
    });
  }
}

test("an administrator makes a clinic with a department, a service and a room, and retires them again", async ({ page, watch }) => {
  test.setTimeout(120_000);
  watch.tolerate(/4(09|22)/);
  const mark = String(Date.now()).slice(-7);
  await signIn(page, "admin");
  await page.getByRole("link", { name: "Settings" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Settings");
  await expectAccessible(page);
  await makeClinic(page, mark);

  await test.step("half a pair of coordinates and a code that is taken are named", async () => {
    await visit(page, "/settings/clinics/new");
    await page.locator("main [name=name]").fill("Half");
    await page.locator("main [name=code]").fill(`h${mark}`);
    await page.locator("main [name=latitude]").fill("19.2");
    await page.getByRole("button", { name: "Save" }).click();
    const summary = page.locator(".error-summary");
    await expect(summary).toBeFocused();
    for (const label of ["Code", "Time zone", "Longitude"]) await expect(summary.getByRole("link", { name: label })).toBeVisible();
    await expect(page.locator("main [name=name]"), "what was typed is there").toHaveValue("Half");
    await expectAccessible(page);
  });

  await test.step("a clinic with a service is not retired, and says why", async () => {
    await visit(page, `/settings/clinics?q=${mark}`);
    await page.locator("main").getByRole("link", { name: `Harbor ${mark}`, exact: true }).click();
    await expect(page.getByText("Services: 1.")).toBeVisible();
    await expect(page.locator("main details.confirm")).toHaveCount(0);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
  await retireClinic(page, mark);
});

test("a second editor sees both versions", async ({ page, people, watch }) => {
  watch.tolerate(/409/);
  const name = `Floor ${Date.now()}`;
  await signIn(page, "admin");
  await add(page, "specialties", name, { name });
  const open = async (browser: Page) => {
    await visit(browser, `/settings/specialties?q=${encodeURIComponent(name)}`);
    await browser.locator("main").getByRole("link", { name, exact: true }).click();
    await expect(browser.getByRole("heading", { level: 1 })).toHaveText(name);
  };
  const other = await people.another();
  await signIn(other, "admin");
  await open(page);
  await open(other);
  await page.locator("main [name=description]").fill("First");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/done=saved$/);
  await other.locator("main [name=description]").fill("Second");
  await other.getByRole("button", { name: "Save" }).click();
  await expect(other.locator(".notice__title", { hasText: "Somebody else saved this meanwhile" })).toBeVisible();
  const versions = other.locator(".notice table");
  await expect(versions).toContainText("First");
  await expect(versions).toContainText("Second");
  await expectAccessible(other);
  await other.getByRole("button", { name: "Save" }).click();
  await expect(other).toHaveURL(/done=saved$/);
});

test("a clinic is made with scripts off", { tag: "@noscript" }, async ({ page }) => {
  test.setTimeout(120_000);
  const mark = String(Date.now()).slice(-7);
  await signIn(page, "admin");
  await makeClinic(page, mark);
  await retireClinic(page, mark);
});

test("the settings are read on a phone and in Spanish", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "admin");
  await visit(page, "/settings/clinics");
  await expectNoSidewaysScroll(page);
  await page.locator("main .row-link").first().click();
  await expect(page.locator("main form").first()).toBeVisible();
  await expectNoSidewaysScroll(page);
  await page.request.post(`${new URL(page.url()).origin}/api/accounts/language`, {
    form: { language: "es", next: "/settings" },
    headers: { origin: new URL(page.url()).origin },
    maxRedirects: 0,
  });
  await visit(page, "/settings");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ajustes");
  await expectNoSidewaysScroll(page);
  await page.request.post(`${new URL(page.url()).origin}/api/accounts/language`, {
    form: { language: "en", next: "/settings" },
    headers: { origin: new URL(page.url()).origin },
    maxRedirects: 0,
  });
});
