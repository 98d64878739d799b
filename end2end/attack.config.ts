import config from "./playwright.config.ts";
import { defineConfig, devices } from "@playwright/test";

/** `cargo xtask attack`: the running hospital, attacked through a browser. Every test leaves what the next one needs. */
export default defineConfig({
  ...config,
  testDir: "attack",
  timeout: 1_800_000,
  maxFailures: 0,
  projects: [{ name: "attack", use: { ...devices["Desktop Chrome"] } }],
});
