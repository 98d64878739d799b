/** Every screen as it is on an ordinary day. */
import { expect, expectHydrated, visit, type Page } from "../support/test.ts";

export interface Screen {
  name: string;
  title: string;
  /** The login of the user; without it no user is signed in. */
  as?: string;
  /** Opens the screen. */
  open: (page: Page) => Promise<void>;
  /** Whether one screenshot at a desk is enough. */
  once?: true;
}

export const DESK = { viewport: { width: 1440, height: 900 } };
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
export const PAPER = { viewport: { width: 794, height: 1123 } };

export const go = (path: string) => (page: Page) => visit(page, path);

/** Follows the first link that matches. */
export async function follow(page: Page, selector: string): Promise<void> {
  const href = (await page.locator(selector).first().getAttribute("href")) ?? "";
  await visit(page, href);
}

export const SCREENS: Screen[] = [
  { name: "sign-in", title: "Sign-in", open: go("/sign-in") },
  {
    name: "sign-in-error",
    title: "Sign-in, refused",
    once: true,
    open: async (page) => {
      await visit(page, "/sign-in");
      await page.locator("input[name=login]").fill("doctor");
      await page.locator("input[name=password]").fill("not the password");
      await page.locator("form", { has: page.locator("input[name=password]") }).getByRole("button").click();
      await page.waitForLoadState("load");
    },
  },
  { name: "sign-in-passkey", title: "Sign-in with a passkey, without a challenge", open: go("/sign-in/passkey") },
  { name: "sign-up", title: "Sign-up", open: go("/sign-up") },
  { name: "passkey-again", title: "A new passkey, too late", as: "patient", open: go("/account/passkey") },
  { name: "account-security", title: "Password, second factor, devices", as: "patient", open: go("/account/security") },
  { name: "second-factor-roles", title: "Who needs a second factor", as: "admin", open: go("/users/second-factor") },
  { name: "settings", title: "Settings", as: "admin", open: go("/settings") },
  { name: "settings-clinics", title: "Settings: clinics", as: "admin", open: go("/settings/clinics") },
  { name: "settings-clinic", title: "Settings: a new clinic", as: "admin", open: go("/settings/clinics/new") },
  { name: "portal-home", title: "Portal", as: "patient", open: go("/portal") },
  { name: "booking", title: "Booking: what", as: "patient", open: go("/portal/book") },
  {
    name: "booking-times",
    title: "Booking: when and with whom",
    as: "patient",
    open: async (page) => {
      await visit(page, "/portal/book");
      const family = page.getByRole("link", { name: /Family medicine|Medicina familiar/ });
      await visit(page, (await family.getAttribute("href")) ?? "");
    },
  },
  {
    name: "booking-confirm",
    title: "Booking: confirm",
    as: "patient",
    open: async (page) => {
      await visit(page, "/portal/book");
      await follow(page, 'a.todo__item[href*="specialty"]');
      await page.locator(".earliest button").click();
      await page.waitForURL(/\/portal\/book\/[0-9a-f-]{36}/);
      await expectHydrated(page);
    },
  },
  { name: "portal-appointments", title: "Appointments of a patient", as: "patient", open: go("/portal/appointments") },
  { name: "portal-records", title: "Records of a patient", as: "patient", open: go("/portal/records") },
  {
    name: "reception",
    title: "Reception",
    as: "reception",
    open: async (page) => {
      await visit(page, "/reception");
      await follow(page, ".arrivals .row-link");
    },
  },
  { name: "reception-nobody", title: "Reception, nobody found", as: "reception", open: go("/reception?find=zyxwvu"), once: true },
  { name: "registration", title: "Patient registration", as: "reception", open: go("/patients/new") },
  {
    name: "registration-error",
    title: "Patient registration, something missing",
    as: "reception",
    once: true,
    open: async (page) => {
      await visit(page, "/patients/new");
      await page.locator("input[name=given_names]").fill("Ana");
      await page.keyboard.press("Control+Enter");
      await expect(page.locator(".error-summary")).toBeVisible();
    },
  },
  {
    name: "patient",
    title: "Patient record",
    as: "reception",
    open: async (page) => {
      await visit(page, "/reception?find=wilson+theresa");
      await follow(page, 'main a[href^="/patients/"]:not([href$="new"])');
    },
  },
  { name: "patients", title: "Patients", as: "reception", open: go("/patients?q=smith") },
  { name: "board", title: "Public board", open: go("/board/NORTH") },
  { name: "schedule", title: "Schedule of the day", as: "doctor", open: go("/schedules") },
  { name: "schedule-month", title: "Month of the schedule", as: "reception", open: go("/schedules/month") },
  { name: "doctors-languages", title: "Doctors and their languages", as: "patient", open: go("/portal/doctors") },
  { name: "books-journal", title: "Journal", as: "accountant", open: go("/books/journal") },
  { name: "hospital-logo", title: "Logo of the hospital", as: "admin", open: go("/settings/hospital/logo") },
  { name: "triage", title: "Triage", as: "nurse", open: go("/triage") },
  {
    name: "vitals",
    title: "Vital signs",
    as: "nurse",
    open: async (page) => {
      await visit(page, "/triage");
      await follow(page, '.queue a[href$="/vitals"]');
    },
  },
  { name: "doctor", title: "Doctor's day", as: "doctor", open: go("/consultation") },
  {
    name: "consultation",
    title: "Consultation",
    as: "doctor",
    open: async (page) => {
      await visit(page, "/consultation");
      await follow(page, 'section[aria-labelledby="to-sign-heading"] .row-link');
      const history = page.locator("textarea[name=history]");
      if ((await history.inputValue()) === "") await history.fill("Knee pain on stairs since the summer, worse after long walks. No swelling, no fever.");
      await expect(page.locator(".note__saved")).toContainText(/\d\d:\d\d/);
    },
  },
  {
    name: "chart",
    title: "Chart",
    as: "doctor",
    open: async (page) => {
      await visit(page, "/consultation");
      await follow(page, 'section[aria-labelledby="my-day-heading"] a[href$="/chart"]');
    },
  },
  {
    name: "cashier",
    title: "Cashier",
    as: "cashier",
    open: async (page) => {
      await visit(page, "/cashier");
      await follow(page, '.queue a[href^="/cashier?patient"]');
      const issue = page.locator('form[action="/api/billing/issue"] button');
      if ((await issue.count()) > 0) {
        await issue.click();
        await page.waitForURL(/invoice=/);
        await expectHydrated(page);
      }
    },
  },
  { name: "cashier-empty", title: "Cashier, nobody chosen", as: "cashier", open: go("/cashier"), once: true },
  { name: "prices", title: "Price list", as: "cashier", open: go("/prices"), once: true },
  { name: "audit", title: "Audit log", as: "auditor", open: go("/audit"), once: true },
  {
    name: "not-in-care",
    title: "A patient who is not in one's care",
    as: "doctor",
    open: async (page) => {
      await visit(page, "/patients?q=lindqvist");
      await follow(page, "main .row-link");
    },
  },
  { name: "emergencies", title: "Records opened in an emergency", as: "auditor", open: go("/audit/emergencies") },
  {
    name: "not-found",
    title: "A page that is not there",
    as: "doctor",
    once: true,
    open: async (page) => {
      await page.goto("/patients/00000000-0000-0000-0000-000000000000");
    },
  },
];

/** The printed pages, as the printer gets them. */
export const SHEETS: Screen[] = [
  {
    name: "print-receipt",
    title: "Receipt on paper",
    as: "patient",
    open: async (page) => {
      await visit(page, "/portal/records");
      await follow(page, 'a[href^="/portal/receipts/"]');
    },
  },
  {
    name: "print-summary",
    title: "Visit summary on paper",
    as: "doctor",
    open: async (page) => {
      await visit(page, "/patients?q=wilson+theresa");
      await follow(page, "main .row-link");
      await visit(page, `${new URL(page.url()).pathname}/chart`);
      await follow(page, 'main a[href$="/summary"]');
    },
  },
  {
    name: "print-prescription",
    title: "Prescription on paper",
    as: "doctor",
    open: async (page) => {
      await visit(page, "/patients?q=wilson+theresa");
      await follow(page, "main .row-link");
      await visit(page, `${new URL(page.url()).pathname}/chart`);
      await follow(page, 'main a[href^="/prescriptions/print/"]');
    },
  },
  {
    name: "print-chart",
    title: "Chart on paper",
    as: "doctor",
    open: async (page) => {
      await visit(page, "/patients?q=wilson+theresa");
      await follow(page, "main .row-link");
      await visit(page, `${new URL(page.url()).pathname}/chart`);
    },
  },
  {
    name: "print-invoice",
    title: "Invoice on paper",
    as: "cashier",
    open: async (page) => {
      await visit(page, "/patients?q=wilson+theresa");
      await follow(page, "main .row-link");
      await visit(page, `${new URL(page.url()).pathname}/account`);
      await follow(page, 'main a[href^="/invoices/"]');
      await follow(page, 'main a[href$="/print"]');
    },
  },
  { name: "print-statement", title: "Statement on paper", as: "patient", open: go("/portal/statement") },
];
