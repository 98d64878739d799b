import { randomUUID } from "node:crypto";
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a machine's file is imported, and an unmatched value finds its sample", async ({ page, hospital, people, watch }) => {
  // A file whose rows nobody looked at yet is answered with 422.
  watch.tolerate(/422/);
  const patient = await hospital.patient();
  const { id } = await hospital.withDoctor(patient, "doctor2");
  await signIn(page, "doctor2");
  await test.step("the doctor orders", async () => {
    await visit(page, `/consultation/${id}`);
    await page.locator("#orders").getByRole("link", { name: "Laboratory" }).click();
    await page.locator("#lab-order [name=codes]").fill("k");
    await page.locator("#lab-order [name=priority][value=routine]").check();
    await page.locator("#lab-order").getByRole("button", { name: "Order" }).click();
    await expect(page).toHaveURL(/done=ordered$/);
  });

  const nurse = await people.another();
  await signIn(nurse, "nurse");
  await visit(nurse, "/lab/collect");
  await nurse.locator("#find-patient [name=scanned]").fill(patient.mrn);
  await nurse.keyboard.press("Enter");
  await expect(nurse.getByRole("heading", { name: patient.listed })).toBeVisible();
  const tube = ((await nurse.locator("main .rows .code").first().textContent()) ?? "").trim();
  await nurse.locator("#collect-form [name=patient]").fill(patient.mrn);
  await nurse.locator("#collect-form [name=numbers]").fill(tube);
  await nurse.locator("#collect-form").getByRole("button", { name: "Collected" }).click();
  await expect(nurse).toHaveURL(/done=collected$/);

  const head = await people.another();
  await signIn(head, "pathologist");
  const name = `Reader ${randomUUID().slice(0, 6)}`;
  let analyser = "";
  await test.step("the head of the laboratory adds the machine and maps its code", async () => {
    await visit(head, "/lab/analysers");
    await expectAccessible(head);
    await expectNoSidewaysScroll(head);
    await head.getByRole("button", { name: "New analyser" }).click();
    const form = head.locator("#new-analyser");
    await form.locator("[name=name]").fill(name);
    await form.locator("[name=bench]").fill("Chemistry");
    await form.locator("[name=protocol]").selectOption("csv");
    await form.locator("[name=csv_separator]").selectOption("semicolon");
    await form.locator("[name=csv_decimal]").selectOption("comma");
    await form.locator("[name=csv_sample]").fill("Sample");
    await form.locator("[name=csv_code]").fill("Test");
    await form.locator("[name=csv_value]").fill("Result");
    await form.locator("[name=csv_unit]").fill("Unit");
    await form.getByRole("button", { name: "Save" }).click();
    await expect(head).toHaveURL(/done=saved$/);
    analyser = new URL(head.url()).pathname;
    await head.getByRole("button", { name: "Map a code" }).first().click();
    const code = head.locator("#map-code");
    await code.locator("[name=code]").fill("KAL");
    await code.locator("[name=unit]").fill("mmol/L");
    await code.locator("[name=test]").fill("k");
    await code.locator("[name=factor]").fill("1");
    await code.getByRole("button", { name: "Map a code" }).click();
    await expect(head.locator("main")).toContainText("KAL");
    await expectAccessible(head);
  });

  const lab = await people.another();
  await signIn(lab, "lab");
  await test.step("the technician receives the tube and imports the file", async () => {
    await visit(lab, "/lab/reception");
    await lab.locator("#receive [name=number]").fill(tube);
    await lab.keyboard.press("Enter");
    await expect(lab).toHaveURL(/done=received/);
    await visit(lab, `${analyser}/file`);
    await lab.locator("[name=text]").fill(`Sample;Test;Result;Unit\nNOTUBE;KAL;4,1;mmol/L\n${tube};OTHER;3;mmol/L\n`);
    await lab.getByRole("button", { name: "Import the values" }).click();
    await expect(lab.locator("main")).toContainText("2 rows, of which 2 cannot be filed");
    await expectAccessible(lab);
    await lab.locator("[name=seen]").check();
    await lab.getByRole("button", { name: "Import the values" }).click();
    await expect(lab).toHaveURL(/done=measured$/);
    await expectNoSidewaysScroll(lab);
  });

  await test.step("a value is assigned, another discarded", async () => {
    await visit(lab, "/lab/unmatched");
    await expectAccessible(lab);
    await expectNoSidewaysScroll(lab);
    const own = lab.locator("section.panel", { hasText: name });
    const value = own.filter({ hasText: "KAL" });
    await value.locator("[name=number]").fill(tube);
    await value.getByRole("button", { name: "Assign" }).click();
    await expect(lab).toHaveURL(/done=assigned$/);
    const other = lab.locator("section.panel", { hasText: name });
    await other.locator("[name=reason]").fill("Not a test of ours");
    await other.getByRole("button", { name: "Discard the value" }).click();
    await expect(lab).toHaveURL(/done=discarded_value$/);
    await expect(lab.locator("section.panel", { hasText: name })).toHaveCount(0);
  });

  await test.step("the value waits to be checked like a typed one", async () => {
    await visit(lab, "/lab/bench");
    await lab.getByRole("link", { name: tube }).first().click();
    await expect(lab.locator("main")).toContainText("4.1");
    await expectAccessible(lab);
  });
});

test("the devices of imaging are set up", async ({ page }) => {
  await signIn(page, "radiologist");
  await visit(page, "/imaging/stations");
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole("button", { name: "New device" }).click();
  const form = page.locator("#new-station");
  const title = `US${randomUUID().slice(0, 6).toUpperCase()}`;
  await form.locator("[name=ae_title]").fill(title);
  await form.locator("[name=room]").selectOption({ index: 1 });
  await form.locator("[name=peers]").fill("10.0.6.20");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/done=saved$/);
  await expect(page.locator("main")).toContainText(title);
  await expectAccessible(page);
});
