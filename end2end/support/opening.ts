/** The steps with which an administrator opens a hospital from an empty database, in its pages alone. */
import type { OwnServer } from "./own-server.ts";
import { expect, expectHydrated, scriptsRun, test, visit, type Page } from "./test.ts";

export const PASSWORD = "copper lantern nine rivers";

/** A person who works in the new hospital. */
export interface Worker {
  role: string;
  name: string;
  login: string;
}

/** Fills in a form by the names of its fields. */
export async function fill(page: Page, fields: Record<string, string>, chosen: Record<string, string> = {}): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.locator(`main [name=${name}]`).fill(value);
  for (const [name, label] of Object.entries(chosen)) await page.locator(`main [name=${name}]`).selectOption({ label });
}

/** Follows a line of the checklist on the administrator's first page. */
export async function follow(page: Page, line: string, heading = line): Promise<void> {
  await visit(page, new URL("/", page.url()).href);
  await page.locator("main").getByRole("link", { name: line, exact: true }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
}

/** Adds a row to a list of master data, from its line of the checklist. */
export async function add(page: Page, line: string, button: string, fields: Record<string, string>, chosen: Record<string, string> = {}): Promise<void> {
  await test.step(`${line}: ${fields.name}`, async () => {
    await follow(page, line);
    await page.getByRole("link", { name: button }).first().click();
    await expectHydrated(page);
    await fill(page, fields, chosen);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/done=saved/);
    await expect(page.locator("main").getByRole("link", { name: fields.name, exact: true })).toBeVisible();
  });
}

/** Returns an offered time zone where it is about ten in the morning now. */
export async function morningZone(page: Page): Promise<string> {
  const zones = await page.locator("main [name=time_zone] option").evaluateAll((options) => options.map((one) => (one as HTMLOptionElement).value).filter(Boolean));
  const distance = (zone: string) => {
    const hour = Number(new Intl.DateTimeFormat("en", { timeZone: zone, hour: "numeric", hourCycle: "h23" }).format(new Date()));
    return Math.abs(hour - 10);
  };
  return zones.sort((one, other) => distance(one) - distance(other))[0] ?? "UTC";
}

/** The hospital's and the clinic's own pages, a department with its service, and the rooms. */
export async function furnish(page: Page, department: string, clinic: string): Promise<void> {
  await test.step("hospital", async () => {
    await follow(page, "Hospital");
    await fill(page, { name: "Harbour Hospital", address: "1 Pier", phone: "+1 617 555 0100" });
    await page.locator("main [name=currency]").selectOption("USD");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(/done=saved/);
  });
  await test.step("clinic", async () => {
    await follow(page, "Clinics");
    await page.locator("main").getByRole("link", { name: clinic, exact: true }).click();
    await expectHydrated(page);
    await fill(page, { name: "Harbour Clinic", code: "HC", address: "1 Pier", city: "Boston", phone: "+1 617 555 0101" });
    await page.locator("main [name=time_zone]").selectOption(await morningZone(page));
    await page.getByRole("button", { name: "Save" }).click();
    // A new zone changes the clock time of coming appointments: the page asks once when there are any.
    await expect(page).toHaveURL(/done=saved/);
  });
  if (department === "General Medicine") await add(page, "Departments", "Add a department", { name: department, code: "GEN" });
  await add(
    page,
    "Services",
    "Add a service",
    { name: "Clinic hours", token_letter: "G" },
    { clinic_id: "Harbour Clinic", department_id: department },
  );
  for (const [name, kind] of [
    ["Front desk", "Reception"],
    ["Triage 1", "Triage"],
    ["Room 1", "Consulting room"],
    ["Cash desk 1", "Cash desk"],
  ] as const) {
    await add(page, "Rooms and counters", "Add a room or counter", { name }, { clinic_id: "Harbour Clinic", kind });
  }
}

/** Invites a person, who chooses a password by the link in the letter. */
export async function invite(page: Page, person: Worker, guest: Page, server: OwnServer): Promise<void> {
  await test.step(`invite ${person.name}`, async () => {
    await follow(page, "Staff");
    await page.getByRole("link", { name: "Invite" }).first().click();
    await expectHydrated(page);
    await fill(page, { name: person.name, login: person.login }, { role: person.role, clinic: "Harbour Clinic" });
    await page.getByRole("button", { name: "Invite" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(person.name);
    const letter = await server.letter(person.login);
    await visit(guest, server.baseURL + (letter.match(/\/link\/[0-9a-f]+/)?.[0] ?? ""));
    await guest.getByLabel("New password", { exact: true }).fill(PASSWORD);
    await guest.getByLabel("New password again").fill(PASSWORD);
    await guest.getByRole("button", { name: "Choose a password" }).click();
    await expect(guest).toHaveURL(/\/sign-in/);
  });
}

/** Signs in at a server of the journey's own, with scripts or without. */
export async function signInAt(page: Page, server: OwnServer, login: string): Promise<void> {
  await page.goto(`${server.baseURL}/sign-in`);
  const form = page.locator("form", { has: page.locator("input[name=password]") });
  await form.locator("input[name=login]").fill(login);
  await form.locator("input[name=password]").fill(PASSWORD);
  await form.locator("button[type=submit]").click();
  await expect(page, `${login} is signed in`).not.toHaveURL(/\/sign-in/);
  await expectHydrated(page, await scriptsRun(page));
}

/** Chooses the place where the user works, as the page asks for it. */
export async function workAt(page: Page, server: OwnServer, place: string): Promise<void> {
  await visit(page, `${server.baseURL}/point`);
  await page.getByRole("button", { name: place }).click();
  await expect(page).not.toHaveURL(/\/point/);
}

export async function openShift(page: Page, server: OwnServer): Promise<void> {
  await visit(page, `${server.baseURL}/till`);
  await page.locator("main [name=point]").selectOption({ label: "Cash desk 1" });
  await page.locator("main [name=d_2000]").fill("5");
  await page.getByLabel("I have counted the float").check();
  await page.getByRole("button", { name: "Open a shift" }).click();
  await page.waitForURL(/\/cashier/);
}

/** Creates the first administrator on the command line, and starts the server. */
export async function begin(server: OwnServer): Promise<void> {
  server.run(["user", "create", "--login", "ada", "--name", "Ada Admin", "--role", "administrator"], `${PASSWORD}\n`);
  await server.start();
}
