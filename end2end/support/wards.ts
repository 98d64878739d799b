/** The steps that the journeys of the wards share: each is done in the pages, as staff does it. */
import { expect, signIn, visit, type Hospital, type Page, type Patient } from "./test.ts";

/** Staff of the wards, each in a browser of their own. */
export interface Staff {
  doctor: Page;
  /** The head of the ward, who may do everything with beds. */
  ward: Page;
}

/** Signs in a doctor and the head of the ward. */
export async function staff(page: Page, another: () => Promise<Page>): Promise<Staff> {
  const doctor = await another();
  await signIn(doctor, "doctor");
  await signIn(page, "ward");
  return { doctor, ward: page };
}

/** Asks a ward to admit a patient; returns the address of the admission. */
export async function asked(doctor: Page, patient: Patient, ward: string): Promise<string> {
  await visit(doctor, `/wards/request?patient=${patient.id}`);
  await doctor.locator("main [name=reason]").fill("Pneumonia");
  await doctor.locator("main [name=ward_id]").selectOption({ label: ward });
  await doctor.getByRole("button", { name: "Send the request" }).click();
  await expect(doctor).toHaveURL(/\/admissions\/[0-9a-f-]{36}\?done=requested$/);
  return new URL(doctor.url()).pathname;
}

/** Admits a patient who was asked for to a bed. */
export async function admit(ward: Page, admission: string, bed: string): Promise<void> {
  await visit(ward, admission);
  const form = ward.locator("form[action='/api/wards/admit']");
  await form.getByRole("radio", { name: new RegExp(`\\b${bed}\\b`) }).check();
  await form.locator("[name=band]").check();
  await form.getByRole("button", { name: "Admit" }).click();
  await expect(ward).toHaveURL(/done=admitted$/);
}

/** Registers a patient and admits the patient to a bed. */
export async function admitted(hospital: Hospital, { doctor, ward }: Staff, given: string, name: string, bed: string): Promise<{ patient: Patient; admission: string }> {
  const patient = await hospital.patient(given, "1990-05-06");
  const admission = await asked(doctor, patient, name);
  await admit(ward, admission, bed);
  return { patient, admission };
}

/** Opens the board of a ward. */
export async function board(page: Page, ward: string): Promise<void> {
  await visit(page, "/wards");
  const href = await page.locator("main").getByRole("link", { name: ward }).first().getAttribute("href");
  await visit(page, href ?? "");
}

/** Returns a bed of the open board. */
export function tile(page: Page, bed: string) {
  return page.locator(".bed").filter({ has: page.getByRole("link", { name: bed, exact: true }) });
}

/** Reports a bed as cleaned, on the board. */
export async function clean(page: Page, ward: string, bed: string): Promise<void> {
  await board(page, ward);
  await tile(page, bed).getByRole("button", { name: /^Cleaned/ }).click();
  await expect(page).toHaveURL(/done=cleaned$/);
}

/** The hospital's day and a time of day, some minutes before the time of the admission on the open page. */
export async function beforeAdmission(page: Page, minutes: number): Promise<{ day: string; time: string }> {
  const row = page.locator("main .rows").getByText(/\d{1,2}:\d{2}/).first();
  const [, hour, minute] = /(\d{1,2}):(\d{2})/.exec(await row.innerText()) ?? [];
  const local = Number(hour) * 60 + Number(minute);
  const utc = new Date();
  let ahead = local - utc.getUTCHours() * 60 - utc.getUTCMinutes();
  if (ahead > 780) ahead -= 1440;
  if (ahead < -780) ahead += 1440;
  const at = new Date(Math.floor(utc.getTime() / 60_000) * 60_000 + (ahead - minutes) * 60_000);
  return { day: at.toISOString().slice(0, 10), time: at.toISOString().slice(11, 16) };
}

/** The doctor decides that the patient leaves; `fill` types what the kind of leaving asks for. */
export async function decide(doctor: Page, admission: string, kind: string, fill: (page: Page) => Promise<void> = async () => undefined): Promise<void> {
  await visit(doctor, `${admission}/discharge`);
  await doctor.getByRole("radio", { name: kind, exact: true }).check();
  await doctor.locator("main [name=diagnosis]").fill("Pneumonia");
  await fill(doctor);
  await doctor.getByRole("button", { name: "Decide the discharge" }).click();
  if (kind === "Died" || kind === "Left without telling anybody") {
    // The second press: a tick that names the patient and the fact.
    const sure = doctor.locator("main [name=sure]");
    await expect(sure).not.toBeChecked();
    await sure.check();
    await doctor.getByRole("button", { name: "Decide the discharge" }).click();
  }
  await expect(doctor).toHaveURL(/done=decided$/);
}

/** The nurse confirms the steps before the patient leaves. */
export async function prepare(ward: Page, admission: string): Promise<void> {
  await visit(ward, admission);
  const form = ward.locator("form[action='/api/wards/prepared']");
  await form.locator("[name=steps]").check();
  await form.getByRole("button", { name: "Ready to leave" }).click();
  await expect(ward).toHaveURL(/done=prepared$/);
}

/** The patient leaves the ward; `because` overrides open steps. */
export async function leave(ward: Page, admission: string, because = ""): Promise<void> {
  await visit(ward, admission);
  const form = ward.locator("form[action='/api/wards/left']");
  if (because) await form.locator("[name=because]").fill(because);
  await form.getByRole("button", { name: "The patient left" }).click();
  await expect(ward).toHaveURL(/done=left$/);
  await expect(ward.locator("main")).toContainText("Discharged");
}

/** Types a set of observations and sends it with the keys of the number pad alone; returns how many keys it were. */
export async function onNumberPad(page: Page, values: string[]): Promise<number> {
  // Enter goes to the next value, and at the tick after the last one it sends the form.
  const keys = [...values.flatMap((value) => [...value, "Enter"]), "Enter"];
  for (const key of keys) expect(key, "a key of the number pad").toMatch(/^([0-9.]|Enter)$/);
  await expect(page.locator("form[action='/api/nursing/observe'] [name=respiration]")).toBeFocused();
  for (const key of keys) await page.keyboard.press(key);
  await expect(page).toHaveURL(/done=observed$/);
  return keys.length;
}
