/** Pictures for docs/screens: small files, and a page that shows them all. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import UPNG from "upng-js";

const FOLDER = process.env.SCREENS ?? "../docs/screens";
/** Enough for an interface without photographs. */
const COLOURS = 256;

/** Empties the gallery. */
export function begin(): void {
  mkdirSync(FOLDER, { recursive: true });
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".png"))) rmSync(join(FOLDER, file));
}

/** Hangs what the window shows, or the whole page. */
export async function hang(page: Page, name: string, fullPage = false): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  const file = await page.screenshot({ fullPage, animations: "disabled", caret: "hide" });
  const image = UPNG.decode(new Uint8Array(file).buffer);
  const small = UPNG.encode(UPNG.toRGBA8(image).slice(0, 1), image.width, image.height, COLOURS);
  writeFileSync(join(FOLDER, `${name}.png`), new Uint8Array(small));
}

/** Writes the page of the gallery. `titles` names the screens in their order. */
export function end(titles: Map<string, string>): void {
  const files = new Set(readdirSync(FOLDER));
  const picture = (name: string) => (files.has(`${name}.png`) ? `![](${name}.png)` : "");
  const sections = [...titles].filter(([name]) => files.has(`${name}.png`)).map(([name, title]) => {
    const wide = [picture(name), picture(`${name}-dark`), picture(`${name}-es`)].filter(Boolean).join("\n");
    const phone = picture(`${name}-phone`).replace(/!\[\]\((.*)\)/, '<img src="$1" width="260" alt="">');
    return `## ${title}\n\n${[wide, phone].filter(Boolean).join("\n\n")}\n`;
  });
  const words = "Made by `cargo xtask screens` from a fresh demo hospital: at a desk, in the dark, in Spanish, on a phone.\n";
  writeFileSync(join(FOLDER, "README.md"), `# Every screen\n\n${words}\n${sections.join("\n")}`);
}
