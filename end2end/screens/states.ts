/** The same screens with a problem, on the first day, and with very many patients. */
import { whereItIsNoon } from "../support/own-server.ts";
import { expect, expectHydrated, visit, type Hospital, type Patient } from "../support/test.ts";
import { follow, go, type Screen } from "./usual.ts";

/** A broken connection, an ended session, another user in the same note. */
export const TROUBLE = (hospital?: Hospital): Screen[] => [
  {
    name: "reception-no-connection",
    title: "Reception, no connection",
    as: "reception",
    open: async (page) => {
      await visit(page, "/reception");
      await page.context().setOffline(true);
      await expect(page.getByText("No connection.")).toBeVisible();
    },
  },
  {
    name: "registration-signed-out",
    title: "Patient registration, signed out meanwhile",
    as: "reception",
    open: async (page) => {
      await visit(page, "/patients/new");
      await page.getByLabel("Given names").fill("Ludmila");
      await page.context().clearCookies();
      await page.getByRole("button", { name: "Register" }).click();
      await expect(page.getByRole("button", { name: "Send it again" })).toBeVisible();
    },
  },
  {
    name: "consultation-two-versions",
    title: "Consultation, two versions of one note",
    as: "doctor",
    open: async (page) => {
      const { id } = await hospital!.withDoctor(await hospital!.patient("Emil"));
      await visit(page, `/consultation/${id}`);
      const other = await page.context().newPage();
      await visit(other, `/consultation/${id}`);
      await other.getByLabel("History").fill("Cough for three weeks, dry, worse at night. No fever. Stopped smoking in spring.");
      await expect(other.locator(".note__saved")).toContainText(/Saved/);
      await other.close();
      await page.getByLabel("History").fill("Dry cough for three weeks. Takes ramipril since October.");
      await expect(page.locator(".versions")).toBeVisible();
    },
  },
];

/** The hospital is set up, but has no patients. */
export const FIRST_DAY: Screen[] = [
  { name: "first-reception", title: "First day: reception", as: "reception", open: go("/reception") },
  { name: "first-patients", title: "First day: patients", as: "reception", open: go("/patients") },
  { name: "first-board", title: "First day: public board", open: go("/board/NORTH") },
  { name: "first-schedule", title: "First day: schedule", as: "doctor", open: go("/schedules") },
  { name: "first-triage", title: "First day: triage", as: "nurse", open: go("/triage") },
  { name: "first-doctor", title: "First day: doctor's day", as: "doctor", open: go("/consultation") },
  { name: "first-cashier", title: "First day: cashier", as: "cashier", open: go("/cashier") },
  { name: "first-home", title: "First day: administrator", as: "admin", open: go("/") },
  // From here on a patient is registered.
  { name: "first-portal-home", title: "First day: portal", as: "patient", open: go("/portal") },
  { name: "first-portal-appointments", title: "First day: appointments of a patient", as: "patient", open: go("/portal/appointments") },
  { name: "first-portal-records", title: "First day: records of a patient", as: "patient", open: go("/portal/records") },
  {
    name: "first-chart",
    title: "First day: the chart of somebody new",
    as: "doctor",
    open: async (page) => {
      await visit(page, "/patients");
      await follow(page, "main .row-link");
      await visit(page, `${new URL(page.url()).pathname}/chart`);
    },
  },
];

/** Hundreds of patients in the queue, a full day, a long chart. */
export const CROWDED = (patient?: Patient): Screen[] => [
  { name: "reception-crowded", title: "Reception, crowded", as: "reception", open: go("/reception") },
  { name: "triage-crowded", title: "Triage, crowded", as: "nurse", open: go("/triage") },
  { name: "doctor-crowded", title: "Doctor's day, crowded", as: "doctor", open: go("/consultation") },
  {
    name: "consultation-crowded",
    title: "Consultation, crowded",
    as: "doctor",
    open: async (page) => {
      await visit(page, "/consultation");
      await follow(page, 'section[aria-labelledby="to-sign-heading"] .row-link');
    },
  },
  { name: "board-crowded", title: "Public board, crowded", open: go("/board/NORTH") },
  { name: "cashier-crowded", title: "Cashier, crowded", as: "cashier", open: go("/cashier") },
  { name: "schedule-crowded", title: "Schedule, a full day", as: "doctor", open: go(`/schedules?day=${tomorrow()}`) },
  { name: "schedule-clinic-crowded", title: "Schedule of the clinic, a full day", as: "reception", open: go(`/schedules?day=${tomorrow()}`) },
  { name: "chart-crowded", title: "A long chart", as: "doctor", open: (page) => visit(page, `/patients/${patient!.id}/chart`) },
  { name: "portal-home-crowded", title: "Portal, much to do", as: "patient", open: go("/portal") },
  { name: "portal-appointments-crowded", title: "Many appointments of a patient", as: "patient", open: go("/portal/appointments") },
  { name: "portal-records-crowded", title: "Many records of a patient", as: "patient", open: go("/portal/records") },
  {
    name: "booking-crowded",
    title: "Booking with a doctor whose next day is full",
    as: "patient",
    open: async (page) => {
      await visit(page, "/portal/book");
      await visit(page, (await page.getByRole("link", { name: "Family medicine" }).getAttribute("href")) ?? "");
      await page.getByLabel("Doctor").selectOption({ index: 1 });
      await page.getByRole("button", { name: "Show" }).click();
      await page.waitForURL(/doctor=/);
      await expectHydrated(page);
    },
  },
];

const tomorrow = () => inDays(1);

/** Returns the date so many days from now, as a form has it. */
function inDays(days: number): string {
  const clinic = new Intl.DateTimeFormat("sv-SE", { timeZone: whereItIsNoon(), dateStyle: "short" });
  return clinic.format(new Date(Date.now() + days * 86_400_000));
}

const VISITS = 40;
const DAYS_TO_COME = Array.from({ length: 20 }, (_, day) => inDays(day + 2));
const PAYERS = 25;

/** Fills the hospital. Returns a patient with many visits, so that the chart is long, and the sign-in to the portal. */
export async function crowd(hospital: Hospital): Promise<{ patient: Patient; login: string }> {
  const patient = await hospital.patient("Philomena", "1948-03-02");
  const tablets = ["Metformin 500 mg", "Ramipril 5 mg", "Atorvastatin 20 mg", "Pantoprazole 40 mg"];
  for (let visit = 0; visit < VISITS; visit += 1) {
    const drug = tablets[visit];
    const prescription = drug ? { drug, dose: "1 tablet", route: "oral", frequency: "once a day", days: "90" } : undefined;
    await hospital.waitsToPay(patient, prescription);
    await hospital.goesHome(patient);
  }
  await hospital.comesAgain(patient, DAYS_TO_COME);
  await hospital.fillsUp(tomorrow());
  await hospital.manyCome(500);
  await hospital.manyAreCalled();
  await hospital.comes(patient);
  for (let payer = 0; payer < PAYERS; payer += 1) await hospital.waitsToPay(await hospital.patient());
  return { patient, login: hospital.portal(patient) };
}
