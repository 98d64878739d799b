/** What each role can reach: its pages, and every form on them. */
import type { Page } from "@playwright/test";

export interface Field {
  name: string;
  value: string;
  /** `text`, `textarea`, `hidden`, `select`, `checkbox`, … */
  kind: string;
}

export interface Form {
  action: string;
  method: "get" | "post";
  fields: Field[];
  /** Where it stood. */
  page: string;
}

export interface House {
  pages: string[];
  forms: Form[];
}

/** Addresses that are alike (the same page of another patient) are looked at so often. */
const OF_A_KIND = 2;

/** What ends the attacker's own session, shuts somebody else out of the attack, or sends a file. */
export const SHUTS_OUT = /sign_out|end_session|end_other|password|language|set_active|revoke|retire|clinic|factor|export/;

/** An address without what differs from patient to patient. */
export function pattern(address: string): string {
  const url = new URL(address, "http://localhost");
  const path = url.pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "{id}");
  return `${path}?${[...url.searchParams.keys()].sort().join("&")}`;
}

/** A form by what it does and asks for. */
export function likeness({ action, method, fields }: Form): string {
  return `${method} ${pattern(action)} ${fields.map(({ name }) => name).sort().join(",")}`;
}

/** Walks through all pages that links lead to, from the start page. `look` is called on each. */
export async function walk(page: Page, look: (page: Page) => Promise<void> = async () => undefined): Promise<House> {
  const seen = new Map<string, number>();
  const house: House = { pages: [], forms: [] };
  const forms = new Set<string>();
  const open = ["/"];
  for (let address = open.shift(); address !== undefined; address = open.shift()) {
    const kind = pattern(address);
    const before = seen.get(kind) ?? 0;
    if (before >= OF_A_KIND) continue;
    seen.set(kind, before + 1);
    const answer = await page.goto(address, { waitUntil: "load" }).catch(() => null);
    // A file is downloaded, not shown.
    if (!answer?.headers()["content-type"]?.startsWith("text/html")) continue;
    await look(page);
    house.pages.push(address);
    const found = await page.evaluate(() => ({
      links: [...document.links].filter((link) => link.origin === location.origin).map((link) => link.pathname + link.search),
      forms: [...document.forms].map((form) => ({
        action: form.getAttribute("action") ?? location.pathname,
        method: form.method === "post" ? ("post" as const) : ("get" as const),
        page: location.pathname + location.search,
        fields: [...form.elements]
          .filter((field) => field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement)
          .filter((field) => field.name !== "")
          .map((field) => ({ name: field.name, value: field.value, kind: field.type })),
      })),
    }));
    open.push(...found.links);
    for (const form of found.forms) {
      if (forms.has(likeness(form))) continue;
      forms.add(likeness(form));
      house.forms.push(form);
    }
  }
  return house;
}

/** Values that the form's checks let pass, as far as names and kinds tell. */
export function plausible({ name, value, kind }: Field): string {
  if (value !== "" || kind === "hidden") return value;
  if (/birth/.test(name)) return "1980-04-18";
  if (kind === "date" || /day|date|from|until/.test(name)) return "2026-11-23";
  if (kind === "email" || /email/.test(name)) return "somebody@example.org";
  if (kind === "number" || /days|count|rank|minutes|dose_number/.test(name)) return "5";
  return "Anna";
}
