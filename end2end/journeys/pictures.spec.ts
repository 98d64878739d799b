import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

/** A blue rectangle of 120 by 40 pixels. */
const LOGO = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAHgAAAAoCAIAAAC6iKlyAAAAUklEQVR42u3QQQ0AAAgEoAthOtMZ1RbOBxsJSPVwIApEi0a0aNEWRItGtGjRFkSLRrRo0YgWjWjRohEtGtGiRSNaNKJFi0a0aESLFo1o0Yj+ZwH4mMeeTGENiwAAAABJRU5ErkJggg==",
  "base64",
);

test("the logo stands on the page for signing in and on paper, and is removed again", async ({ page, people, watch }) => {
  watch.tolerate(/422/);
  await signIn(page, "admin");
  await visit(page, "/settings/hospital");
  await page.locator("main").getByRole("link", { name: "Logo" }).click();
  await test.step("a drawing that runs is refused, with the reason", async () => {
    await page.locator("#send-picture [name=file]").setInputFiles({ name: "logo.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg/>") });
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("This is neither a JPEG nor a PNG").first()).toBeVisible();
  });
  await page.locator("#send-picture [name=file]").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: LOGO });
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/\/settings\/hospital\/logo\?done=saved$/);
  await expect(page.locator("main img.logo")).toBeVisible();
  await expectAccessible(page);
  await test.step("everybody sees it", async () => {
    const other = await people.another();
    await visit(other, "/sign-in");
    const logo = other.locator(".plain-head img.logo--head");
    await expect(logo).toBeVisible();
    expect(await logo.evaluate((image: HTMLImageElement) => image.naturalWidth), "the picture was loaded").toBe(120);
    await signIn(other, "patient");
    await visit(other, "/portal");
    await expect(other.locator(".portal-head img.logo--head")).toBeVisible();
  });
  await test.step("a list on paper has it", async () => {
    const desk = await people.another();
    await signIn(desk, "reception");
    await visit(desk, "/schedules/print");
    await expect(desk.locator(".sheet__logo").first()).toBeVisible();
  });
  await visit(page, "/settings/hospital/logo");
  await page.getByRole("button", { name: "Remove the picture" }).click();
  await expect(page.getByText("There is none yet.")).toBeVisible();
});

test("a doctor's photo is seen by patients who choose her", { tag: ["@noscript", "@phone"] }, async ({ page, people }) => {
  await signIn(page, "doctor");
  await visit(page, "/profile");
  await page.locator("main").getByRole("link", { name: "Photo" }).click();
  await page.locator("#send-picture [name=file]").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: LOGO });
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/\/profile\/photo\?done=saved$/);
  const photo = await page.locator("main img.photo").getAttribute("src");
  expect(photo).toMatch(/^\/photos\//);
  await expectNoSidewaysScroll(page);
  const patient = await people.another();
  await signIn(patient, "patient");
  expect((await patient.request.get(photo ?? "")).headers()["content-type"]).toBe("image/jpeg");
  await page.getByRole("button", { name: "Remove the picture" }).click();
  await expect(page.getByText("There is none yet.")).toBeVisible();
});

test("a patient reads about a doctor before booking", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "patient");
  await visit(page, "/portal/book");
  await page.locator("main .todo__item").last().click();
  await page.locator("main [name=doctor]").selectOption({ index: 1 });
  await page.locator("main .booking-filter").getByRole("button", { name: "Show" }).click();
  await page.locator("main").getByRole("link", { name: /^About / }).click();
  await expect(page.locator("main").getByRole("link", { name: /See the times/ }).first()).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await visit(page, "/portal/doctors");
  await page.locator("main .todo__item").first().click();
  await expect(page.locator("main").getByRole("link", { name: /See the times/ }).first()).toBeVisible();
});

test("the desk reads a month and prints a week", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/schedules/month");
  await expect(page.locator("main table.month-of-schedule tbody tr").first()).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await visit(page, "/schedules/print?view=week");
  await expect(page.locator(".sheet__title")).toHaveText("Week list");
});

test("an appointment is dragged onto a free time, and the page of the move opens with both", async ({ page }) => {
  // The whole day is in sight: nothing scrolls under the mouse.
  await page.setViewportSize({ width: 1600, height: 3400 });
  await signIn(page, "reception");
  await visit(page, "/schedules");
  const from = page.locator(".slot-card[data-move]").last();
  const to = page.locator(".slot-free[data-free]").last();
  const moved = await from.getAttribute("data-move");
  await from.dragTo(to);
  await page.waitForURL(/replaces=/);
  expect(page.url()).toContain(moved ?? "nothing");
  expect(page.url()).toMatch(/[?&]at=\d+/);
});

test("an accountant opens the journal, its file for another program, and the work without an invoice", async ({ page }) => {
  await signIn(page, "accountant");
  await visit(page, "/books");
  await page.locator("main").getByRole("link", { name: "Journal" }).click();
  await expect(page.locator("main table tbody tr").first()).toBeVisible();
  await expectAccessible(page);
  const href = await page.locator("main").getByRole("link", { name: "For Beancount" }).getAttribute("href");
  const file = await page.request.get(href ?? "");
  expect(await file.text()).toContain("option \"operating_currency\"");
  await visit(page, "/books/unbilled");
  await expectAccessible(page);
  await visit(page, "/books/revenue?by=tax");
  await expect(page.locator("main table")).toContainText("%");
});
