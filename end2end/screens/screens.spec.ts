import { begin, end, saveScreenshot } from "../support/gallery.ts";
import { Hospital } from "../support/hospital.ts";
import { expectAccessible, signIn, test, type Page } from "../support/test.ts";
import { DEPARTMENTS } from "./departments.ts";
import { CROWDED, crowd, FIRST_DAY, TROUBLE } from "./states.ts";
import { DESK, PAPER, PHONE, SCREENS as USUAL, SHEETS, type Screen } from "./usual.ts";

const SCREENS = [...USUAL, ...DEPARTMENTS];

test.describe.configure({ mode: "serial" });
test.beforeAll(() => begin());
test.afterAll(() => {
  const all = [...SCREENS, ...SHEETS, ...TROUBLE(), ...FIRST_DAY, ...CROWDED()];
  end(new Map(all.map(({ name, title }) => [name, title])), new Set([...SCREENS, ...SHEETS].map(({ name }) => name)));
});

for (const login of [undefined, ...new Set(SCREENS.flatMap(({ as }) => as ?? []))]) {
  const own = SCREENS.filter(({ as }) => as === login);
  test(`screens of ${login ?? "everybody"}`, async ({ people, watch }) => {
    watch.tolerate(/40\d/);
    const enter = async (options: object) => {
      const page = await people.another(options);
      if (login) await signIn(page, login);
      return page;
    };
    const desk = await enter(DESK);
    for (const { name, open, once } of own) {
      await open(desk);
      await saveScreenshot(desk, name);
      if (once) continue;
      await desk.emulateMedia({ colorScheme: "dark" });
      await saveScreenshot(desk, `${name}-dark`);
      await desk.emulateMedia({ colorScheme: "light" });
    }
    for (const [suffix, options] of [["phone", PHONE], ["es", { ...DESK, locale: "es-ES" }]] as const) {
      const page = await enter(options);
      for (const { name, open } of own.filter(({ once }) => !once)) {
        await open(page);
        await saveScreenshot(page, `${name}-${suffix}`);
      }
    }
  });
}

test("sheets", async ({ people }) => {
  for (const { name, as = "", open } of SHEETS) {
    const page = await people.another(PAPER);
    await signIn(page, as);
    await open(page);
    await page.emulateMedia({ media: "print" });
    // A screenshot has no margins; the printer's margins have this size.
    await page.evaluate(() => (document.body.style.padding = "14mm"));
    await saveScreenshot(page, name);
    await page.emulateMedia({ media: "screen" });
  }
});

/** Takes screenshots at a desk in light and dark, and on a phone, and checks that each is accessible. */
async function portray(screens: Screen[], enter: (options: object, login?: string) => Promise<Page>): Promise<void> {
  for (const { name, as, open, once } of screens) {
    const desk = await enter(DESK, as);
    await open(desk);
    await saveScreenshot(desk, name);
    await expectAccessible(desk);
    if (!once) {
      await desk.emulateMedia({ colorScheme: "dark" });
      await saveScreenshot(desk, `${name}-dark`);
      const phone = await enter(PHONE, as);
      await open(phone);
      await saveScreenshot(phone, `${name}-phone`);
      await phone.close();
    }
    await desk.close();
  }
}

test("when something is wrong", async ({ people, hospital, watch }) => {
  test.setTimeout(300_000);
  watch.tolerate(/40\d/);
  await portray(TROUBLE(hospital), async (options, login) => {
    const page = await people.another(options);
    if (login) await signIn(page, login);
    return page;
  });
});

test("the first day", async ({ people }) => {
  test.setTimeout(300_000);
  test.skip(!process.env.FIRST_DAY, "FIRST_DAY names a server with the hospital of `infirmary demo --first-day`");
  const baseURL = process.env.FIRST_DAY!;
  const hospital = new Hospital(baseURL, process.env.FIRST_DAY_DATABASE);
  await portray(FIRST_DAY, async (options, login) => {
    const page = await people.another({ ...options, baseURL });
    if (login === "patient") await signIn(page, hospital.portal(await hospital.patient("Ada")));
    else if (login) await signIn(page, login);
    return page;
  });
  await hospital.end();
});

// This test is the last: afterwards the hospital is no longer as on an ordinary day.
test("a crowd", async ({ people, hospital }) => {
  test.setTimeout(900_000);
  const { patient, login } = await crowd(hospital);
  await portray(CROWDED(patient), async (options, as) => {
    const page = await people.another(options);
    if (as) await signIn(page, as === "patient" ? login : as);
    return page;
  });
});
