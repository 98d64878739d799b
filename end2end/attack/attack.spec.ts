/**
 * Attacks every form of every role: posts it from foreign origins, and fills it with markers that would run as a script if any
 * page
 * showed them as anything but text. Then passes the requests to the programs that try injections (`ATTACK` names the folder).
 */
import { createServer, type Server } from "node:http";
import { mkdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { expect, test, type BrowserContext, type Page } from "@playwright/test";
import { DEMO_PASSWORD } from "../support/hospital.ts";
import { formsOn, likeness, pattern, plausible, SHUTS_OUT, walk, type Form, type House } from "./house.ts";

const ROLES = ["patient", "reception", "nurse", "doctor", "cashier", "admin", "auditor"] as const;
const BASE = process.env.BASE_URL ?? "http://localhost:3000";
const FOLDER = process.env.ATTACK ?? "test-results/attack";

/** The markers. Each would set `window.marked`, or leave an element that the program did not write. */
const MARKERS = [
  `</textarea></title></style><script>window.marked=1</script>`,
  `"><img src=marked onerror=window.marked=1>`,
  `' autofocus onfocus=window.marked=1 x='`,
];

/** Values of a parameter or an id that no page of the program creates. */
const ODD = ["%00", "%", "_", "💥", "9".repeat(400), "-1", "../../etc/passwd", "//evil.test", "00000000-0000-0000-0000-000000000000", " ".repeat(4000)];

interface Intruder {
  role: string;
  context: BrowserContext;
  page: Page;
  house: House;
}

const intruders: Intruder[] = [];
/** Addresses to which a marker was sent, or to which the answer redirected. */
const touched = new Set<string>();
/** The faults that were found, each with its address. */
const findings: string[] = [];

test.describe.configure({ mode: "serial" });

test.beforeAll(async ({ browser }) => {
  for (const role of ROLES) {
    const context = await browser.newContext({ baseURL: BASE });
    const page = await context.newPage();
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    page.on("console", (message) => {
      if (/policy:|Content Security Policy/.test(message.text())) findings.push(`${role} ${page.url()}: ${message.text()}`);
    });
    page.on("dialog", (dialog) => {
      findings.push(`${role} ${page.url()}: a dialog opened`);
      void dialog.dismiss();
    });
    page.on("response", (response) => {
      if (response.status() >= 500) findings.push(`${role}: ${response.request().method()} ${response.url()} was answered with ${response.status()}`);
    });
    await page.goto("/sign-in");
    await page.locator("input[name=login]").fill(role);
    await page.locator("input[name=password]").fill(DEMO_PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page).not.toHaveURL(/sign-in/);
    const house = await walk(page);
    console.log(`${role}: ${house.pages.length} pages, ${house.forms.length} forms`);
    intruders.push({ role, context, page, house });
  }
});

test.afterEach(() => {
  const found = findings.splice(0);
  expect(found, "nothing ran, nothing was blocked, nothing broke").toEqual([]);
});

/** Serves a page of another site, which a user was lured to open. */
function foreign(host: string): Promise<{ server: Server; origin: string }> {
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><title>Prizes</title>"));
  return new Promise((resolve) => {
    server.listen(0, host, () => resolve({ server, origin: `http://${host}:${(server.address() as AddressInfo).port}` }));
  });
}

test("forms posted from foreign origins are refused", async () => {
  // Another site, and another origin of the same site, to which a browser sends the cookies.
  for (const host of ["127.0.0.1", "localhost"]) {
    const { server, origin } = await foreign(host);
    let tried = 0;
    for (const { role, context, house } of intruders) {
      for (const form of house.forms.filter(({ method }) => method === "post")) {
        const page = await context.newPage();
        await page.goto(origin);
        const answer = page.waitForResponse((response) => response.request().method() === "POST");
        await send(page, form, new URL(form.action, BASE).href, {});
        expect.soft((await answer).status(), `${role}: ${form.action} from ${origin}`).toBe(403);
        tried += 1;
        await page.close();
      }
    }
    server.close();
    console.log(`${tried} posts from ${origin}`);
    expect(tried).toBeGreaterThan(50);
  }
});

test("markers in every field are text wherever they are shown", async () => {
  const [accepted, refused] = [new Set<string>(), new Set<string>()];
  let sent = 0;
  mkdirSync(FOLDER, { recursive: true });
  for (const { role, page, house } of intruders) {
    // Forms for text come before forms that move patients on, after which other forms disappear.
    const forms = house.forms.filter(({ action }) => !SHUTS_OUT.test(action)).sort((one, other) => written(other) - written(one));
    for (const known of forms) {
      for (const { name, kind } of known.fields.filter(({ kind }) => !["checkbox", "radio", "file", "password"].includes(kind))) {
        for (const marker of kind === "hidden" || kind.startsWith("select") ? MARKERS.slice(0, 1) : MARKERS) {
          // The form is sent from its own page as it is now: with a fresh key and the present version.
          await page.goto(known.page);
          const form = (await formsOn(page)).find((form) => likeness(form) === likeness(known));
          if (!form) break;
          const answer = page.waitForResponse((response) => response.request().isNavigationRequest());
          const there = page.waitForEvent("load");
          await send(page, form, form.action, { [name]: marker });
          const status = (await answer).status();
          await there;
          sent += 1;
          if (status < 400) {
            accepted.add(`${role} ${form.method} ${pattern(form.action)} ${name}`);
            touched.add(form.page);
            if (form.method === "post") touched.add(page.url());
          } else {
            refused.add(`${status} ${role} ${form.method} ${pattern(form.action)} ${name}`);
          }
          await looked(page, `${role} ${form.method} ${form.action} ${name}`);
        }
      }
    }
  }
  console.log(`${sent} markers sent, ${accepted.size} fields took them`);
  writeFileSync(`${FOLDER}/accepted.txt`, [...accepted].sort().join("\n"));
  writeFileSync(`${FOLDER}/refused.txt`, [...refused].sort().join("\n"));
  expect(accepted.size, "many fields kept what they were told").toBeGreaterThan(60);
});

test("and on every page afterwards", async () => {
  const shown = new Set<string>();
  for (const { role, page, house } of intruders) {
    const look = async () => {
      if ((await page.locator("leptos-island").count()) > 0) await page.locator("html[data-hydrated], html[data-hydration-failed]").waitFor();
      await looked(page, `${role} ${page.url()}`);
      if ((await page.content()).includes("window.marked")) shown.add(`${role} ${pattern(page.url())}`);
    };
    house.pages = (await walk(page, look)).pages;
    for (const address of touched) {
      await page.goto(address);
      await look();
    }
  }
  console.log(`markers were shown on ${shown.size} pages:\n${[...shown].sort().join("\n")}`);
  expect(shown.size, "the markers are on the pages, as text").toBeGreaterThan(20);
});

test("odd values of every parameter and id are answered in words", async () => {
  let tried = 0;
  for (const { role, context, house } of intruders) {
    const addresses = new Map<string, URL>();
    for (const address of house.pages) addresses.set(pattern(address), new URL(address, BASE));
    for (const { action, fields } of house.forms.filter(({ method }) => method === "get")) {
      const url = new URL(action, BASE);
      for (const field of fields) url.searchParams.set(field.name, plausible(field));
      addresses.set(pattern(url.href), url);
    }
    for (const url of addresses.values()) {
      const asked = [...url.searchParams.keys()].flatMap((name) =>
        ODD.map((odd) => {
          const other = new URL(url);
          other.searchParams.set(name, decodeURIComponent(odd.replace(/%(?!00)/g, "%25")));
          return other.href;
        }),
      );
      if (/[0-9a-f]{8}-/.test(url.pathname)) {
        asked.push(...ODD.map((odd) => BASE + url.pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, odd === "%00" ? odd : encodeURIComponent(odd))));
      }
      for (const address of asked) {
        const answer = await context.request.get(address, { maxRedirects: 0, headers: { accept: "text/html" } });
        expect.soft(answer.status(), `${role}: ${address.slice(0, 200)}`).toBeLessThan(500);
        const to = answer.headers()["location"];
        expect.soft(to === undefined || new URL(to, BASE).host === new URL(BASE).host, `${role}: ${address.slice(0, 200)} leads to ${to}`).toBe(true);
        tried += 1;
      }
    }
  }
  console.log(`${tried} odd addresses`);
  expect(tried).toBeGreaterThan(500);
});

test("what the injection programs begin with", async () => {
  mkdirSync(FOLDER, { recursive: true });
  const requests = new Map<string, string>();
  const cookies: Record<string, string> = {};
  const { host } = new URL(BASE);
  for (const { role, context, house } of intruders) {
    cookies[role] = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const head = `Host: ${host}\r\nOrigin: ${BASE}\r\nCookie: ${cookies[role]}`;
    const asked = house.pages.filter((page) => page.includes("?")).map((page): Form => {
      const url = new URL(page, BASE);
      return { action: url.pathname, method: "get", page, fields: [...url.searchParams].map(([name, value]) => ({ name, value, kind: "text" })) };
    });
    for (const form of [...house.forms, ...asked]) {
      if (SHUTS_OUT.test(form.action) || form.fields.length === 0 || requests.has(likeness(form))) continue;
      const body = new URLSearchParams(form.fields.map((field) => [field.name, plausible(field)])).toString();
      const request =
        form.method === "get"
          ? `GET ${form.action}?${body} HTTP/1.1\r\n${head}\r\n\r\n`
          : `POST ${form.action} HTTP/1.1\r\n${head}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n${body}`;
      requests.set(likeness(form), request);
    }
  }
  const line = "=".repeat(54);
  const log = [...requests.values()].map((request) => `${line}\r\n12:00:00  ${BASE}  [127.0.0.1]\r\n${line}\r\n${request}\r\n${line}\r\n\r\n\r\n`);
  writeFileSync(`${FOLDER}/requests.log`, log.join(""));
  writeFileSync(`${FOLDER}/cookies.json`, JSON.stringify(cookies));
  console.log(`${requests.size} different requests`);
  expect(requests.size).toBeGreaterThan(60);
});

/** Counts the text fields of a form. */
function written({ fields }: Form): number {
  return fields.filter(({ kind }) => kind === "text" || kind === "textarea").length;
}

/** Checks that no marker has run in the page. */
async function looked(page: Page, where: string): Promise<void> {
  const alive = await page.evaluate(() => "marked" in window || document.querySelector("img[src=marked], [onfocus], [onerror]") !== null);
  if (alive) findings.push(`${where}: a marker came alive`);
}

/** Submits a form like this one from the open page; resolves when the submission has begun. */
async function send(page: Page, form: Form, action: string, instead: Record<string, string>): Promise<void> {
  const values = form.fields.map((field): [string, string] => [field.name, instead[field.name] ?? plausible(field)]);
  await page.evaluate(
    ({ action, method, values }) => {
      const made = document.createElement("form");
      made.action = action;
      made.method = method;
      for (const [name, value] of values) {
        const field = document.createElement("textarea");
        field.name = name;
        field.value = value;
        made.append(field);
      }
      document.body.append(made);
      // A field may have the name `submit`.
      HTMLFormElement.prototype.submit.call(made);
    },
    { action, method: form.method, values },
  );
}
