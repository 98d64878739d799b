import { DEMO_PASSWORD, expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("two records become one and two again, a copy is released, and a record is erased as far as possible", async ({ page, people }) => {
  await signIn(page, "reception");

  await test.step("the desk finds the possible duplicate and proposes a merge", async () => {
    await visit(page, "/patients?q=Renner");
    await page.getByRole("link", { name: /Renner/ }).first().click();
    await expect(page.locator("main")).toContainText("Also number");
    await expectAccessible(page);
    await visit(page, "/patients?q=Margaret%20Ellison");
    await page.getByRole("link", { name: /Ellison/ }).first().click();
    await expect(page.locator("main")).toContainText("Perhaps two records of one person");
    await page.getByRole("link", { name: "Merge with another record" }).click();
    await expect(page.locator("main")).toContainText("Possible duplicates");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });

  const second = await people.another();
  await signIn(second, "doctor");
  await test.step("a second user compares both records and merges them", async () => {
    await visit(second, "/merges");
    await expectAccessible(second);
    await second.locator("main tr", { hasText: "Ellison" }).getByRole("link").first().click();
    await expect(second.locator("main")).toContainText("Both records");
    await expectAccessible(second);
    await expectNoSidewaysScroll(second);
    const form = second.locator("#merge-form");
    for (const radio of await form.locator("input[value=survivor]").all()) await radio.check();
    await form.getByRole("button", { name: "Merge" }).click();
    await expect(second).toHaveURL(/done=merged$/);
    await expect(second.locator("main")).toContainText("Separate again");
    await expectAccessible(second);
  });

  await test.step("the old number leads to the surviving record", async () => {
    await visit(page, "/patients?q=Elison");
    await page.getByRole("link", { name: /Ellison/ }).first().click();
    await expect(page.locator("main")).toContainText("Also number");
  });

  await test.step("the records are separated again", async () => {
    const merge = new URL(second.url()).pathname;
    await second.locator("#ask-undo-form [name=words]").fill("Two cousins after all");
    await second.locator("#ask-undo-form").getByRole("button", { name: "Ask to separate them" }).click();
    await expect(second).toHaveURL(/done=asked$/);
    await expect(second.locator("main")).toContainText("Another user decides on it");
    await expectAccessible(second);
    await visit(page, merge);
    await expect(page.locator("main")).toContainText("Two cousins after all");
    await expectAccessible(page);
    await page.locator("#undo-form").getByRole("button", { name: "Separate again" }).click();
    await expect(page).toHaveURL(/done=undone$/);
    await expect(page.locator("main")).toContainText("Separated again");
  });

  await test.step("the doctor releases the copy that the desk asked for", async () => {
    await visit(second, "/exports");
    await expectAccessible(second);
    await second.locator("main tr").getByRole("link").first().click();
    const form = second.locator("#release-copy");
    if (await form.locator("[name=password]").count()) await form.locator("[name=password]").fill(DEMO_PASSWORD);
    await form.getByRole("button", { name: "Release the copy" }).click();
    await expect(second).toHaveURL(/done=released$/);
    const download = second.waitForEvent("download");
    await second.getByRole("link", { name: "Download the file" }).click();
    expect((await download).suggestedFilename()).toBe("record.zip");
  });

  await test.step("a person's request to erase is read with what is kept", async () => {
    await visit(page, "/erasures");
    await expectAccessible(page);
    await page.locator("main tr").getByRole("link").first().click();
    await expect(page.locator("main")).toContainText("What is kept, and why");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.locator("#erase-form").getByRole("button", { name: "Erase what can go" }).click();
    await expect(page).toHaveURL(/done=erased$/);
    await expect(page.locator("main")).toContainText("Erased as far as possible");
  });

  const patient = await people.another();
  await signIn(patient, "patient");
  await test.step("a patient takes the own record along", async () => {
    await visit(patient, "/portal/copies");
    await expectAccessible(patient);
    await expectNoSidewaysScroll(patient);
    const form = patient.locator("#own-copy");
    if (await form.locator("[name=password]").count()) await form.locator("[name=password]").fill(DEMO_PASSWORD);
    await form.getByRole("button", { name: "Make the file" }).click();
    await expect(patient).toHaveURL(/done=ready$/);
    const download = patient.waitForEvent("download");
    await patient.getByRole("link", { name: "Download the file" }).click();
    expect((await download).suggestedFilename()).toBe("record.zip");
    await visit(patient, "/portal/account/access");
    await expect(patient.locator("main")).toContainText(/visit/);
  });
});
