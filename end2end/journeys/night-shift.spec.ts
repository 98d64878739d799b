/** A night shift on a phone, in a hospital of its own: eight patients, doses, observations, a question after a dose, and the handover. */
import { OwnServer } from "../support/own-server.ts";
import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";
import { onNumberPad } from "../support/wards.ts";

test("a nurse takes eight patients, and gives, observes and hands over with counted taps", async ({ people, watch }) => {
  test.setTimeout(120_000);
  watch.tolerate(/422/);
  const server = await OwnServer.open();
  try {
    const nurse = await people.another({ baseURL: server.baseURL, viewport: { width: 390, height: 844 } });
    await signIn(nurse, "nurse");
    let taps = 0;
    const tap = async (target: ReturnType<typeof nurse.locator>) => {
      taps += 1;
      await target.click();
    };
    let ward = "";
    const stays: string[] = [];

    await test.step("she takes eight patients, one tap each", async () => {
      await visit(nurse, "/nursing");
      await nurse.locator("main").getByRole("link", { name: "Medical ward" }).click();
      await expect(nurse).toHaveURL(/ward=/);
      ward = new URL(nurse.url()).searchParams.get("ward") ?? "";
      await visit(nurse, `/nursing?ward=${ward}&show=all`);
      const back = nurse.locator("main").getByRole("button", { name: /^Give back/ });
      const mine = await back.count();
      for (let taken = mine; taken < 8; taken += 1) {
        await tap(nurse.locator("main").getByRole("button", { name: /^Take/ }).first());
        await expect(back).toHaveCount(taken + 1);
      }
      expect(taps, "a tap for each patient").toBe(8 - mine);
      await visit(nurse, `/nursing?ward=${ward}`);
      await expect(back).toHaveCount(8);
      await expectAccessible(nurse);
      await expectNoSidewaysScroll(nurse);
      for (const link of await nurse.locator("main .rows__row .rows__main a").all()) {
        const href = (await link.getAttribute("href")) ?? "";
        if (href.endsWith("/nursing")) stays.push(href.replace(/\/nursing$/, ""));
      }
      expect(stays).toHaveLength(8);
    });

    await test.step("a set of observations needs the number pad alone", async () => {
      await visit(nurse, `${stays[0]}/nursing`);
      const keys = await onNumberPad(nurse, ["16", "97", "0", "122", "78", "72", "0", "36.8"]);
      expect(keys, "17 digits and marks, eight times Enter, and the one that sends").toBe(26);
    });

    await test.step("a dose that is due is one tap on the round", async () => {
      await visit(nurse, `/wards/${ward}/round`);
      await expectAccessible(nurse);
      await expectNoSidewaysScroll(nurse);
      taps = 0;
      await tap(nurse.locator("main form[action='/api/medicine_record/give']").getByRole("button").first());
      await expect(nurse).toHaveURL(/done=given/);
      expect(taps).toBe(1);
    });

    await test.step("a dose that asks for a value shows it, and she decides", async () => {
      await nurse.locator("main .rows__row", { hasText: "Look at the value first" }).getByRole("link").first().click();
      await expect(nurse.locator("main")).toContainText("Hold if");
      await expectAccessible(nurse);
      await expectNoSidewaysScroll(nurse);
      const form = nurse.locator("form[action='/api/medicine_record/give']");
      await form.locator("[name=hold_reason]").selectOption("doctor_asked");
      await form.getByRole("button", { name: "Given" }).click();
      await expect(nurse).toHaveURL(/done=given/);
    });

    await test.step("after a medicine as needed its effect stands among the tasks", async () => {
      let stay = "";
      const ready = nurse.locator("section[aria-labelledby='as-needed'] .rows__row").getByRole("button", { name: "Given" });
      for (const one of stays) {
        await visit(nurse, `${one}/medicines`);
        if ((await ready.count()) > 0) {
          stay = one;
          break;
        }
      }
      expect(stay, "one of them has a medicine as needed").not.toBe("");
      taps = 0;
      await tap(ready.first());
      await tap(nurse.locator("form[action='/api/medicine_record/give_as_needed']").getByRole("button", { name: "Given" }).first());
      await expect(nurse).toHaveURL(/done=given/);
      expect(taps).toBe(2);
      await visit(nurse, `${stay}/tasks`);
      taps = 0;
      await tap(nurse.locator("main").getByRole("link", { name: /^Effect of/ }).first());
      await expectAccessible(nurse);
      const form = nurse.locator("#effect-form");
      await tap(form.getByLabel("Better"));
      await tap(form.getByRole("button", { name: "Record the effect" }));
      await expect(nurse).toHaveURL(/done=effect$/);
      expect(taps).toBe(3);
      await expect(nurse.locator("main")).toContainText("Effect: Better");
      await visit(nurse, `${stay}/tasks`);
      await expect(nurse.locator("main").getByRole("link", { name: /^Effect of/ })).toHaveCount(0);
    });

    await test.step("the shift is handed over", async () => {
      await visit(nurse, `/nursing/handover?ward=${ward}`);
      await expectNoSidewaysScroll(nurse);
      await nurse.getByRole("button", { name: "Offer to the next shift" }).click();
      await expect(nurse).toHaveURL(/done=offered$/);
    });
  } finally {
    await server.close();
  }
});
