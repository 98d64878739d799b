/** The first booking of a new patient on a phone: how many screens and seconds it takes, and how many bytes are loaded. */
import { expect, expectAccessible, expectNoSidewaysScroll, picture, signIn, test, visit } from "../support/test.ts";

/** The most screens from the home page of the portal to the booked appointment. */
const SCREENS = 6;

test("a new patient books a first time on a phone", { tag: ["@phone"] }, async ({ page, hospital }) => {
  await signIn(page, hospital.portal(await hospital.patient()));
  const screens: string[] = [];
  const loaded: Promise<number>[] = [];
  page.on("framenavigated", (frame) => {
    if (frame === page.mainFrame()) screens.push(new URL(frame.url()).pathname.replace(/[0-9a-f-]{36}/, "{id}"));
  });
  page.on("requestfinished", (request) => {
    loaded.push(request.sizes().then((sizes) => sizes.responseBodySize + sizes.responseHeadersSize, () => 0));
  });
  const began = Date.now();

  await test.step("from the home page to a specialty and a time", async () => {
    await visit(page, "/portal");
    await page.locator("a[href='/portal/book']").first().click();
    await page.getByRole("link", { name: "Internal medicine" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("When suits you?");
    await page.locator(".slots__slot:visible").first().click();
    await expect(page).toHaveURL(/\/portal\/book\/[0-9a-f-]{36}/);
  });

  await test.step("the price is said before, and stands afterwards", async () => {
    const price = page.locator("dl div", { hasText: "Expected cost" });
    await expect(price).toBeVisible();
    const seen = (await price.locator("dd").textContent()) ?? "";
    await page.getByRole("button", { name: "Confirm the appointment" }).click();
    await expect(page.getByText("Your appointment is booked")).toBeVisible();
    await expect(page.locator("dl div", { hasText: "Told at booking" }).locator("dd")).toHaveText(seen);
  });

  const seconds = (Date.now() - began) / 1000;
  const bytes = (await Promise.all(loaded)).reduce((sum, one) => sum + one, 0);
  console.log(`first booking on a phone: ${screens.length} screens (${screens.join(", ")}), ${seconds.toFixed(1)} s, ${Math.round(bytes / 1000)} kB`);
  expect(screens.length, screens.join(", ")).toBeLessThanOrEqual(SCREENS);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await picture(page, "first-booking-told");
});

test("a doctor finds the page of what is held back, and it says that nothing is", async ({ page, hospital }) => {
  const patient = await hospital.patient();
  await signIn(page, "doctor");
  await visit(page, `/patients/${patient.id}/held`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Held back from the portal");
  await expect(page.getByText("Nothing is held back")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "held-back");
});
