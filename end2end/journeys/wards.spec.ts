import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";
import { admit, admitted, asked, beforeAdmission, board, clean, staff, tile } from "../support/wards.ts";

test("a patient is requested, admitted to a bed, and goes home", async ({ page }) => {
  test.setTimeout(120_000);
  await signIn(page, "doctor");
  await visit(page, "/patients?q=Theresa");
  const link = page.locator("main").getByRole("link", { name: /Theresa/ }).first();
  const patient = /patients\/([0-9a-f-]{36})/.exec((await link.getAttribute("href")) ?? "")?.[1] ?? "";
  await visit(page, `/wards/request?patient=${patient}`);
  await expectAccessible(page);
  await page.locator("main [name=reason]").fill("Pneumonia");
  await page.locator("main [name=ward_id]").selectOption({ label: "Medical ward" });
  await page.getByRole("button", { name: "Send the request" }).click();
  await expect(page).toHaveURL(/\/admissions\/[0-9a-f-]{36}\?done=requested$/);
  const admission = new URL(page.url()).pathname;

  await test.step("the ward sees the request and admits the patient", async () => {
    await signIn(page, "ward");
    await visit(page, "/wards/requests");
    await expect(page.locator("main").getByRole("link", { name: /Theresa/ })).toBeVisible();
    await visit(page, admission);
    await expectAccessible(page);
    const form = page.locator("form[action='/api/wards/admit']");
    await form.locator("[name=band]").check();
    await form.getByRole("button", { name: "Admit" }).click();
    await expect(page).toHaveURL(/done=admitted$/);
    await visit(page, `${admission}/band`);
    await expect(page.locator(".barcode")).toBeVisible();
  });

  await test.step("the board of the ward shows the patient", async () => {
    await visit(page, "/wards");
    await page.locator("main").getByRole("link", { name: "Medical ward" }).click();
    await expect(page.locator(".bed").filter({ hasText: "Theresa" })).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });

  await test.step("the doctor decides the discharge, and the patient leaves", async () => {
    await signIn(page, "doctor");
    await visit(page, `${admission}/discharge`);
    await page.locator("main [name=diagnosis]").fill("Pneumonia");
    await page.getByRole("button", { name: "Decide the discharge" }).click();
    await expect(page).toHaveURL(/done=decided$/);
    await signIn(page, "ward");
    await visit(page, admission);
    const form = page.locator("form[action='/api/wards/left']");
    await form.locator("[name=because]").fill("Settled at home");
    await form.getByRole("button", { name: "The patient left" }).click();
    await expect(page).toHaveURL(/done=left$/);
    await expect(page.locator("main")).toContainText("Discharged");
    await clean(page, "Medical ward", "3C");
  });
});

test("a bed is changed with the keyboard, and the change is undone", async ({ page }) => {
  await signIn(page, "nurse");
  await visit(page, "/wards");
  await page.locator("main").getByRole("link", { name: "Medical ward" }).click();
  await page.locator("[data-move] [data-open]").last().focus();
  let keys = 0;
  const press = async (key: string) => {
    keys += 1;
    await page.keyboard.press(key);
  };
  await press("m");
  await expect(page).toHaveURL(/\/admissions\/[0-9a-f-]{36}\/move$/);
  await expectAccessible(page);
  const free = await page.locator("main .post-button button").first().innerText();
  const label = /· (\S+)/.exec(free)?.[1] ?? "";
  await expect(page.locator("main [name=label]")).toBeFocused();
  for (const letter of label) await press(letter);
  await press("Enter");
  await expect(page).toHaveURL(/done=moved$/);
  expect(keys, `a move to ${label} by keyboard`).toBeLessThanOrEqual(5);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page).toHaveURL(/done=undone$/);
});

test("a bed is changed on a phone in three taps, and the change is undone", { tag: "@phone" }, async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, "ward");
  await board(page, "Medical ward");
  // With an open transfer nobody is moved.
  const patient = page.locator("[data-tile][data-move]").filter({ hasNotText: /transfer/i }).last();
  let taps = 0;
  const tap = async (press: () => Promise<void>) => {
    taps += 1;
    await press();
  };
  await tap(() => patient.getByRole("link", { name: /^Move/ }).click());
  await expect(page).toHaveURL(/\/admissions\/[0-9a-f-]{36}\/move$/);
  await expectNoSidewaysScroll(page);
  await tap(() => page.locator("main .post-button button").first().click());
  await expect(page).toHaveURL(/done=moved$/);
  expect(taps, "a move by phone").toBeLessThanOrEqual(3);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page).toHaveURL(/done=undone$/);
});

test("the ward's manager adds an extra trolley in one step, and removes it", async ({ page }) => {
  await signIn(page, "ward");
  await board(page, "Surgical ward");
  const occupied = await page.locator("main .stats").first().innerText();
  const form = page.locator("#trolley");
  await form.locator("[name=room]").selectOption({ index: 1 });
  await form.getByRole("button", { name: "Add an extra trolley" }).click();
  await expect(page).toHaveURL(/done=trolley_added$/);
  const trolley = tile(page, "T1");
  await expect(trolley).toContainText("Extra trolley");
  const beds = /\d+\/\d+/.exec(occupied)?.[0] ?? "";
  await expect(page.locator("main"), "the beds are as many as before").toContainText(beds);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await trolley.getByRole("button", { name: /^Remove the trolley/ }).click();
  await expect(page).toHaveURL(/done=trolley_removed$/);
  await expect(trolley).toHaveCount(0);
});

test("one ward refuses a patient, another takes her with a reserved bed", async ({ page, people, hospital }) => {
  test.setTimeout(120_000);
  const { doctor } = await staff(page, () => people.another());
  const patient = await hospital.patient("Vera", "1990-05-06");
  const first = await asked(doctor, patient, "Surgical ward");
  await visit(page, first);
  await page.getByRole("button", { name: "Refuse" }).first().click();
  const refusal = page.locator("#refuse-window");
  await refusal.locator("[name=reason]").fill("No operation is planned");
  await refusal.getByRole("button", { name: "Refuse" }).click();
  await expect(page).toHaveURL(/done=refused$/);
  await visit(doctor, first);
  await expect(doctor.locator("main")).toContainText("No operation is planned");

  const second = await asked(doctor, patient, "Medical ward");
  await visit(page, second);
  const form = page.locator("form[action='/api/wards/accept']");
  await form.getByRole("radio", { name: /\b3C\b/ }).check();
  await form.getByRole("button", { name: "Accept" }).click();
  await expect(page).toHaveURL(/done=accepted$/);
  await board(page, "Medical ward");
  await expect(tile(page, "3C")).toContainText("Reserved");
  await admit(page, second, "3C");

  await test.step("she is moved to the surgical ward by the label of a bed there", async () => {
    await visit(page, `${second}/move`);
    await page.locator("main [name=label]").fill("sur 3c");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/ask\?ward=/);
    await expectAccessible(page);
    await page.locator("main [name=kind]").selectOption({ label: "Another specialty" });
    await page.locator("main [name=escort]").selectOption({ label: "Porter" });
    await page.locator("main [name=handover]").fill("S: needs an operation after all. R: theatre today.");
    await page.getByRole("button", { name: "Ask for the transfer" }).click();
    await expect(page).toHaveURL(/done=transfer_asked$/);
    await visit(page, "/wards/requests");
    await expect(page.locator("main")).toContainText("Medical ward → Surgical ward");
    await visit(page, second);
    const accept = page.locator("form[action='/api/wards/accept_transfer']");
    await accept.getByRole("radio", { name: /\b3C\b/ }).check();
    await accept.getByRole("button", { name: "Accept" }).click();
    await expect(page).toHaveURL(/done=transfer_accepted$/);
    const arrive = page.locator("form[action='/api/wards/arrive']");
    await arrive.getByRole("button", { name: "Arrived" }).click();
    await expect(page).toHaveURL(/done=arrived$/);
    await board(page, "Surgical ward");
    await expect(tile(page, "3C")).toContainText(patient.family);
    await clean(page, "Medical ward", "3C");
  });
});

test("a patient is dragged onto a free bed, and the move is confirmed", async ({ page }) => {
  // The whole board is in sight: nothing scrolls under the mouse.
  await page.setViewportSize({ width: 1280, height: 2600 });
  await signIn(page, "ward");
  await board(page, "Surgical ward");
  // With an open transfer nobody is moved.
  const from = page.locator("[data-tile][data-move]").filter({ hasNotText: /transfer/i }).first();
  const to = page.locator("[data-tile][data-free]").first();
  const [name, bed] = [(await from.locator("[data-open]").innerText()).trim(), (await to.locator("strong").innerText()).trim()];
  await from.dragTo(to);
  await page.waitForURL(/\/move\?to=/);
  await visit(page, page.url());
  await expect(page.locator("#move-by-label [name=label]")).toHaveValue(bed);
  await page.locator("#move-by-label [name=because]").fill("Dragged in a test");
  await page.locator("#move-by-label").getByRole("button", { name: "Move" }).click();
  await expect(page).toHaveURL(/done=moved$/);
  await expect(page.locator("main"), "the history names the bed").toContainText(bed);
  expect(await page.locator(".patient__name").innerText()).toContain(name.split(",")[0]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page).toHaveURL(/done=undone$/);
});

test("two patients swap their beds", async ({ page }) => {
  await signIn(page, "ward");
  await board(page, "Medical ward");
  const name = async (bed: string) => (await tile(page, bed).locator("[data-open]").innerText()).trim();
  const [one, other] = [await name("2A"), await name("2B")];
  await expect(tile(page, "2C")).toContainText("Swap proposed");
  await tile(page, "2A").locator("[data-open]").click();
  await page.waitForURL(/\/admissions\//);
  await visit(page, page.url());
  // A proposed swap has a form of its own; another one is folded.
  await page.locator("#swap > summary").click();
  const form = page.locator("form[action='/api/wards/swap']").filter({ has: page.locator("select") });
  const label = await form.locator("option").filter({ hasText: /^2B:/ }).getAttribute("value");
  await form.locator("[name=other]").selectOption(label);
  await form.getByRole("button", { name: "Swap" }).click();
  await expect(page).toHaveURL(/done=swapped$/);
  await board(page, "Medical ward");
  await expect(tile(page, "2A")).toContainText(other);
  await expect(tile(page, "2B")).toContainText(one);
  await expect(tile(page, "2C"), "the proposal is overtaken").not.toContainText("Swap proposed");
});

test("a mother has twins, and the wristbands are compared", async ({ page, people, hospital }) => {
  test.setTimeout(150_000);
  const team = await staff(page, () => people.another());
  const { patient, admission } = await admitted(hospital, team, "Marta", "Maternity ward", "3C");
  for (const [order, cot] of [["1", "3X"], ["2", "3Y"]] as const) {
    await visit(page, admission);
    const { time } = await beforeAdmission(page, 0);
    await page.getByRole("link", { name: "Record a birth" }).click();
    await page.waitForURL(/\/birth$/);
    await visit(page, page.url());
    if (order === "1") await expectAccessible(page);
    const form = page.locator("form[action='/api/wards/born']");
    await form.locator("[name=plurality]").selectOption("2");
    await form.locator("[name=birth_order]").fill(order);
    await form.locator("[name=born_time]").fill(time);
    await form.locator("[name=sex]").selectOption("female");
    await form.locator("[name=weight_g]").fill("2480");
    await form.getByRole("radio", { name: new RegExp(`\\b${cot}\\b`) }).check();
    await form.getByRole("button", { name: "Record a birth" }).click();
    await expect(page).toHaveURL(/done=born$/);
  }
  await expect(page.locator("#family")).toContainText("2480 g");
  await expect(page.locator("#family")).toContainText(`Baby 2 of ${patient.given}`);
  await board(page, "Maternity ward");
  await expect(tile(page, "3X")).toContainText("Mother: 3C");
  await expect(tile(page, "3C")).toContainText("Child: 3X");
  await visit(page, `${admission}/match`);
  await page.locator("main [name=mother]").fill(patient.mrn);
  await page.locator("main [name=baby]").fill(patient.mrn);
  await page.getByRole("button", { name: "Compare" }).click();
  await expect(page.locator("main")).toContainText("do not belong together");
});

test("a bed is closed with a reason and opened again", async ({ page }) => {
  await signIn(page, "ward");
  await board(page, "Surgical ward");
  await tile(page, "5C").getByRole("link", { name: "5C", exact: true }).click();
  await page.waitForURL(/\/beds\//);
  await visit(page, page.url());
  await expectAccessible(page);
  await page.locator("main [name=reason]").fill("The rail is broken");
  await page.locator("main [name=until]").fill(new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10));
  await page.getByRole("button", { name: "Close the bed" }).click();
  await expect(page).toHaveURL(/done=closed$/);
  await expect(tile(page, "5C")).toContainText("The rail is broken");
  await tile(page, "5C").getByRole("link", { name: "5C", exact: true }).click();
  await page.waitForURL(/\/beds\//);
  await page.getByRole("button", { name: "Open the bed again" }).click();
  await expect(page).toHaveURL(/done=reopened$/);
  await expect(tile(page, "5C")).toContainText("Available");
});
