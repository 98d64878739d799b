/**
 * The gallery: small screenshots of every screen in all its variants, and a page that shows them. One screenshot of each screen is also
 * kept in the
 * repository, so that a review shows changes of the layout and the history stays small.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import UPNG from "upng-js";

/** All variants. */
const FOLDER = process.env.SCREENS ?? "../target/screens";
/** One screenshot of each screen. */
const KEPT = process.env.SCREENS_KEPT ?? "../docs/screens";
/** The number of colours, enough for an interface without photographs. */
const COLOURS = 256;

/** Removes the previous screenshots. */
export function begin(): void {
  for (const folder of [FOLDER, KEPT]) {
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".png"))) rmSync(join(folder, file));
  }
}

/** Saves a screenshot of the window, or of the whole page. */
export async function saveScreenshot(page: Page, name: string, fullPage = false): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  const file = await page.screenshot({ fullPage, animations: "disabled", caret: "hide" });
  const image = UPNG.decode(new Uint8Array(file).buffer);
  const small = UPNG.encode(UPNG.toRGBA8(image).slice(0, 1), image.width, image.height, COLOURS);
  writeFileSync(join(FOLDER, `${name}.png`), new Uint8Array(small));
}

/**
 * Writes the pages of the gallery. `all` names the screens and states in their order, with their titles; those in `kept` are copied to the
 * repository.
 */
export function end(all: Map<string, string>, kept: Set<string>): void {
  const files = new Set(readdirSync(FOLDER));
  const picture = (name: string) => (files.has(`${name}.png`) ? `![](${name}.png)` : "");
  const taken = [...all].filter(([name]) => files.has(`${name}.png`));
  const sections = taken.map(([name, title]) => {
    const wide = [picture(name), picture(`${name}-dark`), picture(`${name}-es`)].filter(Boolean).join("\n");
    const phone = picture(`${name}-phone`).replace(/!\[\]\((.*)\)/, '<img src="$1" width="260" alt="">');
    return `## ${title}\n\n${[wide, phone].filter(Boolean).join("\n\n")}\n`;
  });
  const words = "Made by `cargo xtask screens` from a fresh demo hospital: at a desk, in the dark, in Spanish, on a phone.\n";
  writeFileSync(join(FOLDER, "README.md"), `# Every screen\n\n${words}\n${sections.join("\n")}`);
  const plain = taken.filter(([name]) => kept.has(name));
  for (const [name] of plain) copyFileSync(join(FOLDER, `${name}.png`), join(KEPT, `${name}.png`));
  const more = "Made by `cargo xtask screens` from a fresh demo hospital. Dark, on a phone, in Spanish, empty and crowded: in `target/screens` after that.\n";
  const pictures = plain.map(([name, title]) => `## ${title}\n\n${picture(name)}\n`);
  writeFileSync(join(KEPT, "README.md"), `# Every screen\n\n${more}\n${pictures.join("\n")}`);
}
