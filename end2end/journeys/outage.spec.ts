/** An outage: the ward goes on with the pack while the server is off, and enters afterwards from paper what was done. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { OwnServer, whereItIsNoon } from "../support/own-server.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

const PHONE = { width: 390, height: 844 };
const OUTAGE_MINUTES = 70;

test("the pack opens with the server off, and doses and observations on paper are entered afterwards with their own times", async ({ people, watch }) => {
  test.setTimeout(120_000);
  watch.tolerate(/422/);
  const folder = mkdtempSync(join(tmpdir(), "infirmary-packs-"));
  const before = process.env.INFIRMARY_DOWNTIME_TO;
  process.env.INFIRMARY_DOWNTIME_TO = folder;
  const zone = whereItIsNoon();
  /** The hospital's time of day, so many minutes ago. */
  const ago = (minutes: number) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(new Date(Date.now() - minutes * 60_000));
  const server = await OwnServer.open();
  try {
    await test.step("the ward's pack opens while there is no server", async () => {
      const packs = () => readdirSync(folder).filter((name) => name.endsWith(".html"));
      const medical = () => packs().find((name) => readFileSync(join(folder, name), "utf8").includes("Ibuprofen 400 mg tablet"));
      await expect.poll(medical, { timeout: 20_000 }).toBeTruthy();
      await server.kill();
      await expect(fetch(`${server.baseURL}/health/ready`)).rejects.toThrow();
      const paper = await people.another({ viewport: PHONE });
      await paper.goto(pathToFileURL(join(folder, medical() ?? "")).href);
      await expect(paper.locator("h1")).toContainText("Medical ward");
      await expect(paper.locator("body")).toContainText("Ibuprofen 400 mg tablet");
      await expect(paper.locator("body")).toContainText("NEWS2");
    });

    // More than an hour passes without the program: the past that no page can make.
    const last = new Date(Date.now() - OUTAGE_MINUTES * 60_000).toISOString().replace("Z", "000Z");
    server.change(`INSERT INTO heartbeats (id, at) VALUES (1, '${last}') ON CONFLICT (id) DO UPDATE SET at = excluded.at`);
    await server.start();
    const nurse = await people.another({ baseURL: server.baseURL, viewport: PHONE });
    await signIn(nurse, "nurse");
    let [dose, round] = ["", ""];
    const given = ago(45);

    await test.step("the round says that the doses wait for the paper; the nurse enters the true time", async () => {
      await visit(nurse, "/rounds");
      await nurse.locator("main").getByRole("link", { name: "Medical ward" }).click();
      await expect(nurse).toHaveURL(/\/wards\/[0-9a-f-]{36}\/round$/);
      round = new URL(nurse.url()).pathname;
      const enter = nurse.locator("main").getByRole("link", { name: "Enter from paper" });
      // The program notices the outage when it runs again.
      await expect(async () => {
        await nurse.reload();
        await expect(enter).toBeVisible({ timeout: 1_000 });
      }).toPass({ timeout: 15_000 });
      await enter.click();
      await expectAccessible(nurse);
      await expectNoSidewaysScroll(nurse);
      const row = nurse.locator("main .rows__row", { hasText: "Ibuprofen 400 mg tablet" }).first();
      dose = /\/doses\/[0-9a-f-]{36}/.exec((await row.getByRole("link").getAttribute("href")) ?? "")?.[0] ?? "";
      await row.getByRole("link").click();
      await expectAccessible(nurse);
      const form = nurse.locator("form[action='/api/medicine_record/enter']");
      await form.locator("[name=outcome]").selectOption("given");
      await form.locator("[name=time]").fill(given);
      await form.getByRole("button", { name: "Enter" }).click();
      await expect(nurse).toHaveURL(/done=entered$/);
      await expect(nurse.locator(`main a[href^="${dose}"]`)).toHaveCount(0);
    });

    await test.step("the record has the time on the paper, and says that it was entered later", async () => {
      await visit(nurse, dose);
      await expect(nurse.locator("main")).toContainText("Entered after an outage");
      await expect(nurse.locator("main")).toContainText(given);
      await visit(nurse, round);
      await expect(nurse.locator(`main a[href="${dose}"]`), "the round does not ask for it again").toHaveCount(0);
    });

    await test.step("observations on paper keep their time too", async () => {
      await visit(nurse, "/nursing");
      await nurse.locator("main").getByRole("link", { name: "Medical ward" }).click();
      await nurse.locator("main .rows__row .rows__main a").first().click();
      await expect(nurse).toHaveURL(/\/nursing$/);
      const sheet = new URL(nurse.url()).pathname;
      const form = nurse.locator("form[action='/api/nursing/observe']");
      const values = { respiration: "16", spo2: "97", oxygen: "0", systolic: "122", diastolic: "78", pulse: "72", consciousness: "0", temperature: "36.8" };
      for (const [name, value] of Object.entries(values)) await form.locator(`[name=${name}]`).fill(value);
      await form.locator("[name=time]").fill(ago(50));
      await form.getByRole("button", { name: "Record observations" }).click();
      await expect(nurse).toHaveURL(/done=observed$/);
      await visit(nurse, sheet.replace(/nursing$/, "observations"));
      await expect(nurse.locator("main")).toContainText("entered later");
      await expectNoSidewaysScroll(nurse);
    });
  } finally {
    await server.close();
    if (before === undefined) delete process.env.INFIRMARY_DOWNTIME_TO;
    else process.env.INFIRMARY_DOWNTIME_TO = before;
    rmSync(folder, { recursive: true, force: true });
  }
});
