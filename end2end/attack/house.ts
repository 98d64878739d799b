/** The pages that each role can open, and every form on them. */
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
  /** The page with the form. */
  page: string;
}

export interface House {
  pages: string[];
  forms: Form[];
}

/** The number of similar addresses (the same page of another patient) that are visited. */
const OF_A_KIND = 3;

/** Actions that end the attacker's own session, exclude another user from the attack, or send a file. */
export const SHUTS_OUT = /sign_out|end_session|end_other|password|language|set_active|revoke|retire|clinic|factor|export/;

/** Returns an address without the parts that differ from patient to patient. */
export function pattern(address: string): string {
  const url = new URL(address, "http://localhost");
  const path = url.pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "{id}");
  return `${path}?${[...url.searchParams.keys()].sort().join("&")}`;
}

/** Describes a form by its action and fields. */
export function likeness({ action, method, fields }: Form): string {
  return `${method} ${pattern(action)} ${fields.map(({ name }) => name).sort().join(",")}`;
}

/** Visits all pages that links lead to, from the start page. `look` is called on each. */
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
    // A file is downloaded and not shown.
    if (!answer?.headers()["content-type"]?.startsWith("text/html")) continue;
    await look(page);
    house.pages.push(address);
    open.push(...(await page.evaluate(() => [...document.links].filter((link) => link.origin === location.origin).map((link) => link.pathname + link.search))));
    for (const form of await formsOn(page)) {
      if (forms.has(likeness(form))) continue;
      forms.add(likeness(form));
      house.forms.push(form);
    }
  }
  return house;
}

/** Returns the forms of the open page with the values that they would post: for radio buttons the selected one, or the first. */
export function formsOn(page: Page): Promise<Form[]> {
  return page.evaluate(() =>
    [...document.forms].map((form) => {
      const fields = [...form.elements].filter(
        (field) => field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement,
      );
      const group = (name: string) => fields.filter((field): field is HTMLInputElement => field.name === name && field.type === "radio");
      const posted = fields.filter((field) => {
        if (field.name === "" || field.type === "submit") return false;
        if (!(field instanceof HTMLInputElement)) return true;
        if (field.type === "radio") return field === (group(field.name).find(({ checked }) => checked) ?? group(field.name)[0]);
        return field.type !== "checkbox" || field.checked;
      });
      return {
        action: form.getAttribute("action") ?? location.pathname,
        method: form.method === "post" ? ("post" as const) : ("get" as const),
        page: location.pathname + location.search,
        fields: posted.map((field) => {
          const first = field instanceof HTMLSelectElement ? ([...field.options].find(({ value }) => value !== "")?.value ?? "") : "";
          return { name: field.name, value: field.value || first, kind: field.type };
        }),
      };
    }),
  );
}

/** Returns values that pass the form's checks, as far as names and kinds show. */
export function plausible({ name, value, kind }: Field): string {
  if (value !== "" || kind === "hidden" || kind.startsWith("select")) return value;
  if (/birth/.test(name)) return "1980-04-18";
  if (kind === "date" || /day|date|from|until/.test(name)) return "2026-11-23";
  if (kind === "email" || /email/.test(name)) return "somebody@example.org";
  if (kind === "number" || /days|count|minutes|per_day/.test(name)) return "5";
  if (/phone/.test(name)) return "+1 617 555 0134";
  return "Anna";
}
