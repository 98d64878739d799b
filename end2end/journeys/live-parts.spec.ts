/**
 * Tests parts of a page that the server renders again: nothing that a user does on the page is lost, and no older answer replaces a newer
 * one.
 */
import type { Request } from "@playwright/test";
import { expect, signIn, test, visit, type Page } from "../support/test.ts";

/** Sends the page the event that a topic changed, as the server does. */
async function hint(page: Page, topic: string): Promise<void> {
  await page.evaluate((data) => dispatchEvent(new MessageEvent("hint", { data })), topic);
}

/** Waits until the answer is in the page. */
async function painted(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

test("an answer that arrives late does not replace a newer one, and the open bell stays open", async ({ page, hospital }) => {
  const patient = await hospital.patient();
  const { token } = await hospital.comes(patient);
  await signIn(page, hospital.portal(patient));
  await visit(page, "/portal");
  const [words, bell] = [page.locator(".place__words"), page.locator("details.bell")];
  await expect(page.locator(".place__token")).toHaveText(token);
  await expect(words).toContainText("Waiting for the nurse");
  await bell.locator("summary").click();
  await expect(bell.locator(".bell__panel")).toBeVisible();

  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let late: Request | undefined;
  const asked = new Promise<void>((resolve) => {
    void page.route("**/portal/places/live", async (route) => {
      if (late) return route.continue();
      late = route.request();
      const answer = await route.fetch();
      resolve();
      await released;
      return route.fulfill({ response: answer });
    });
  });
  await hint(page, "queue");
  await asked;
  await hospital.called(patient);
  await expect(words).toContainText("Please come");
  await expect(bell.locator(".bell__line").first(), "the bell follows too").toContainText(token);
  await expect(bell, "and its menu is still open").toHaveAttribute("open");

  const arrived = page.waitForEvent("requestfinished", { predicate: (request) => request === late });
  release();
  await arrived;
  await painted(page);
  expect(await words.innerText()).toContain("Please come");
});

/** Returns rows as in reception's list of arrivals, each with a menu and a field. */
function rows(keys: string[], words: string): string {
  const row = (key: string) =>
    `<li class="rows__row" data-key="${key}"><details><summary>Menu ${key}</summary><p>Inside</p></details><span>${words}</span>` +
    `<label>Words ${key} <input name="words"></label></li>`;
  return `<div class="arrivals"><ul class="rows">${keys.map(row).join("")}</ul></div>`;
}

test("an open menu, the focus and what is being typed survive an update, and no row moves under the pointer", async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/reception");
  let answer = rows(["a", "b", "c"], "first");
  await page.route("**/reception/live*", (route) => route.fulfill({ contentType: "text/html", body: answer }));
  const list = page.locator("[data-live='appointments queue']");
  const keys = () => list.locator("li").evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset.key));
  await page.mouse.move(0, 0);
  await hint(page, "queue");
  await expect.poll(keys).toEqual(["a", "b", "c"]);

  const [menu, field] = [list.locator("[data-key=b] details"), list.getByLabel("Words b")];
  await menu.locator("summary").click();
  await field.click();
  await field.pressSequentially("half a word");
  for (let times = 0; times < 3; times++) await field.press("ArrowLeft");
  const isKept = async () => {
    await expect(menu).toHaveAttribute("open");
    await expect(field).toBeFocused();
    await expect(field).toHaveValue("half a word");
    expect(await field.evaluate((input: HTMLInputElement) => input.selectionStart), "the caret").toBe(8);
  };

  // Rows disappear, appear and change places, but not as long as the pointer is among them.
  answer = rows(["c", "b", "d"], "second");
  const answered = page.waitForResponse("**/reception/live*");
  await hint(page, "queue");
  await answered;
  await painted(page);
  expect(await keys()).toEqual(["a", "b", "c"]);
  await page.mouse.move(0, 0);
  await expect.poll(keys).toEqual(["c", "b", "d"]);
  await isKept();

  // A change of texts only is shown at once.
  answer = rows(["c", "b", "d"], "third");
  await hint(page, "appointments");
  await expect(list.locator("[data-key=b] span")).toHaveText("third");
  await isKept();
});

test("diagnoses and prescriptions ask once after a hint", async ({ page, hospital }) => {
  const { id } = await hospital.withDoctor(await hospital.patient());
  await signIn(page, "doctor");
  await visit(page, `/consultation/${id}`);
  let asked = 0;
  page.on("request", (request) => (asked += request.url().endsWith("/api/clinical/worksheet") ? 1 : 0));
  const answered = page.waitForResponse("**/api/clinical/worksheet");
  await hint(page, "chart");
  await answered;
  await painted(page);
  expect(asked).toBe(1);
});
