import { Laboratory } from "../support/lab.ts";
import { expect, expectAccessible, signIn, test, visit } from "../support/test.ts";

test("weak kidneys hold a CT with contrast until the radiologist decides", async ({ page, hospital, people }) => {
  const patient = await hospital.patient("Casper", "1950-02-03");
  const seen = await hospital.withDoctor(patient, "doctor2");
  const lab = await Laboratory.open(page, people);

  await test.step("the laboratory measures a low filtration rate", async () => {
    await lab.order(seen, "creatinine egfr");
    const [sample] = await lab.atTheBench(patient);
    await lab.enters(sample!, { Creatinine: "4.50" });
    await lab.releases(patient);
  });

  const [radiologist, technologist] = [await people.another(), await people.another()];
  await Promise.all([signIn(radiologist, "radiologist"), signIn(technologist, "radiology")]);
  let study = "";
  await test.step("the doctor orders, the radiologist decides on the protocol", async () => {
    await visit(page, `/imaging/order/${seen.id}`);
    await page.locator("#imaging-order [name=procedure]").selectOption("ct-chest-c");
    await page.locator("#imaging-order [name=reason]").fill("Embolism?");
    await page.locator("#imaging-order").getByRole("button", { name: "Order" }).click();
    await expect(page).toHaveURL(/done=ordered$/);
    await visit(radiologist, "/imaging/vetting");
    await radiologist.locator("main tr", { hasText: patient.listed }).getByRole("link").first().click();
    await expect(radiologist.locator("main")).toContainText("Embolism?");
    study = new URL(radiologist.url()).pathname;
    await radiologist.locator("#vet [name=protocol]").fill("Pulmonary arteries");
    await radiologist.locator("#vet").getByRole("button", { name: "Accept" }).click();
    await expect(radiologist).toHaveURL(/done=vetted$/);
  });

  await test.step("the laboratory's value decides, whatever is answered", async () => {
    await visit(technologist, study);
    await technologist.getByText("Another time").click();
    // Any day of the next weeks: the room is free at night.
    const day = new Date(Date.now() + (3 + Math.floor(Math.random() * 20)) * 24 * 3_600_000).toISOString().slice(0, 10);
    await technologist.locator("#book [name=day]").fill(day);
    await technologist.locator("#book [name=time]").fill("04:40");
    await technologist.locator("#book [name=outside]").check();
    await technologist.locator("#book").getByRole("button", { name: "Book" }).click();
    await expect(technologist).toHaveURL(/done=booked$/);
    await technologist.getByRole("button", { name: "Patient is here" }).click();
    await expect(technologist).toHaveURL(/done=arrived$/);
    for (const name of await technologist.locator("#safety input[value=no]").evaluateAll((all) => all.map((one) => (one as HTMLInputElement).name))) {
      await technologist.locator(`#safety [name=${name}][value=no]`).check();
    }
    await technologist.locator("#safety").getByRole("button", { name: "Record the answers" }).click();
    await expect(technologist).toHaveURL(/done=answered$/);
    const kidneys = technologist.locator(".rows__row", { hasText: "Risk for the kidneys" });
    await expect(kidneys).toContainText("Yes");
    await expect(technologist.locator("main")).toContainText("Last eGFR");
    await expectAccessible(technologist);
  });

  await test.step("the images are made after the radiologist's reason alone", async () => {
    await visit(radiologist, study);
    await radiologist.getByRole("button", { name: "Override" }).first().click();
    const form = radiologist.locator("form[action='/api/imaging/override_safety']:visible");
    await form.locator("[name=reason]").fill("Life-threatening, dialysis is arranged");
    await form.getByRole("button", { name: "Override" }).click();
    await expect(radiologist).toHaveURL(/done=overridden$/);
    await visit(technologist, study);
    await technologist.getByRole("button", { name: "Begin" }).click();
    await expect(technologist).toHaveURL(/done=started$/);
  });
});
