import { printed, scanned, type Paper } from "../support/paper.ts";
import { expect, expectAccessible, signIn, test, visit, type Page } from "../support/test.ts";

const A4: [number, number] = [210, 297];
const LETTER: [number, number] = [216, 279];
const HOSPITAL = /^.*\S/;

/** Returns the first link on the page that matches the selector. */
async function address(page: Page, selector: string): Promise<string> {
  const href = await page.locator(selector).first().getAttribute("href");
  expect(href, selector).toBeTruthy();
  return href!;
}

/** Checks that the words are on every page. */
function expectOnEveryPage({ pages }: Paper, ...words: (string | RegExp)[]): void {
  for (const [number, text] of pages.entries()) {
    for (const one of words) expect.soft(text, `page ${number + 1}`).toMatch(one);
  }
}

/** Checks that the pages are numbered "2 / 3". */
function expectNumbered({ pages }: Paper): void {
  for (const [number, text] of pages.entries()) expect.soft(text).toContain(`${number + 1} / ${pages.length}`);
}

/** Checks that only the sheet is printed, in black on white. */
async function expectPaperOnly(page: Page): Promise<void> {
  await page.emulateMedia({ media: "print" });
  await expect.soft(page.getByRole("button", { name: "Print" })).toBeHidden();
  const colours = await page.locator(".sheet").evaluate((sheet) => {
    const seen = new Set<string>();
    for (const part of [sheet, ...sheet.querySelectorAll("*")]) {
      const style = getComputedStyle(part);
      for (const colour of [style.color, style.backgroundColor, style.borderBlockEndColor]) seen.add(colour);
    }
    // Grey is allowed: its three components are equal.
    return [...seen].filter((colour) => new Set(colour.match(/[\d.]+/g)?.slice(0, 3)).size > 1);
  });
  expect.soft(colours, "black and white").toEqual([]);
  await page.emulateMedia({ media: null });
}

test("a receipt fits the roll, A4 and Letter", async ({ page }) => {
  await signIn(page, "patient");
  await visit(page, "/portal/records");
  const receipt = await address(page, 'a[href^="/portal/receipts/"]');
  await visit(page, receipt);
  await expectAccessible(page);
  await expectPaperOnly(page);
  const roll = await printed(page, "receipt-roll");
  expect(roll.sizes[0]).toEqual([80, 200]);
  expectOnEveryPage(roll, /MRN \d{8}/, /REC-\d{4}-\d{6}/, HOSPITAL);
  expect(roll.pages).toHaveLength(1);
  expect(roll.pages[0]).toMatch(/Received/);

  await page.getByRole("link", { name: /A4, Letter/ }).click();
  await page.waitForURL(/paper=page/);
  for (const [format, size] of [["A4", A4], ["Letter", LETTER]] as const) {
    const sheet = await printed(page, `receipt-${format}`, format);
    expect(sheet.sizes).toEqual([size]);
    expectOnEveryPage(sheet, /MRN \d{8}/, /REC-\d{4}-\d{6}/);
    expectNumbered(sheet);
  }
});

test("prescription and visit summary have head and patient on every page", async ({ page }) => {
  await signIn(page, "doctor");
  const chart = await chartOfSomebodySeen(page);
  for (const [name, selector] of [["summary", 'a[href$="/summary"]'], ["prescription", 'a[href^="/prescriptions/print/"]']] as const) {
    await visit(page, chart);
    await visit(page, await address(page, selector));
    await expectAccessible(page);
    await expectPaperOnly(page);
    // With long content, it continues on more pages.
    for (const [format, size] of [["A4", A4], ["Letter", LETTER]] as const) {
      const sheet = await printed(page, `${name}-${format}`, format);
      expect(sheet.sizes[0]).toEqual(size);
      expectOnEveryPage(sheet, /MRN \d{8}/, /Born/);
      expectNumbered(sheet);
    }
    await page.locator(".sheet__table > tbody > tr > td").first().evaluate((cell) => {
      for (let line = 0; line < 120; line += 1) cell.append(Object.assign(document.createElement("p"), { textContent: `Line ${line}` }));
    });
    const long = await printed(page, `${name}-long`, "A4");
    expect(long.pages.length).toBeGreaterThan(1);
    expectOnEveryPage(long, /MRN \d{8}/, /Born/);
    expectNumbered(long);
  }
});

test("one long word makes no sheet wider", async ({ page }) => {
  await signIn(page, "doctor");
  const chart = await chartOfSomebodySeen(page);
  for (const selector of ['a[href$="/summary"]', 'a[href^="/prescriptions/print/"]']) {
    await visit(page, chart);
    await visit(page, await address(page, selector));
    const [before, after] = await page.locator(".sheet").evaluate((sheet) => {
      const width = sheet.scrollWidth;
      const cell = sheet.querySelector(".sheet__table > tbody > tr > td")!;
      for (const letter of ["x", "_"]) cell.append(Object.assign(document.createElement("p"), { textContent: `See ${letter.repeat(150)} and come back` }));
      return [width, sheet.scrollWidth];
    });
    expect(after).toBe(before);
  }
});

test("a chart and a record have hospital and patient on every page", async ({ page }) => {
  await signIn(page, "doctor");
  const chart = await chartOfSomebodySeen(page);
  for (const [name, path] of [["chart", chart], ["record", chart.replace(/\/chart$/, "")]] as const) {
    await visit(page, path);
    const hospital = (await page.locator(".shell__letterhead strong").textContent())!;
    // With long content, it continues on more pages.
    await page.locator("main").evaluate((main) => {
      for (let line = 0; line < 120; line += 1) main.append(Object.assign(document.createElement("p"), { textContent: `Line ${line}` }));
    });
    for (const [format, size] of [["A4", A4], ["Letter", LETTER]] as const) {
      const paper = await printed(page, `${name}-${format}`, format);
      expect(paper.sizes[0]).toEqual(size);
      expect(paper.pages.length).toBeGreaterThan(1);
      expectOnEveryPage(paper, /\d{8}/, /Born/, hospital);
      expectNumbered(paper);
    }
  }
});

/** Returns the chart of a patient of the doctor's day who has a summary and a prescription. */
async function chartOfSomebodySeen(page: Page): Promise<string> {
  await visit(page, "/schedules");
  const charts = await page.locator('main a[href$="/chart"]').evaluateAll((all) => all.map((one) => one.getAttribute("href") ?? ""));
  for (const chart of new Set(charts)) {
    await visit(page, chart);
    const papers = [page.locator('a[href$="/summary"]'), page.locator('a[href^="/prescriptions/print/"]')];
    if ((await papers[0]!.count()) > 0 && (await papers[1]!.count()) > 0) return chart;
  }
  throw new Error("nobody seen today has a prescription");
}

test("the day's list, with its head on every page", async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/schedules");
  await visit(page, await address(page, 'a[href^="/schedules/print"]'));
  await expectAccessible(page);
  await expectPaperOnly(page);
  for (const [format, size] of [["A4", A4], ["Letter", LETTER]] as const) {
    const list = await printed(page, `day-list-${format}`, format);
    expect(list.sizes[0]).toEqual(size);
    expectNumbered(list);
    // Each line begins with its time and contains the patient's number.
    expect(list.pages.join("\n")).toMatch(/\d{1,2}:\d{2}[\s\S]*\d{8}/);
  }
  // The whole clinic's day takes several pages: each repeats the names of the columns.
  await visit(page, "/schedules/print");
  const whole = await printed(page, "day-list-clinic", "A4");
  expect(whole.pages.length).toBeGreaterThan(1);
  expectOnEveryPage(whole, /MRN/, /Day list|Printed/);
  expectNumbered(whole);
});

test("the queue slip and the label with its barcode", async ({ page, people, hospital }) => {
  await signIn(page, "reception");
  await visit(page, "/reception");
  const patient = await address(page, '.queue a[href^="/reception?patient="]');
  await visit(page, patient);
  await visit(page, await address(page, 'a[href$="/slip"]'));
  await expectAccessible(page);
  await expectPaperOnly(page);
  const slip = await printed(page, "slip");
  expect(slip.sizes).toEqual([[80, 100]]);
  expectOnEveryPage(slip, /MRN \d{8}/, /[A-Z]{1,2}-\d{3}/);

  const id = patient.split("patient=")[1]!;
  // A label printer has 300 dots per inch, and so has the screenshot.
  const sharp = await people.another({ deviceScaleFactor: 3 });
  await signIn(sharp, "reception");
  // The longest name makes neither the label wider nor the barcode narrower.
  const long = await hospital.patient("Bartholomew Maximilian Constantine Alexander Theodore Francis".slice(0, 60));
  for (const one of [id, long.id]) {
    await visit(sharp, `/patients/${one}/label`);
    await expectAccessible(sharp);
    await expectPaperOnly(sharp);
    const mrn = (await sharp.locator(".barcode__text").innerText()).trim();
    expect(mrn).toMatch(/^\d{8}$/);
    expect(await scanned(sharp, sharp.locator(".barcode"))).toBe(mrn);
    const label = await printed(sharp, one === id ? "label" : "label-long");
    expect(label.sizes).toEqual([[62, 29]]);
    expectOnEveryPage(label, new RegExp(mrn), /Born/);
  }
});
