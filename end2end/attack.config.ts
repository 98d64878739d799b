import config from "./playwright.config.ts";
import { defineConfig, devices } from "@playwright/test";

/**
 * The configuration of `cargo xtask attack`, which attacks the running hospital through a browser. Every test leaves the state that the
 * next one needs.
 */
export default defineConfig({
  ...config,
  testDir: "attack",
  timeout: 1_800_000,
  maxFailures: 0,
  projects: [{ name: "attack", use: { ...devices["Desktop Chrome"] } }],
});
