import { randomUUID } from "node:crypto";
import { act, html, Laboratory } from "../support/lab.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("a rejected sample is collected again", async ({ page, hospital, people }) => {
  const patient = await hospital.patient();
  const seen = await hospital.withDoctor(patient, "doctor2");
  const lab = await Laboratory.open(page, people);
  await lab.order(seen, "k");
  const [sample] = await lab.atTheBench(patient);
  const { technician, nurse } = lab;

  await test.step("the technician rejects the tube with its reason", async () => {
    await visit(technician, `/lab/samples/${sample}`);
    await technician.getByRole("button", { name: "Reject" }).first().click();
    const form = technician.locator("form[action='/api/lab/reject']");
    await form.locator("[name=rejection]").selectOption("haemolysed");
    await form.getByRole("button", { name: "Reject" }).click();
    await expect(technician).toHaveURL(/done=rejected$/);
    await expect(technician.locator("main")).toContainText("Haemolysed");
    await expectAccessible(technician);
  });

  await test.step("the nurse sees that it is wanted once more", async () => {
    await visit(nurse, `/lab/collect/${patient.id}`);
    await expect(nurse.locator("main")).toContainText("Once more");
    await expectAccessible(nurse);
  });

  await test.step("the new tube gives the result", async () => {
    const [again] = await lab.atTheBench(patient);
    expect(again).not.toBe(sample);
    await lab.enters(again!, { Potassium: "4.1" });
    await lab.releases(patient);
    await visit(page, `/patients/${patient.id}/lab`);
    await expect(page.locator("main")).toContainText("4.1");
  });
});

test("the doctor and the patient see a correction", { tag: "@phone" }, async ({ page, hospital, people }) => {
  const patient = await hospital.patient();
  const seen = await hospital.withDoctor(patient, "doctor2");
  const login = hospital.portal(patient);
  const lab = await Laboratory.open(page, people);
  await lab.order(seen, "k");
  const [sample] = await lab.atTheBench(patient);
  await lab.enters(sample!, { Potassium: "5.9" });
  await lab.releases(patient);
  const phone = await people.another();
  await signIn(phone, login);

  await test.step("the patient reads the result in plain words", async () => {
    await visit(phone, "/portal/records");
    await expect(phone.locator("main")).toContainText("5.9 mmol/L");
    await expect(phone.locator("main")).toContainText("above the usual range");
    await expectAccessible(phone);
    await expectNoSidewaysScroll(phone);
  });

  await test.step("the technician corrects it, and a second person releases", async () => {
    const { technician } = lab;
    await visit(technician, `/lab/samples/${sample}`);
    await technician.locator("main a[href^='/lab/results/']").first().click();
    await technician.getByRole("button", { name: "Correct" }).first().click();
    const form = technician.locator("form[action='/api/lab/correct']");
    await form.locator("[name=value]").fill("4.9");
    await form.locator("[name=reason]").fill("Tubes were mixed up");
    await form.getByRole("button", { name: "Correct" }).click();
    await expect(technician).toHaveURL(/done=corrected$/);
    await lab.releases(patient);
  });

  await test.step("both see the new value, and the doctor the old one beside it", async () => {
    await visit(page, "/lab/inbox");
    const report = page.locator("section.panel", { hasText: patient.listed });
    await expect(report).toContainText("Corrected");
    await report.getByRole("link", { name: "Report" }).click();
    await expect(page.locator("body")).toContainText("corrected: was 5.9 mmol/L (Tubes were mixed up)");
    await visit(phone, "/portal/records");
    await expect(phone.locator("main")).toContainText("4.9 mmol/L");
    await expect(phone.locator("main")).not.toContainText("5.9 mmol/L");
  });
});

test("one test of a panel is sent out, and the rest is reported before", async ({ page, hospital, people }) => {
  const patient = await hospital.patient();
  const seen = await hospital.withDoctor(patient, "doctor2");
  const lab = await Laboratory.open(page, people);
  await lab.order(seen, "liver");
  const [sample] = await lab.atTheBench(patient);
  const { technician } = lab;

  await test.step("the technician sends albumin out", async () => {
    await visit(technician, `/lab/samples/${sample}`);
    const row = technician.locator(".rows__row", { hasText: /^Albumin/ });
    await row.getByRole("button", { name: "Send out" }).first().click();
    const form = technician.locator("form[action='/api/lab/send_out']:visible");
    await form.locator("[name=outside]").fill("City laboratory");
    await form.getByRole("button", { name: "Send out" }).click();
    await expect(technician).toHaveURL(/done=sent_out/);
    await expectAccessible(technician);
  });

  const here = {
    "Alanine aminotransferase": "25",
    "Aspartate aminotransferase": "25",
    "Alkaline phosphatase": "75",
    "Gamma-glutamyltransferase": "24",
    "Bilirubin, total": "0.7",
    "Protein, total": "7.2",
  };
  await test.step("the report is partial until the value comes back", async () => {
    await lab.enters(sample!, here);
    await lab.releases(patient);
    await visit(page, "/lab/inbox");
    const report = page.locator("section.panel", { hasText: patient.listed });
    await expect(report).toContainText("Bilirubin");
    await expect(report).not.toContainText("Albumin");
    await lab.enters(sample!, { Albumin: "4.5" });
    await lab.releases(patient);
    await visit(page, `/patients/${patient.id}/lab`);
    await expect(page.locator("main")).toContainText("Albumin");
    await expect(page.locator("main")).toContainText("4.5");
  });
});

test("a child is judged by the range of its age", async ({ page, hospital, people }) => {
  const patient = await hospital.patient("Milo", "2019-03-02");
  const seen = await hospital.withDoctor(patient, "doctor2");
  const lab = await Laboratory.open(page, people);
  const { pathologist } = lab;
  const [id, code] = [randomUUID(), `kid${randomUUID().slice(0, 6)}`];

  await test.step("the head of the laboratory gives a test two ranges", async () => {
    const blank = await html(pathologist, "/lab/catalogue/new");
    const container = blank.match(/name="container_id"[\s\S]*?<option[^>]*value="([0-9a-f-]{36})"/)?.[1] ?? "";
    const test = {
      key: id, version: "0", code, name_en: `Test ${code}`, name_es: `Prueba ${code}`, result_type: "quantity", unit: "mmol/L", decimals: "1",
      specimen: "serum", container_id: container, bench: "Chemistry", tat_stat: "60", tat_urgent: "120", tat_routine: "1440", duplicate_hours: "0",
      portal_rule: "at_once", source: "Journey",
    };
    await act(pathologist, "/api/lab/save_test", test);
    const range = { lab_test_id: id, sex: "any", source: "Journey" };
    await act(pathologist, "/api/lab/add_range", { ...range, key: randomUUID(), age_to: "18", low: "4", high: "6" });
    await act(pathologist, "/api/lab/add_range", { ...range, key: randomUUID(), age_from: "18", low: "1", high: "2" });
    await visit(pathologist, `/lab/catalogue/${id}`);
    await expect(pathologist.locator("tr", { hasText: "Journey" })).toHaveCount(2);
    await expectAccessible(pathologist);
  });

  await test.step("the value of the child is normal, and would be high for an adult", async () => {
    await lab.order(seen, code);
    const [sample] = await lab.atTheBench(patient);
    await lab.enters(sample!, { [`Test ${code}`]: "5.0" });
    await expect(lab.technician.locator("main")).toContainText("4–6");
    await expect(lab.technician.locator("main")).not.toContainText("H high");
    await lab.releases(patient);
    await visit(page, `/patients/${patient.id}/lab`);
    await expect(page.locator("main")).toContainText("5.0");
  });
  const version = (await html(pathologist, `/lab/catalogue/${id}`)).match(/retire_test[\s\S]*?name="version" value="(\d+)"/)?.[1] ?? "";
  await act(pathologist, "/api/lab/retire_test", { lab_test_id: id, version, retired: "true" });
});
