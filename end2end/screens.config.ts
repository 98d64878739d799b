import config from "./playwright.config.ts";
import { defineConfig } from "@playwright/test";

/** The configuration of `cargo xtask screens`: the gallery in target/screens, with each screenshot once. */
export default defineConfig({
  ...config,
  testDir: "screens",
  timeout: 600_000,
  projects: [{ name: "screens", use: { deviceScaleFactor: 1 } }],
});
