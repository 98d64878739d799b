/**
 * Measures how fast a page loads on a slow machine and a slow connection with an empty cache: `SPEED=1` adds these tests to a
 * run,
 * for the release build. The slow connection is WebPageTest's "3G Slow": 400 kbit/s, 400 ms round trip.
 */
import type { CDPSession } from "@playwright/test";
import { expect, signIn, test, type Page } from "../support/test.ts";

const LINES = [
  { name: "a normal line", bits: 20_000_000, milliseconds: 20, bar: 1_000 },
  { name: "slow 3G", bits: 400_000, milliseconds: 400, bar: 1_800 },
];

const PAGES: [string, string][] = [
  ["", "/sign-in"],
  ["patient", "/portal"],
  ["patient", "/portal/book/times"],
  ["reception", "/reception"],
  ["doctor", "/consultation"],
  ["doctor", "/schedules"],
  ["cashier", "/cashier"],
];

async function slow(session: CDPSession, { bits, milliseconds }: { bits: number; milliseconds: number }): Promise<void> {
  await session.send("Network.enable");
  await session.send("Network.clearBrowserCache");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: milliseconds,
    downloadThroughput: bits / 8,
    uploadThroughput: bits / 8,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
}

interface Measured {
  /** When the largest content was painted, and when the first byte of the HTML arrived, in milliseconds. */
  largest: number;
  firstByte: number;
  shift: number;
  /** The bytes of all loaded files, as transferred. */
  bytes: number;
}

/** Returns the browser's own measurements, once the page has been idle for a while. */
async function measured(page: Page): Promise<Measured> {
  await page.waitForLoadState("networkidle").catch(() => undefined);
  return page.evaluate(
    () =>
      new Promise<Measured>((done) => {
        const found = { largest: 0, firstByte: 0, shift: 0, bytes: 0 };
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) found.largest = Math.max(found.largest, entry.startTime);
        }).observe({ type: "largest-contentful-paint", buffered: true });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) found.shift += (entry as unknown as { value: number }).value;
        }).observe({ type: "layout-shift", buffered: true });
        const page = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming;
        found.firstByte = page.responseStart;
        found.bytes = page.transferSize;
        for (const entry of performance.getEntriesByType("resource")) found.bytes += (entry as PerformanceResourceTiming).transferSize;
        // The browser delivers buffered entries within the next two frames.
        requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(found))));
      }),
  );
}

for (const line of LINES) {
  for (const [login, path] of PAGES) {
    test(`${path} is there soon on ${line.name} @speed`, async ({ page }) => {
      test.setTimeout(120_000);
      if (login) await signIn(page, login);
      await page.goto("about:blank");
      await slow(await page.context().newCDPSession(page), line);
      await page.goto(path, { timeout: 90_000 });
      const { largest, firstByte, shift, bytes } = await measured(page);
      const kilobytes = Math.round(bytes / 1000);
      console.log(`${path} on ${line.name}: painted ${Math.round(largest)} ms, first byte ${Math.round(firstByte)} ms, ${kilobytes} kB, shift ${shift}`);
      expect.soft(largest, "largest contentful paint").toBeLessThanOrEqual(line.bar);
      expect.soft(shift, "layout shift").toBeLessThan(0.001);
    });
  }
}
