import { act, Laboratory } from "../support/lab.ts";
import { expect, expectAccessible, expectHydrated, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

/** Sixty measured tests: code, English name, a value that is not critical. */
const SIXTY = `hb|Haemoglobin|15.0 hct|Haematocrit|44.5 rbc|Erythrocytes|5.05 mcv|Mean corpuscular volume|89.0 mch|Mean corpuscular haemoglobin|30.0
 mchc|Mean corpuscular haemoglobin concentration|34.5 wbc|Leucocytes|7.5 plt|Platelets|300 neut|Neutrophils|5.12 lymph|Lymphocytes|3.08
 mono|Monocytes|0.5 eos|Eosinophils|0.2 baso|Basophils|0.1 esr|Erythrocyte sedimentation rate|8 pt|Prothrombin time|12.0
 inr|International normalized ratio|1.0 aptt|Activated partial thromboplastin time|30.0 fibrinogen|Fibrinogen|300 ddimer|D-dimer|0.24
 na|Sodium|140 k|Potassium|4.2 cl|Chloride|102 hco3|Bicarbonate|26 bun|Urea nitrogen|14 creatinine|Creatinine|0.90 glucose|Glucose|84
 ca|Calcium|9.4 ica|Calcium, ionized|1.20 phosphate|Phosphate|3.8 mg|Magnesium|2.1 protein|Protein, total|7.2 albumin|Albumin|4.5
 bilirubin|Bilirubin, total|0.7 alt|Alanine aminotransferase|25 ast|Aspartate aminotransferase|25 alp|Alkaline phosphatase|75
 ggt|Gamma-glutamyltransferase|24 ldh|Lactate dehydrogenase|152 ck|Creatine kinase|95 lipase|Lipase|75 urate|Urate|5.0 iron|Iron|100
 tibc|Iron-binding capacity|280 ferritin|Ferritin|166 b12|Vitamin B12|500 crp|C-reactive protein|4 pct|Procalcitonin|0.05 lactate|Lactate|1.4
 tni|Troponin I|0.02 hstni|Troponin I, high sensitivity|8 bnp|Natriuretic peptide B|50 a1c|Haemoglobin A1c|4.8 chol|Cholesterol|100
 tg|Triglycerides|74 hdl|HDL cholesterol|60 tsh|Thyrotropin|1.00 ft4|Thyroxine, free|1.3 hcg|Choriogonadotropin|1
 acr|Albumin to creatinine ratio, urine|14 ph|pH, arterial|7.41`;
const TESTS = [...SIXTY.matchAll(/(\w+)\|([^|]+)\|([\d.]+)/g)].map(([, code, name, value]) => ({ code: code!, name: name!, value: value! }));

test("sixty results are entered by keyboard with at most six keys each", async ({ page, hospital, people }) => {
  expect(TESTS).toHaveLength(60);
  const patient = await hospital.patient();
  const seen = await hospital.withDoctor(patient, "doctor2");
  const lab = await Laboratory.open(page, people);
  await lab.order(seen, TESTS.map(({ code }) => code).join(" "));
  const samples = await lab.atTheBench(patient);
  const { technician } = lab;
  let [keys, entered] = [0, 0];
  for (const sample of samples) {
    await visit(technician, `/lab/samples/${sample}`);
    const labels = await technician.locator("#enter label[for^='enter-value-']").allTextContents();
    const values = labels.map((label) => TESTS.find(({ name }) => name === label.trim().replace(/ \([^()]*\)$/, ""))?.value ?? "");
    expect(values, labels.join("; ")).not.toContain("");
    await expect(technician.locator("#enter [name^=value-]").first(), "the first value has the focus").toBeFocused();
    for (const [at, value] of values.entries()) {
      await technician.keyboard.type(value);
      keys += value.length + 1;
      // Enter goes to the next value; after the last one Ctrl+Enter sends the form.
      await technician.keyboard.press(at + 1 < values.length ? "Enter" : "Control+Enter");
    }
    await expect(technician).toHaveURL(/done=checked$/);
    entered += values.length;
  }
  expect(entered).toBe(60);
  expect(keys / entered, `${keys} keys for ${entered} results`).toBeLessThanOrEqual(6);
  await lab.releases(patient);
});

test("the doctor's inbox is emptied by keyboard", async ({ page, hospital, people }) => {
  const patient = await hospital.patient();
  const seen = await hospital.withDoctor(patient, "doctor2");
  const lab = await Laboratory.open(page, people);
  for (const [code, name, value] of [["k", "Potassium", "4.1"], ["na", "Sodium", "140"], ["cl", "Chloride", "101"]] as const) {
    await lab.order(seen, code);
    const [sample] = await lab.atTheBench(patient);
    await lab.enters(sample!, { [name]: value });
    await lab.releases(patient);
  }
  await visit(page, "/lab/inbox");
  await expectAccessible(page);
  const own = page.locator("section.panel", { hasText: patient.listed });
  for (let left = 3; left > 0; left--) {
    await expect(own).toHaveCount(left);
    // The link of the patient is in the report: its key signs this one.
    await own.first().getByRole("link").first().focus();
    await page.keyboard.press("s");
    await expect(page).toHaveURL(/done=signed$/);
    await expect(own).toHaveCount(left - 1);
    await expectHydrated(page);
  }
});

test("a doctor orders a set, without a line, after a look at tubes and price", { tag: "@phone" }, async ({ page, hospital, people, watch }) => {
  // A look at tubes and price, and a set with duplicates, are answered with 422.
  watch.tolerate(/422/);
  const admin = await people.another();
  await signIn(admin, "admin");
  const name = `Fever ${Date.now().toString(36)}`;
  let set = "";
  await test.step("an administrator makes the set", async () => {
    await visit(admin, "/orders/sets/new");
    const form = admin.locator("#set-form");
    await form.locator("[name=name]").fill(name);
    await form.locator("details").evaluateAll((all) => all.forEach((one) => ((one as HTMLDetailsElement).open = true)));
    for (const item of ["panel-cbc", "test-crp", "procedure-xr-chest"]) await form.locator(`[name=${item}]`).check();
    await form.getByRole("button", { name: "Save" }).click();
    await expect(admin).toHaveURL(/done=saved$/);
    set = new URL(admin.url()).pathname.split("/").pop() ?? "";
    await expectAccessible(admin);
    await expectNoSidewaysScroll(admin);
  });

  const patient = await hospital.patient();
  const { id } = await hospital.withDoctor(patient, "doctor2");
  await signIn(page, "doctor2");
  await test.step("the doctor chooses it in the consultation", async () => {
    await visit(page, `/consultation/${id}`);
    await page.locator("#orders").getByRole("link", { name: "Sets of tests and studies" }).click();
    await page.getByRole("link", { name }).click();
    const form = page.locator("#set-order");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await form.locator("[name=test-crp]").uncheck();
    await form.locator("[name=reason]").fill("Pneumonia?");
    await form.getByRole("button", { name: "Tubes and price" }).click();
    await expect(form.getByRole("status")).toContainText("Containers in all: 1");
    await expect(form.locator("[name=reason]")).toHaveValue("Pneumonia?");
    await expectAccessible(page);
    await form.getByRole("button", { name: "Order the ticked lines" }).click();
    await expect(page).toHaveURL(/done=ordered$/);
    await expect(page.locator("#orders")).toContainText("Complete blood count");
    await expect(page.locator("#orders")).not.toContainText("C-reactive protein");
  });
  await act(admin, "/api/imaging/retire_set", { test_set_id: set, version: "1", retired: "true" });
});
