import config from "./playwright.config.ts";
import { defineConfig } from "@playwright/test";

/** `cargo xtask screens`: the gallery in target/screens, each picture once. */
export default defineConfig({
  ...config,
  testDir: "screens",
  timeout: 600_000,
  projects: [{ name: "screens", use: { deviceScaleFactor: 1 } }],
});
