/** The wards, the laboratory, imaging, the pharmacy, the stores and the books on an ordinary day. */
import { visit, type Page } from "../support/test.ts";
import { follow, go, type Screen } from "./usual.ts";

/** Opens a page of the first ward: its board, or what follows in its address. */
const ward = (rest = "") => async (page: Page) => {
  await visit(page, "/wards");
  const addresses = await page.locator('main a[href^="/wards/"]').evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  const first = addresses.find((address) => /^\/wards\/[0-9a-f-]{36}$/.test(address));
  if (!first) throw new Error("no ward is listed");
  await visit(page, `${first}${rest}`);
};

/** Opens a list, then the first of its links that begins so. */
const first = (list: string, begin: string) => async (page: Page) => {
  await visit(page, list);
  await follow(page, `main a[href^="${begin}"]`);
};

export const DEPARTMENTS: Screen[] = [
  { name: "wards", title: "Wards", as: "ward", open: go("/wards"), once: true },
  { name: "ward-board", title: "Board of a ward", as: "nurse", open: ward() },
  { name: "ward-medicines", title: "Medicine round of a ward", as: "nurse", open: ward("/round") },
  { name: "ward-leaving", title: "Who leaves today", as: "nurse", open: go("/wards/leaving"), once: true },
  { name: "ward-requests", title: "Requests for a bed", as: "ward", open: go("/wards/requests"), once: true },
  { name: "nursing", title: "Nursing list", as: "nurse", open: go("/nursing") },
  { name: "nursing-handover", title: "Handover", as: "nurse", open: go("/nursing/handover"), once: true },
  { name: "ward-round", title: "Doctor's round", as: "doctor", open: go("/ward-round") },
  { name: "lab-collect", title: "Samples to collect", as: "lab", open: go("/lab/collect") },
  { name: "lab-bench", title: "Bench of the laboratory", as: "lab", open: go("/lab/bench"), once: true },
  { name: "lab-release", title: "Results to release", as: "pathologist", open: go("/lab/release"), once: true },
  { name: "lab-controls", title: "Quality control", as: "lab", open: first("/lab/controls", "/lab/controls/"), once: true },
  { name: "lab-inbox", title: "Doctor's inbox of results", as: "doctor", open: go("/lab/inbox") },
  { name: "imaging", title: "Imaging of the day", as: "radiology", open: go("/imaging"), once: true },
  { name: "imaging-reading", title: "Studies to read", as: "radiologist", open: go("/imaging/reading"), once: true },
  { name: "pharmacy", title: "Queue of the pharmacy", as: "pharmacist", open: go("/pharmacy"), once: true },
  { name: "pharmacy-supply", title: "A prescription in the pharmacy", as: "pharmacist", open: first("/pharmacy", "/pharmacy/supplies/") },
  { name: "stock", title: "Stock", as: "storekeeper", open: go("/stock"), once: true },
  { name: "stock-expiring", title: "Stock that expires", as: "storekeeper", open: go("/stock/expiring"), once: true },
  { name: "purchasing", title: "Purchase orders", as: "storekeeper", open: go("/purchasing/orders"), once: true },
  { name: "till", title: "Shift at the till", as: "cashier", open: go("/till"), once: true },
  { name: "books-day", title: "Day book", as: "accountant", open: go("/books/day"), once: true },
  { name: "books-ageing", title: "Ageing of debts", as: "accountant", open: go("/books/ageing"), once: true },
  { name: "messages", title: "Messages to patients", as: "admin", open: go("/messages"), once: true },
  { name: "status", title: "Status of the system", as: "admin", open: go("/status"), once: true },
];
