import { expect, expectHydrated, signIn, test, visit } from "../support/test.ts";

test("the islands of the desk come to life", { tag: "@phone" }, async ({ page }) => {
  await signIn(page, "reception");
  await visit(page, "/reception");
  await expect(page.locator("leptos-island[data-alive]")).not.toHaveCount(0);
});

test("an island that stays dead is noticed", async ({ page, watch }) => {
  watch.tolerate(/\.wasm|fetch|ERR_FAILED|come to life/i);
  await signIn(page, "reception");
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto("/reception");
  await expect(expectHydrated(page)).rejects.toThrow(/come to life/);
});

test("a page without islands loads no wasm", async ({ people, hospital }) => {
  const patient = hospital.portal(await hospital.patient());
  const pages: [string, string[]][] = [
    [patient, ["/portal", "/portal/appointments", "/portal/book", "/portal/records", "/portal/statement", "/portal/account"]],
    ["admin", ["/settings", "/users"]],
    ["", ["/sign-in", "/board/NORTH"]],
  ];
  for (const [login, paths] of pages) {
    const reader = await people.another();
    const loaded: string[] = [];
    reader.on("request", (request) => request.url().includes("/pkg/infirmary") && !request.url().endsWith(".css") && loaded.push(request.url()));
    if (login) await signIn(reader, login);
    for (const path of paths) {
      await visit(reader, path);
      await expect(reader.locator("html[data-hydrated]"), `${path} is ready`).toBeAttached();
      await expect(reader.locator("leptos-island"), `${path} has no island`).toHaveCount(0);
    }
    expect(loaded, `${login || "nobody"} loads no wasm`).toEqual([]);
  }
});
