/** A hospital is imported by the command; its doctor reads what came along, and what was kept is told. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PASSWORD, signInAt } from "../support/opening.ts";
import { OwnServer } from "../support/own-server.ts";
import { printed } from "../support/paper.ts";
import { expect, expectAccessible, expectHydrated, expectNoSidewaysScroll, picture, test, visit, type Page } from "../support/test.ts";

const SUBJECT = { reference: "Patient/p1" };
const WITHIN = { subject: SUBJECT, encounter: { reference: "Encounter/e1" } };

type Resource = Record<string, unknown>;

/** The resources of another system, by kind; `version` is that of the patient and of the white cells. */
function resources(version: number, family: string, cells: number): Record<string, Resource[]> {
  const laboratory = [{ coding: [{ code: "laboratory" }] }];
  const meta = { versionId: `${version}` };
  return {
    Patient: [{ id: "p1", meta, name: [{ family, given: ["Io"] }], gender: "female", birthDate: "1980-04-18" }],
    Encounter: [
      { id: "e1", status: "finished", class: { code: "AMB" }, subject: SUBJECT, period: { start: "2026-08-31T13:35:00Z", end: "2026-08-31T14:35:00Z" } },
      { id: "e2", status: "planned", class: { code: "AMB" }, subject: SUBJECT, period: { start: "2026-09-20T10:00:00Z" } },
    ],
    ServiceRequest: [
      { id: "s1", status: "completed", intent: "order", category: [{ coding: [{ code: "LAB" }] }], code: { text: "Blood count" }, ...WITHIN, authoredOn: "2026-09-01T06:00:00Z" },
      { id: "s2", status: "active", intent: "order", category: [{ coding: [{ code: "RAD" }] }], code: { text: "MRI of the head" }, ...WITHIN, authoredOn: "2026-09-01T07:00:00Z" },
    ],
    Observation: [
      {
        id: "o1", meta, status: "final", category: laboratory, code: { coding: [{ system: "http://loinc.org", code: "6690-2" }], text: "Leukocytes" }, ...WITHIN,
        effectiveDateTime: "2026-09-01T06:00:00Z", valueQuantity: { value: cells, unit: "/uL", code: "/uL" },
        referenceRange: [{ low: { value: 3500 }, high: { value: 10500 } }], basedOn: [{ reference: "ServiceRequest/s1" }],
      },
      {
        id: "o2", status: "final", category: laboratory, code: { text: "Potassium" }, ...WITHIN, effectiveDateTime: "2026-09-01T06:00:00Z",
        valueQuantity: { value: 6.9, unit: "mmol/L" }, interpretation: [{ coding: [{ code: "HH" }] }], note: [{ text: "Haemolysed a little" }],
      },
      { id: "o3", status: "preliminary", category: laboratory, code: { text: "Sodium" }, ...WITHIN, effectiveDateTime: "2026-09-01T06:00:00Z", valueQuantity: { value: 119, unit: "mmol/L" } },
    ],
    ImagingStudy: [{ id: "i1", status: "available", ...WITHIN, started: "2026-09-01T10:00:00Z", modality: [{ code: "CR" }], description: "X-ray of the chest" }],
    DiagnosticReport: [
      { id: "d1", status: "final", category: [{ coding: [{ code: "LAB" }] }], code: { text: "Panel" }, ...WITHIN, effectiveDateTime: "2026-09-01T06:00:00Z", issued: "2026-09-01T09:00:00Z", conclusion: "Potassium is high: take it again" },
    ],
    MedicationAdministration: [
      {
        id: "a1", status: "completed", medicationCodeableConcept: { text: "Prednisone" }, subject: SUBJECT, context: { reference: "Encounter/e1" },
        effectiveDateTime: "2026-09-01T08:00:00Z", dosage: { dose: { value: 40, unit: "mg" }, route: { text: "PO" } },
      },
    ],
    Immunization: [{ id: "v1", status: "completed", vaccineCode: { text: "Influenza" }, patient: SUBJECT, occurrenceDateTime: "2026-08-31" }],
  };
}

/** A folder as another system exports it. */
class Export {
  readonly folder = mkdtempSync(join(tmpdir(), "infirmary-export-"));
  readonly report = join(this.folder, "report.csv");

  write(version: number, family: string, cells: number): void {
    for (const [kind, of] of Object.entries(resources(version, family, cells))) {
      const lines = of.map((one) => JSON.stringify({ resourceType: kind, ...one }));
      writeFileSync(join(this.folder, `${kind}.ndjson`), `${lines.join("\n")}\n`);
    }
  }

  /** Imports the folder; returns the summary, and the lines of the report. */
  bring(server: OwnServer, ...more: string[]): { summary: string; lines: string[] } {
    const summary = server.run(["import", "fhir", this.folder, "--report", this.report, ...more]);
    return { summary, lines: readFileSync(this.report, "utf8").trim().split(/\r?\n/) };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Creates people who work at the hospital, and starts the server. */
async function begin(server: OwnServer): Promise<void> {
  for (const [login, name, role] of [["dora", "Dr. Dora Diaz", "doctor"], ["rita", "Rita Reyes", "receptionist"]] as const) {
    server.run(["user", "create", "--login", login, "--name", name, "--role", role], `${PASSWORD}\n`);
  }
  await server.start();
}

/** Finds the patient by name; returns the address of the record. */
async function find(page: Page, server: OwnServer, family: string): Promise<string> {
  await visit(page, `${server.baseURL}/patients?q=${family}`);
  const found = page.locator("main").getByRole("link", { name: new RegExp(`${family}, Io`) }).first();
  await expect(found).toBeVisible();
  return server.baseURL + ((await found.getAttribute("href")) ?? "").replace(/\?.*$/, "");
}

/** Reads the history in the chart: everything is there, and marked as another system's. */
async function read(page: Page, record: string, cells: string): Promise<void> {
  await visit(page, `${record}/chart`);
  await page.getByRole("link", { name: "From before" }).click();
  await expect(page).toHaveURL(/only=history/);
  const chart = page.locator(".chart");
  const results = chart.locator(".chart__entry", { hasText: "Laboratory results from before" });
  await expect(results).toContainText(cells);
  await expect(results).toContainText("Flag of the sender: HH");
  await expect(results).toContainText("Haemolysed a little");
  await expect(chart.locator(".chart__entry", { hasText: "Panel" })).toContainText("Potassium is high: take it again");
  await expect(chart.locator(".chart__entry", { hasText: "X-ray of the chest" })).toContainText("No images held");
  await expect(chart.locator(".chart__entry", { hasText: "MRI of the head" })).toContainText("Requested and not done");
  await expect(chart.locator(".chart__entry", { hasText: "Medicines given before" })).toContainText("40 mg");
  for (const entry of await chart.locator(".chart__entry").all()) await expect(entry).toContainText("From another system");
  await expect(chart, "the import is no performer").not.toContainText("Infirmary");
  await expect(chart, "a preliminary result is kept and not shown").not.toContainText("Sodium");
  await expect(chart).not.toContainText("Influenza");
}

test("a hospital is imported, and its doctor reads what came along", async ({ page, people }) => {
  test.setTimeout(240_000);
  const server = await OwnServer.empty();
  const hospital = new Export();
  try {
    server.run(["migrate"]);
    hospital.write(1, "Vega", 6650);

    await test.step("a trial writes nothing", () => {
      const { summary } = hospital.bring(server, "--dry-run");
      expect(summary).toContain("Nothing was written.");
    });

    await test.step("the import tells what was kept, and why", () => {
      const { summary, lines } = hospital.bring(server);
      expect(summary).toMatch(/Patient +1 +1 +0 +0 +0 +0/);
      expect(summary).toMatch(/Observation +3 +2 +0 +0 +1 +0/);
      expect(summary).toMatch(/Immunization +1 +0 +0 +0 +1 +0/);
      expect(lines[0]).toBe("file,line,kind,id,path,reason,done");
      const told = (file: string, id: string) => lines.filter((line) => line.startsWith(file) && line.includes(`,${id},`));
      for (const [file, id, path] of [
        ["Observation.ndjson,3", "o3", "status"],
        ["Encounter.ndjson,2", "e2", "status"],
        ["Immunization.ndjson,1", "v1", "no department here shows this kind"],
      ] as const) {
        expect(told(file, id), id).toHaveLength(1);
        expect(told(file, id)[0]).toContain(path);
        expect(told(file, id)[0]).toContain("kept as it came");
      }
      const again = hospital.bring(server);
      expect(again.summary, "a second run changes nothing").toMatch(/Total +12 +0 +0 +12 +0 +0/);
      expect(again.lines, "and names again what is kept").toEqual(lines);
    });

    await begin(server);
    await signInAt(page, server, "dora");
    const record = await find(page, server, "Vega");
    await test.step("the doctor reads the history", async () => {
      await read(page, record, "6.65 10*3/uL");
      await expect(page.locator(".chart"), "as the source sent it").toContainText("Sent as 6650 /uL");
      await expectAccessible(page);
      await picture(page, "history");
    });

    await test.step("on paper it is marked as a part, and as another system's", async () => {
      const paper = (await printed(page, "history", "A4")).pages.join(" ");
      for (const words of [/part of the chart/, /From another system/, /Potassium/, /Haemolysed/, /Prednisone/]) expect.soft(paper).toMatch(words);
      expect.soft(paper, "no tabs").not.toMatch(/Show of the chart/);
    });

    await test.step("the patient's record is changed here", async () => {
      const desk = await people.another({ baseURL: server.baseURL });
      await signInAt(desk, server, "rita");
      await visit(desk, `${record}/edit`);
      await desk.locator("main [name=preferred_name]").fill("Ioana");
      await desk.locator("main").getByRole("button", { name: "Save", exact: true }).click();
      await expect(desk).toHaveURL(new RegExp(`${record.replace(/^.*\//, "/")}(\\?.*)?$`));
      await expect(desk.locator("main")).toContainText("Ioana");
      await desk.close();
    });

    await test.step("a newer export replaces results, and conflicts with the changed record", async () => {
      await server.kill();
      hospital.write(2, "Vegas", 7650);
      const { summary, lines } = hospital.bring(server);
      expect(summary).toMatch(/Observation +3 +0 +1 +2 +0 +0/);
      expect(summary).toMatch(/Patient +1 +0 +0 +1 +0 +0/);
      const conflict = lines.filter((line) => line.startsWith("Patient.ndjson,1,Patient,p1,"));
      expect(conflict).toHaveLength(1);
      expect(conflict[0]).toContain("is newer, but the record was changed here since: compare them");
      expect(conflict[0]).toContain("left as it is here");
      await server.start();
      await read(page, record, "7.65 10*3/uL");
      await expect(page.locator(".chart")).not.toContainText("6.65");
      await expectHydrated(page);
      await visit(page, record);
      await expect(page.locator("main"), "the name stays").toContainText("Ioana");
    });
  } finally {
    hospital.remove();
    await server.close();
  }
});

test("the history is read on a phone and without scripts", { tag: ["@phone", "@noscript"] }, async ({ page }) => {
  test.setTimeout(120_000);
  const server = await OwnServer.empty();
  const hospital = new Export();
  try {
    server.run(["migrate"]);
    hospital.write(1, "Vega", 6650);
    hospital.bring(server);
    await begin(server);
    await signInAt(page, server, "dora");
    await read(page, await find(page, server, "Vega"), "6.65 10*3/uL");
    await expectNoSidewaysScroll(page);
  } finally {
    hospital.remove();
    await server.close();
  }
});
