/** Reads a page as it is printed: the text of the PDF that Chromium writes, and the barcode as a scanner reads it. */
import { mkdirSync } from "node:fs";
import zxing from "@zxing/library";
import type { Locator, Page } from "@playwright/test";
import { extractText, getDocumentProxy } from "unpdf";

const { BarcodeFormat, BinaryBitmap, DecodeHintType, HybridBinarizer, MultiFormatReader, RGBLuminanceSource } = zxing;

export interface Paper {
  /** The text of each page. */
  pages: string[];
  /** Width and height of each page, in millimetres. */
  sizes: [number, number][];
}

/** Prints the page. Without a format, its style sheet sets the size of the paper. */
export async function printed(page: Page, name: string, format?: "A4" | "Letter"): Promise<Paper> {
  const folder = `screenshots/${process.env.ENGINE ?? "by-hand"}/print`;
  mkdirSync(folder, { recursive: true });
  const file = await page.pdf({ path: `${folder}/${name}.pdf`, format, preferCSSPageSize: format === undefined, tagged: true });
  const pdf = await getDocumentProxy(new Uint8Array(file));
  const { text } = await extractText(pdf, { mergePages: false });
  const sizes: [number, number][] = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const [left, bottom, right, top] = (await pdf.getPage(number)).view as [number, number, number, number];
    const millimetres = (points: number) => Math.round((points * 25.4) / 72);
    sizes.push([millimetres(right - left), millimetres(top - bottom)]);
  }
  return { pages: text, sizes };
}

/** Returns the text that a scanner reads in a screenshot of this part of the page, as it is printed. */
export async function scanned(page: Page, part: Locator): Promise<string> {
  await page.emulateMedia({ media: "print" });
  const picture = await part.screenshot({ scale: "device" });
  await page.emulateMedia({ media: null });
  // The browser decodes the image, so no package is needed for that.
  const { width, height, grey } = await page.evaluate(async (png) => {
    const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d")!;
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const grey = Array.from({ length: image.width * image.height }, (_, at) => (data[at * 4]! + data[at * 4 + 1]! + data[at * 4 + 2]!) / 3);
    return { width: image.width, height: image.height, grey };
  }, picture.toString("base64"));
  const source = new RGBLuminanceSource(Uint8ClampedArray.from(grey), width, height);
  const reader = new MultiFormatReader();
  const hints = new Map<number, unknown>([
    [DecodeHintType.POSSIBLE_FORMATS, [BarcodeFormat.CODE_128]],
    [DecodeHintType.TRY_HARDER, true],
  ]);
  return reader.decode(new BinaryBitmap(new HybridBinarizer(source)), hints).getText();
}
