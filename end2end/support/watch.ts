import { expect, type ConsoleMessage, type Page, type Response } from "@playwright/test";

/** Records every problem on a page that a user must never see. */
export class Watch {
  readonly #page: Page;
  readonly #problems: string[] = [];
  readonly #tolerated: RegExp[] = [];
  readonly #scripts: boolean;

  private constructor(page: Page, scripts: boolean) {
    this.#page = page;
    this.#scripts = scripts;
    page.on("console", (message) => this.#onConsole(message));
    page.on("pageerror", (error) => this.#report(`error in the page: ${error.message}`));
    page.on("response", (response) => this.#onResponse(response));
  }

  static async over(page: Page, scripts: boolean): Promise<Watch> {
    const watch = new Watch(page, scripts);
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`content security policy: ${event.violatedDirective} blocked ${event.blockedURI || "inline"}`);
      });
    });
    return watch;
  }

  /** Accepts a problem that a test provokes on purpose. */
  tolerate(pattern: RegExp): void {
    this.#tolerated.push(pattern);
  }

  /** Ends the watch; must be called when the test is over. */
  async end(): Promise<void> {
    if (!this.#page.isClosed()) {
      await expectHydrated(this.#page, this.#scripts).catch((error: Error) => this.#report(error.message));
    }
    const problems = this.#problems.filter((problem) => !this.#tolerated.some((pattern) => pattern.test(problem)));
    expect(problems, "no errors while the pages were used").toEqual([]);
  }

  #report(problem: string): void {
    this.#problems.push(`${problem} (on ${this.#page.url()})`);
  }

  #onConsole(message: ConsoleMessage): void {
    const text = message.text();
    // Refused forms are answered with a 4xx status, which Chromium logs; `#onResponse` checks bad answers.
    if (text.startsWith("Failed to load resource")) return;
    const unhydrated = text.includes("Could not find WASM function") || text.includes("hydration");
    if (message.type() === "error" || (message.type() === "warning" && unhydrated)) {
      this.#report(`console: ${text}`);
    }
  }

  #onResponse(response: Response): void {
    const status = response.status();
    const kind = response.request().resourceType();
    const part = ["script", "stylesheet", "font", "image", "manifest"].includes(kind);
    if (status >= 500 || (status >= 400 && part)) {
      this.#report(`${response.request().method()} ${response.url()} was answered with ${status}`);
    }
  }
}

/** Fails when the page has islands and one of them is not hydrated. */
export async function expectHydrated(page: Page, scripts = true): Promise<void> {
  if (!scripts || (await page.locator("leptos-island").count()) === 0) return;
  // One of the two attributes appears; waiting for either reports a failure at once.
  await expect(page.locator("html[data-hydrated], html[data-hydration-failed]"), "the islands are tried").toBeAttached();
  await expect(page.locator("html"), "the islands come to life").toHaveAttribute("data-hydrated", "true", { timeout: 1 });
  await expect(page.locator("leptos-island:not([data-alive])"), "no island is left out").toHaveCount(0);
}
