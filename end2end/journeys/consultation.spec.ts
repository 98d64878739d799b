import { DEMO_PASSWORD, expect, expectAccessible, expectHydrated, expectNoSidewaysScroll, picture, signIn, test, visit } from "../support/test.ts";

test("one key calls, the note saves itself, a code, a prescription, a signature", { tag: "@phone" }, async ({ page, hospital, watch }) => {
  // A wrong password is answered with 422.
  watch.tolerate(/422/);
  const patient = await hospital.patient();
  await hospital.waitsForDoctor(patient, { emergency: true });
  await signIn(page, "doctor");
  await visit(page, "/consultation");
  await page.keyboard.press("n");
  await page.waitForURL(/\/consultation\/[0-9a-f-]{36}/);
  await expect(page.getByRole("region", { name: `Patient: ${patient.listed}` })).toBeVisible();
  await expectHydrated(page);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await picture(page, "consultation");

  // The note saves itself and is there after a reload; markup is shown as text.
  const history = page.getByLabel("History");
  const text = `Headache for two days. </textarea><script>alert(1)</script>`;
  await history.fill(text);
  await expect(page.locator(".note__saved")).toContainText(/Saved \d\d:\d\d/);
  await visit(page, page.url());
  await expect(history).toHaveValue(text);

  // A word and two keys add a diagnosis code.
  const diagnosis = page.getByRole("combobox", { name: "Diagnosis" });
  await diagnosis.pressSequentially("tension headache");
  await expect(page.locator("#diagnosis-list [role=option]").first()).toBeVisible();
  await diagnosis.press("ArrowDown");
  await diagnosis.press("Enter");
  await expect(page.locator(".rows .code", { hasText: /^G44/ })).toBeVisible();

  const medicine = page.getByRole("combobox", { name: "Medicine" });
  await medicine.fill("Paracetamol 500 mg");
  await page.getByLabel("Dose").fill("1 tablet");
  await page.getByLabel("How often").selectOption("3 times a day");
  await page.getByLabel("Days").fill("3");
  await page.getByRole("button", { name: "Prescribe" }).click();
  await expect(page.getByText("1 tablet, by mouth, 3 times a day, for 3 days")).toBeVisible();
  await expect(medicine).toHaveValue("");

  // Text typed a moment before the signature is signed too.
  await page.getByLabel("Plan").fill("Rest, and come back if it gets worse.");
  const here = page.url();
  await page.getByLabel("Plan").press("Control+Enter");
  await expect(page.getByLabel("Your password, to sign"), "who signs proves who she is").toBeFocused();
  await page.keyboard.type("not the password");
  await page.keyboard.press("Enter");
  await expect(page.locator("#sign-password-error"), "it is said where it is typed").toContainText("not your password");
  await expect(page.locator(".note__saved"), "the note is as saved as it was").not.toContainText("Not saved");
  await expect(page.getByLabel("Plan"), "nothing is lost").toHaveValue("Rest, and come back if it gets worse.");
  await page.getByLabel("Your password, to sign").fill(DEMO_PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(/done=signed/);
  await visit(page, here);
  await expect(page.getByText("Rest, and come back if it gets worse.")).toBeVisible();
  await expect(page.locator(".signed__by").first()).toContainText("signature verified");
  await expectAccessible(page);

  await page.getByRole("link", { name: "Visit summary" }).click();
  await visit(page, page.url());
  await expect(page.getByRole("heading", { name: "Visit summary" })).toBeVisible();
  await expect(page.getByText("Paracetamol 500 mg")).toBeVisible();
  await expectAccessible(page);
});

test("whatever is reached by Tab stands above the bar for signing", async ({ page, hospital }) => {
  const { id } = await hospital.withDoctor(await hospital.patient(), "doctor2");
  await signIn(page, "doctor2");
  for (const height of [657, 900]) {
    await page.setViewportSize({ width: 1366, height });
    await visit(page, `/consultation/${id}`);
    await page.getByLabel("History").focus();
    for (let step = 0; step < 24; step++) {
      await page.keyboard.press("Tab");
      const covered = await page.evaluate(() => {
        const [field, bar] = [document.activeElement, document.querySelector(".note__sign")];
        if (!field || !bar || bar.contains(field) || !field.closest(".consultation__note")) return "";
        const overlap = field.getBoundingClientRect().bottom - bar.getBoundingClientRect().top;
        return overlap > 1 ? `${field.id || field.outerHTML.slice(0, 80)}: ${overlap} px` : "";
      });
      expect(covered, `at ${height} px`).toBe("");
    }
  }
});

test("a warning about a medicine is in sight, and an empty reason is said at its field", async ({ page, hospital }) => {
  const untracked: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("reactive tracking context")) untracked.push(message.text());
  });
  const { id } = await hospital.withDoctor(await hospital.patient(), "doctor2");
  await signIn(page, "doctor2");
  await page.setViewportSize({ width: 1366, height: 657 });
  await visit(page, `/consultation/${id}`);
  const prescribe = async (dose: string): Promise<void> => {
    await page.getByRole("combobox", { name: "Medicine" }).fill("Paracetamol 500 mg");
    await page.getByLabel("Dose").fill(dose);
    await page.getByLabel("How often").selectOption("3 times a day");
    await page.getByLabel("Dose").press("Enter");
  };
  await prescribe("1 tablet");
  const line = page.locator(".rows__row", { has: page.getByRole("button", { name: "Remove Paracetamol" }) });
  await expect(line).toHaveCount(1);

  // The same medicine in another dose gets a warning: it is visible above the bar for signing, and its field has the focus.
  await prescribe("2 tablets");
  const [careful, reason] = [page.locator("#rx-careful"), page.locator("#rx-override")];
  await expect(careful).toBeVisible();
  await expect(reason).toBeFocused();
  const covered = (): Promise<number> =>
    page.evaluate(() => {
      const [notice, bar] = [document.querySelector("#rx-careful"), document.querySelector(".note__sign")];
      if (!notice || !bar) return Infinity;
      return Math.max(0, notice.getBoundingClientRect().bottom - bar.getBoundingClientRect().top);
    });
  await expect.poll(covered, "the bar covers nothing of the question").toBeLessThanOrEqual(1);
  await expect(careful).toBeInViewport({ ratio: 0.9 });

  await reason.press("Enter");
  await expect(page.locator("#rx-override-error"), "it is said where it is missing").toContainText("Say why");
  await expect(reason).toBeFocused();
  await expect(line, "nothing was prescribed").toHaveCount(1);
  await reason.fill("More at night");
  await reason.press("Enter");
  // With the dose comes a further warning, of the total of the day: the reason answers it only when it is sent again.
  await expect(careful).toContainText("4500 mg a day");
  await expect(line).toHaveCount(1);
  await expect(reason).toBeFocused();
  await reason.press("Enter");
  await expect(line).toHaveCount(2);

  // A refused form shows its message; the page reads no signal that nothing tracks.
  await page.getByRole("combobox", { name: "Medicine" }).fill("Paracetamol 500 mg");
  await page.getByLabel("Dose").press("Enter");
  await expect(reason).toBeFocused();
  await reason.fill("A third");
  await reason.press("Enter");
  await expect(page.locator("#rx-dose-error")).toBeVisible();
  expect(untracked, "no signal is read outside of a view").toEqual([]);
});

test("an open consultation says at once that the vital signs were another patient's", async ({ page, people, hospital }) => {
  const { id } = await hospital.withDoctor(await hospital.patient(), "doctor2");
  const nurse = await people.another();
  await signIn(nurse, "nurse");
  await visit(nurse, `/visits/${id}/vitals`);
  await nurse.locator("[name=pulse]").fill("72");
  await nurse.keyboard.press("Control+Enter");
  await nurse.waitForURL(/done=vitals/);
  await signIn(page, "doctor2");
  await visit(page, `/consultation/${id}`);
  const [values, flags] = [page.locator("#glance-vitals"), page.locator(".patient__flags")];
  await expect(values).toContainText("72");
  await expect(flags).not.toContainText("No valid vital signs");

  await visit(nurse, `/visits/${id}/vitals`);
  await nurse.getByRole("button", { name: "Mark as wrong" }).first().click();
  const dialog = nurse.getByRole("dialog", { name: "Mark these vital signs as entered in error" });
  await expect(dialog.getByLabel("Reason")).toBeFocused();
  await dialog.getByLabel("Reason").fill("Another patient's");
  await dialog.getByRole("button", { name: "Mark as wrong" }).click();
  await nurse.waitForURL(/done=in_error/);
  await expect(nurse.getByRole("alert").first()).toContainText("marked as wrong");

  await expect(values, "without a reload").toContainText("there are none", { timeout: 30_000 });
  await expect(flags).toContainText("No valid vital signs");
});

test("the menu of a row in the doctor's queue is whole", async ({ page, hospital }) => {
  const waiting = await hospital.waitsForDoctor(await hospital.patient(), { emergency: true });
  const { id } = await hospital.withDoctor(await hospital.patient(), "doctor2");
  await signIn(page, "doctor2");
  for (const width of [1366, 1440]) {
    await page.setViewportSize({ width, height: 768 });
    await visit(page, `/consultation/${id}`);
    const row = page.locator(".consultation__queue .queue__row", { hasText: waiting.token });
    await row.scrollIntoViewIfNeeded();
    await row.hover();
    await row.locator("summary").click();
    await expect(row.locator(".confirm__panel")).toBeVisible();
    const hidden = await row.locator(".confirm__panel").evaluate((panel) => {
      const parts = [...panel.querySelectorAll("select, button")];
      const seen = (part: Element): boolean => {
        const { left, right, top, bottom } = part.getBoundingClientRect();
        const corners = [[left + 4, top + 4], [right - 4, bottom - 4]] as const;
        return corners.every(([x, y]) => part.contains(document.elementFromPoint(x, y)));
      };
      return parts.filter((part) => !seen(part)).map((part) => part.textContent ?? "");
    });
    expect(hidden, `cut off at ${width} px`).toEqual([]);
  }
});

test("two windows of one note: nothing is lost, a person chooses", async ({ page, context, watch, hospital }) => {
  watch.tolerate(/409/);
  const { id } = await hospital.withDoctor(await hospital.patient(), "doctor2");
  await signIn(page, "doctor2");
  await visit(page, `/consultation/${id}`);
  const other = await context.newPage();
  await visit(other, page.url());

  await page.getByLabel("Assessment").fill("From the first window");
  await expect(page.locator(".note__saved")).toContainText(/Saved \d\d:\d\d/);
  await other.getByLabel("Assessment").fill("From the second window");
  await expect(other.getByText("Two versions of this note")).toBeVisible();
  await expect(other.locator(".versions")).toContainText("From the first window");
  await other.getByRole("button", { name: "Keep the text of this window" }).click();
  await expect(other.locator(".note__saved")).toContainText(/Saved \d\d:\d\d/);
  await expect(other.getByLabel("Assessment")).toHaveValue("From the second window");
  await other.close();
});

test("the chart has what happened, with trends", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "doctor");
  await visit(page, "/consultation");
  await page.locator('a[href$="/chart"]').first().click();
  await visit(page, page.url());
  await expect(page.getByRole("heading", { name: "Chart", level: 1 })).toBeVisible();
  await expect(page.locator(".chart__entry").first()).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await picture(page, "chart");
});
