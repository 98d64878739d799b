import { expect, expectAccessible, expectNoSidewaysScroll, signIn, test, visit } from "../support/test.ts";

test("an order is written, approved by another, received short by scanning, and its invoice is explained and approved", async ({ people, watch }) => {
  // More than was ordered is answered with 422.
  watch.tolerate(/422/);
  const stamp = `${Date.now() % 1_000_000}`.padStart(6, "0");
  const supplier = `Supplier ${stamp}`;
  // An article number with the check digit of GTIN-14: weights 3 and 1 from the right.
  const body = `0950600${stamp}`;
  const sum = [...body].reverse().reduce((all, digit, at) => all + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  const gtin = `${body}${(10 - (sum % 10)) % 10}`;
  const batch = `L${stamp}`;
  let code = "";
  let order = "";

  const store = await people.another();
  await signIn(store, "storekeeper");
  const pharmacist = await people.another();
  await signIn(pharmacist, "pharmacist");
  const accountant = await people.another();
  await signIn(accountant, "accountant");

  await test.step("the storekeeper gives the pack its article number", async () => {
    await visit(store, "/stock/items?q=paracetamol%20500%20mg");
    await store.locator("main table a").first().click();
    await store.getByRole("link", { name: "Edit" }).click();
    code = await store.locator("#item-form [name=code]").inputValue();
    await store.goBack();
    await store.locator("main").getByRole("link", { name: "Packs and levels" }).click();
    await expectAccessible(store);
    await expectNoSidewaysScroll(store);
    await store.locator("#add-code [name=gtin]").fill(gtin);
    await store.locator("#add-code [name=units]").fill("20");
    await store.getByRole("button", { name: "Add the number" }).click();
    await expect(store).toHaveURL(/done=saved/);
    await expect(store.locator("main")).toContainText(gtin);
  });

  await test.step("the storekeeper adds a supplier and writes an order", async () => {
    await visit(store, "/purchasing/suppliers");
    await expectAccessible(store);
    await store.getByRole("button", { name: "Add a supplier" }).click();
    await store.locator("#supplier-form [name=code]").fill(`S${stamp}`);
    await store.locator("#supplier-form [name=name]").fill(supplier);
    await store.locator("#supplier-form").getByRole("button", { name: "Save" }).click();
    await expect(store).toHaveURL(/done=saved/);
    await visit(store, "/purchasing/orders/new");
    await expectAccessible(store);
    await store.locator("#order-form [name=supplier]").selectOption({ label: supplier });
    await store.locator("#order-form [name=storeroom]").selectOption({ label: "Central store" });
    await store.getByRole("button", { name: "Begin the order" }).click();
    await expect(store).toHaveURL(/done=begun/);
    await store.locator("#line-form [name=scan]").fill(code);
    await store.locator("#line-form [name=quantity]").fill("100");
    await store.locator("#line-form [name=price]").fill("0.05");
    await store.locator("#line-form").getByRole("button", { name: "Add an item" }).click();
    await expect(store).toHaveURL(/done=saved/);
    await expect(store.locator("main")).toContainText("Another person approves this order.");
    await expectAccessible(store);
    await expectNoSidewaysScroll(store);
    order = new URL(store.url()).pathname;
  });

  await test.step("the pharmacist approves, the storekeeper sends it on paper", async () => {
    await visit(pharmacist, order);
    await pharmacist.getByRole("button", { name: "Approve", exact: true }).click();
    await expect(pharmacist).toHaveURL(/done=approved/);
    await visit(store, order);
    await store.getByRole("button", { name: "Record as sent" }).click();
    await expect(store).toHaveURL(/done=sent/);
    await visit(store, `${order}/paper`);
    await expect(store.locator("article.sheet")).toContainText(supplier);
    await expectAccessible(store);
  });

  await test.step("the delivery is short: the scanned pack fills batch and expiry date", async () => {
    await visit(store, `${order}/receive`);
    await store.locator("main form[role=search] [name=scan]").fill(`01${gtin}10${batch}\u001d17281200`);
    await store.getByRole("button", { name: "Read" }).click();
    await expect(store.locator("#delivery [name^=batch-]").first()).toHaveValue(batch);
    await expect(store.locator("#delivery [name^=expires-]").first()).toHaveValue("2028-12-31");
    await expectAccessible(store);
    await store.locator("#delivery [name=delivery_note]").fill(`DN-${stamp}`);
    await store.locator("#delivery [name^=quantity-]").first().fill("101");
    await store.getByRole("button", { name: "Put into stock" }).click();
    await expect(store.locator(".error-summary")).toBeVisible();
    await store.locator("#delivery [name^=quantity-]").first().fill("60");
    await store.getByRole("button", { name: "Put into stock" }).click();
    await expect(store).toHaveURL(/done=received/);
    await expect(store.locator("main")).toContainText("Partly received");
    await expect(store.locator("main")).toContainText(batch);
  });

  await test.step("the invoice is too high: the storekeeper explains, the accountant approves", async () => {
    await visit(store, `${order}/invoice`);
    await expectAccessible(store);
    await store.locator("#invoice-form [name=number]").fill(`F${stamp}`);
    await store.locator("#invoice-form [name=invoiced_on]").fill("2026-11-20");
    await store.locator("#invoice-form [name^=amount-]").first().fill("4.00");
    await store.locator("#invoice-form [name=total]").fill("4.00");
    await store.getByRole("button", { name: "Enter and match" }).click();
    await expect(store.locator("main")).toContainText("The invoice is not as ordered or received.");
    await expectAccessible(store);
    const invoice = new URL(store.url()).pathname;
    await store.locator("#explain [name=explanation]").fill("New price list since November");
    await store.getByRole("button", { name: "Save the explanation" }).click();
    await expect(store).toHaveURL(/done=explained/);
    await visit(accountant, invoice);
    await accountant.getByRole("button", { name: "Approve", exact: true }).click();
    await expect(accountant.locator("main")).toContainText("Approved with a difference");
    await expectAccessible(accountant);
  });

  await test.step("ten broken tablets go back, and the credit is matched against the invoice", async () => {
    await visit(store, "/stock/items?q=paracetamol%20500%20mg");
    await store.locator("main table a").first().click();
    const row = store.locator("main tr", { hasText: batch });
    await row.getByRole("link", { name: "Return to the supplier" }).click();
    await expectAccessible(store);
    await expectNoSidewaysScroll(store);
    await store.locator("#return-form [name=line]").selectOption({ index: 1 });
    await store.locator("#return-form [name=quantity]").fill("10");
    await store.locator("#return-form [name=reason]").selectOption("damaged");
    await store.locator("#return-form [name=note]").fill("Wet boxes");
    await store.getByRole("button", { name: "Take out of stock and return" }).click();
    await expect(store).toHaveURL(/done=returned/);
    await expect(store.locator("main")).toContainText("10 tablets");
    await expectAccessible(store);
    const returned = new URL(store.url()).pathname;
    await visit(store, `${returned}/paper`);
    await expect(store.locator("article.sheet")).toContainText(batch);
    await expectAccessible(store);
    await visit(store, returned);
    await store.locator("#credit-form [name=number]").fill(`C${stamp}`);
    await store.locator("#credit-form [name=credited_on]").fill("2026-11-21");
    await store.locator("#credit-form [name=invoice]").selectOption({ index: 1 });
    // Four euros for sixty tablets: ten are 67 cents.
    await store.locator("#credit-form [name=credit]").fill("0.67");
    await store.getByRole("button", { name: "Match the credit" }).click();
    await expect(store).toHaveURL(/done=credited/);
    await expect(store.locator("main")).toContainText("The credit is the one that was due.");
    await visit(store, "/purchasing/returns?all=yes");
    await expect(store.locator("main")).toContainText(supplier);
    await expectAccessible(store);
    await expectNoSidewaysScroll(store);
  });

  await test.step("what is low is proposed with its reason", async () => {
    await visit(store, "/purchasing/reorder");
    await expectAccessible(store);
    await expectNoSidewaysScroll(store);
    await visit(store, "/stock/usage");
    await expectAccessible(store);
    await visit(store, "/stock/scan?scan=4006381333931");
    await expect(store.locator("main")).toContainText("belongs to no item");
    await expectAccessible(store);
  });
});
