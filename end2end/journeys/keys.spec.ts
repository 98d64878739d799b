/** Tests the rules of `public/keys.js` on a separate page: when a letter is a shortcut key, and when it is text. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test, type Page } from "@playwright/test";

const KEYS = readFileSync(resolve("../public/keys.js"), "utf8");

const PAGE = `<html lang="en"><body>
<div class="shell__rail"><a href="#triage" data-go="t">Triage</a></div>
<main tabindex="-1">
  <input id="find" aria-keyshortcuts="/">
  <a href="#arrival" aria-keyshortcuts="a">First arrival</a>
  <div id="queue" tabindex="-1" data-keys=""><form data-says="called"><button aria-keyshortcuts="n">Call next</button></form></div>
  <div data-keys=""><form data-says="paid"><input id="amount" inputmode="decimal" value="5"><button aria-keyshortcuts="c">Cash</button></form></div>
  <form data-says="saved"><textarea id="note" aria-keyshortcuts="w"></textarea><button aria-keyshortcuts="Ctrl+Enter">Save</button></form>
  <div><a id="card" href="#card" data-tile="" data-choose="#move">09:00 Wolkow, Casper</a></div>
  <form data-says="checked in"><button id="check-in" aria-keyshortcuts="Enter">Check in</button></form>
</main></body></html>`;

/** Opens the page; with `ready`, its islands count as hydrated. */
async function open(page: Page, ready = true): Promise<void> {
  await page.goto("about:blank");
  await page.setContent(PAGE);
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    addEventListener("submit", (event) => {
      event.preventDefault();
      said.push((event.target as HTMLFormElement).dataset["says"] ?? "");
    });
  });
  await page.addScriptTag({ content: KEYS, type: "module" });
  if (ready) await page.evaluate(() => (document.documentElement.dataset["hydrated"] = "true"));
}

/** Returns the actions so far, after waiting longer than a shortcut waits for another letter. */
async function said(page: Page): Promise<string[]> {
  const since = await page.evaluate(() => performance.now());
  await page.waitForFunction((since) => performance.now() - since > 500, since);
  return page.evaluate(() => (window as unknown as { said: string[] }).said);
}

test("a key that changes something needs the focus where it stands, or Alt", async ({ page }) => {
  await open(page);
  await page.keyboard.press("n");
  await page.keyboard.press("c");
  expect(await said(page)).toEqual([]);
  await page.keyboard.press("Alt+n");
  expect(await said(page)).toEqual(["called"]);
  await open(page);
  await page.locator("#queue").focus();
  await page.keyboard.press("n");
  expect(await said(page)).toEqual(["called"]);
  await open(page);
  await page.locator("#amount").focus();
  await page.keyboard.press("c");
  expect(await said(page)).toEqual(["paid"]);
  await expect(page.locator("#amount")).toHaveValue("5");
});

for (const [ready, from] of [[true, "#queue"], [true, "#check-in"], [false, "main"], [false, "#check-in"]] as const) {
  test(`letters typed one after the other are text, from ${from}, ${ready ? "ready" : "before the page is ready"}`, async ({ page }) => {
    await open(page, ready);
    await page.locator(from).focus();
    await page.keyboard.type("nan lee", { delay: 40 });
    await expect(page.locator("#find"), "the page's own search has them").toHaveValue("nan lee");
    await page.keyboard.press("Enter");
    expect(await said(page)).toEqual([]);
    expect(new URL(page.url()).hash).toBe("");
  });
}

test("m opens the move of the appointment that has the focus, and of no other", async ({ page }) => {
  await open(page);
  await page.keyboard.press("m");
  await said(page);
  expect(new URL(page.url()).hash, "nothing has the focus").toBe("");
  await page.locator("#card").focus();
  await page.keyboard.type("mae", { delay: 40 });
  await expect(page.locator("#find"), "a name that is typed is text").toHaveValue("mae");
  await said(page);
  expect(new URL(page.url()).hash).toBe("");
  await page.locator("#card").focus();
  await page.keyboard.press("m");
  await page.waitForFunction(() => location.hash === "#move");
});

test("keys that lead somewhere work from anywhere", async ({ page }) => {
  await open(page);
  await page.keyboard.press("a");
  await page.waitForFunction(() => location.hash === "#arrival");
  await open(page);
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.waitForFunction(() => location.hash === "#triage");
  await open(page, false);
  await page.keyboard.type("/garza", { delay: 20 });
  await expect(page.locator("#find"), "before the page is ready too").toHaveValue("garza");
});

test("Enter checks in when nothing was typed; Ctrl+Enter saves from within a field; Escape leaves it", async ({ page }) => {
  await open(page);
  await page.keyboard.press("Enter");
  expect(await said(page)).toEqual(["checked in"]);
  await open(page);
  await page.keyboard.press("w");
  await page.keyboard.type("n a c");
  await expect(page.locator("#note")).toHaveValue("n a c");
  await page.keyboard.press("Control+Enter");
  expect(await said(page)).toEqual(["saved"]);
  await page.keyboard.press("Escape");
  await expect(page.locator("#note")).not.toBeFocused();
});

test("a double click sends a form once", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Call next" }).dblclick();
  expect(await said(page)).toEqual(["called"]);
});
