import { expect, expectAccessible, signIn, test, visit } from "../support/test.ts";

/** Returns a birth date seven years ago, which no other patient of the journeys has. */
function sevenYearsAgo(): string {
  const now = new Date();
  return `${now.getUTCFullYear() - 7}-02-11`;
}

test("a mother books for her child, until the desk ends it", { tag: "@phone" }, async ({ page, people, hospital }) => {
  const mother = await hospital.patient("Marisa");
  const child = await hospital.patient("Nino", sevenYearsAgo());
  const desk = await people.another();
  await signIn(desk, "reception");
  await visit(desk, `/patients/${child.id}`);
  const guardians = desk.locator("#guardians");
  await expect(guardians).toContainText("Child: nobody is named yet who acts for them");
  await guardians.getByRole("link", { name: "Add" }).click();
  await desk.getByRole("searchbox", { name: "Find the person" }).fill("qqqzzzxx");
  await desk.getByRole("main").getByRole("button", { name: "Search" }).click();
  await expect(desk.getByText("Nobody else was found.")).toBeVisible();
  await desk.getByRole("searchbox", { name: "Find the person" }).fill(mother.mrn);
  await desk.getByRole("main").getByRole("button", { name: "Search" }).click();
  await desk.getByRole("link", { name: mother.listed }).click();
  // The page names the record and the person before access is granted.
  const confirm = desk.locator("#confirm-guardian");
  await expect(confirm).toContainText(mother.listed);
  await expect(confirm).toContainText(child.listed);
  await confirm.getByLabel("The patient is that person’s").selectOption("child");
  await confirm.getByRole("button", { name: "Open the record to this person" }).click();
  await expect(desk.getByText("Say which document you saw").first()).toBeVisible();
  await desk.getByLabel("Document seen").fill("Birth certificate");
  await expectAccessible(desk);
  await desk.getByRole("button", { name: "Open the record to this person" }).click();
  await expect(guardians).toContainText(mother.listed);

  await signIn(page, hospital.portal(mother));
  await visit(page, "/portal");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(mother.given);
  const whose = page.getByRole("region", { name: "For whom?" });
  await whose.getByRole("button", { name: child.name }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(child.given);
  await expectAccessible(page);
  await visit(page, "/portal/book");
  await page.getByRole("link", { name: "Internal medicine" }).click();
  // A phone shows one day at a time.
  const days = page.locator("a.day-chips__day:visible");
  if ((await days.count()) > 0) await days.last().click();
  await page.locator(".slots__slot:visible").last().click();
  await page.getByLabel("What is it about?").fill("Fever since yesterday");
  await page.getByRole("button", { name: "Confirm the appointment" }).click();
  await expect(page.getByText("Your appointment is booked")).toBeVisible();
  const booked = page.url().replace(/\?.*/, "");

  // Her own appointments do not contain it, because it is the child's.
  await whose.getByRole("button", { name: "For me" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(mother.given);
  await visit(page, "/portal/appointments");
  await expect(page.getByText("No appointments to come")).toBeVisible();
  await whose.getByRole("button", { name: child.name }).click();
  await visit(page, booked);
  await page.getByRole("button", { name: "Cancel the appointment" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await expect(page.getByText("The appointment is cancelled")).toBeVisible();

  await visit(desk, `/patients/${child.id}`);
  await guardians.getByRole("button", { name: "End" }).click();
  await desk.getByRole("dialog").getByRole("button", { name: "End" }).click();
  await expect(guardians).toContainText("Child: nobody is named yet who acts for them");
  await page.goto("/portal");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(mother.given);
  await expect(page.locator(".whose")).toHaveCount(0);
  const gone = await page.request.get(booked);
  expect(gone.status(), "the child's appointment is not there for her").toBe(404);
});
