import { existsSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";

/** The Chromium of the system: nothing is downloaded. */
const chromium =
  process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** The journeys whose course depends on the database: they run on both engines. The first two do so in the usual run too. */
const onEachEngine = ["story", "live", "from-nothing", "booking", "cashier", "consultation", "emergency"];

/** The journeys of the usual run: the patient's day and one of most departments. `cargo xtask test --all` sets ALL and runs every one. */
const usual = [
  ...["booking", "cashier", "emergency", "formulary", "imaging", "lab", "live", "messages"],
  ...["nursing", "orders", "pharmacy", "sign-up", "staff", "story", "till", "ward-round"],
];

/** Returns the files of this run: those chosen by name, or else those of the engine. */
function chosen(): string[] {
  if (process.env.JOURNEYS || !process.env.ENGINE) return ["**/*.spec.ts"];
  const all = Boolean(process.env.ALL);
  const names = process.env.ENGINE === "postgres" ? onEachEngine.slice(0, all ? undefined : 2) : all ? ["*"] : usual;
  return names.map((name) => `**/${name}.spec.ts`);
}

export default defineConfig({
  testDir: "journeys",
  testMatch: chosen(),
  globalSetup: "./support/ready.ts",
  outputDir: "test-results",
  // The journeys share one hospital: they run one after the other, and each creates the patients and times that it
  // needs.
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  // Several people act in the longest journeys, two of which share the machine.
  timeout: 150_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  use: {
    baseURL: process.env.BASE_URL ?? "http://localhost:3000",
    locale: "en-US",
    timezoneId: "UTC",
    actionTimeout: 10_000,
    navigationTimeout: 20_000,
    contextOptions: { reducedMotion: "reduce" },
    screenshot: "only-on-failure",
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    // All journeys except those about another width or about scripts.
    { name: "desktop", grepInvert: /@noscript|@speed/, use: { ...devices["Desktop Chrome"], viewport: { width: 1280, height: 800 } } },
    // The journeys that people do on a phone.
    { name: "phone", grep: /@phone/, use: { ...devices["Pixel 7"] } },
    // The journeys that must work before, or without, any script.
    {
      name: "noscript",
      grep: /@noscript/,
      use: { ...devices["Desktop Chrome"], viewport: { width: 1280, height: 800 }, javaScriptEnabled: false },
    },
    // The loading times; only on request, because other work on the machine would be measured too.
    ...(process.env.SPEED
      ? [{ name: "speed", grep: /@speed/, use: { ...devices["Desktop Chrome"], viewport: { width: 1280, height: 800 } } }]
      : []),
  ],
});
