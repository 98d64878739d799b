/** Tests pages with live updates: they say when they have no connection, and catch up without being loaded again. */
import { Cable } from "../support/cable.ts";
import { Hospital } from "../support/hospital.ts";
import { OwnServer } from "../support/own-server.ts";
import { expect, signIn, test, visit, type Page } from "../support/test.ts";

const LOST = "No connection.";

/** Marks the document; the returned check fails when it was loaded again. */
async function mark(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  return async () => expect(await page.evaluate(() => "sameDocument" in window), `${page.url()} was not loaded again`).toBe(true);
}

test("a server that was killed and started again: board, queue and portal catch up, and a note is saved", async ({ people }) => {
  test.setTimeout(180_000);
  const server = await OwnServer.open();
  const hospital = new Hospital(server.baseURL, server.database);
  try {
    const patient = await hospital.patient();
    const { token } = await hospital.comes(patient, { emergency: true });
    const login = hospital.portal(patient);
    const own = { baseURL: server.baseURL };
    const [board, phone, desk, doctor] = [await people.another(own), await people.another(own), await people.another(own), await people.another(own)];
    const { id } = await hospital.withDoctor(await hospital.patient());
    await signIn(doctor, "doctor");
    await visit(doctor, `/consultation/${id}`);
    await visit(board, "/board/NORTH");
    await signIn(phone, login);
    await visit(phone, "/portal");
    await expect(phone.locator(".place__token")).toHaveText(token);
    await signIn(desk, "reception");
    await visit(desk, "/reception");
    const checks = await Promise.all([board, phone, desk].map(mark));

    await server.kill();
    await doctor.getByLabel("History").fill("Written while there was no server.");
    for (const page of [board, phone, desk, doctor]) await expect(page.getByText(LOST), page.url()).toBeVisible();
    await expect(doctor.locator(".note__saved")).toContainText("Not saved");
    await server.start();
    for (const page of [board, phone, desk, doctor]) await expect(page.getByText(LOST), page.url()).toBeHidden();
    await expect(doctor.locator(".note__saved")).toContainText(/Saved \d\d:\d\d/);
    await hospital.called(patient);
    await expect(board.locator(".board__called")).toContainText(token);
    await expect(phone.locator(".place__words")).toContainText("Please come");
    await expect(desk.locator(".queue-panel", { hasText: token })).toBeVisible();
    for (const check of checks) await check();
  } finally {
    await hospital.end();
    await server.close();
  }
});

test("a line that goes dead without a word is noticed, and what was missed is shown when it is back", async ({ people, hospital, baseURL }) => {
  test.setTimeout(120_000);
  const cable = await Cable.lay(baseURL!);
  try {
    const own = { baseURL: cable.baseURL };
    const [board, desk] = [await people.another(own), await people.another(own)];
    await visit(board, "/board/NORTH");
    await signIn(desk, "reception");
    await visit(desk, "/reception");
    const checks = await Promise.all([board, desk].map(mark));
    const patient = await hospital.patient();
    const { token } = await hospital.comes(patient, { emergency: true });
    await expect(desk.locator(".queue__row", { hasText: token })).toBeVisible();

    cable.cut();
    await hospital.called(patient);
    await expect(board.getByText(LOST)).toBeVisible({ timeout: 20_000 });
    await expect(desk.getByText(LOST)).toBeVisible({ timeout: 20_000 });
    await expect(board.locator(".board__called")).not.toContainText(token);
    cable.mend();
    await expect(board.locator(".board__called")).toContainText(token, { timeout: 20_000 });
    await expect(board.getByText(LOST)).toBeHidden();
    await expect(desk.getByText(LOST)).toBeHidden({ timeout: 20_000 });
    for (const check of checks) await check();
  } finally {
    await cable.remove();
  }
});

test("a laptop that slept wakes to the truth", async ({ people, hospital, baseURL }) => {
  test.setTimeout(120_000);
  const cable = await Cable.lay(baseURL!);
  try {
    const board = await people.another({ baseURL: cable.baseURL });
    await board.clock.install();
    await visit(board, "/board/NORTH");
    const check = await mark(board);
    const patient = await hospital.patient();
    const { token } = await hospital.comes(patient, { emergency: true });
    // While the computer sleeps, no timer runs and no event arrives. When it wakes, the network works again, but the
    // old connection does not know.
    cable.cut();
    await hospital.called(patient);
    cable.mend();
    await expect(board.locator(".board__called")).not.toContainText(token);
    await board.clock.fastForward("03:00:00");
    await expect(board.locator(".board__called")).toContainText(token, { timeout: 3_000 });
    await check();
  } finally {
    await cable.remove();
  }
});

test("a desk that was signed out says so, until somebody signs in again", async ({ page, context, watch }) => {
  watch.tolerate(/401/);
  await signIn(page, "reception");
  await visit(page, "/reception");
  const other = await context.newPage();
  await visit(other, "/reception");
  await other.locator(".user").click();
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other).toHaveURL(/\/sign-in/);
  // Every half minute the server checks whether the user of a stream is still signed in.
  await expect(page.getByText("You are signed out: this page stands still")).toBeVisible({ timeout: 45_000 });
  await signIn(other, "reception");
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
  await expect(page.getByText("You are signed out: this page stands still")).toBeHidden();
  await other.close();
});

test("a search that reaches nobody does not say that there is nobody", async ({ page, hospital, watch }) => {
  watch.tolerate(/Failed to load|ERR_FAILED/);
  const { family, listed } = await hospital.patient();
  await signIn(page, "reception");
  await visit(page, "/reception");
  const list = page.locator("#find-list");
  await page.route("**/api/patients/search", (route) => route.abort());
  await page.locator("#find").pressSequentially(family);
  await expect(list).toContainText("Wait a moment and try again");
  await expect(list).not.toContainText("Nothing found");
  await page.unroute("**/api/patients/search");
  await page.locator("#find").press("Backspace");
  await expect(list.getByRole("option").first()).toContainText(listed, { ignoreCase: true });
});
