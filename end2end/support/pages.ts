/** The program's pages, as listed in docs/permissions.md: the tests of the program write that file, so no page is missing here. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The demo's user for each role. A role without a sign-in has no pages yet. */
export const SIGN_INS: Record<string, string> = {
  accountant: "accountant",
  administrator: "admin",
  auditor: "auditor",
  cashier: "cashier",
  doctor: "doctor",
  lab: "lab",
  nurse: "nurse",
  pathologist: "pathologist",
  patient: "patient",
  pharmacist: "pharmacist",
  radiologist: "radiologist",
  radiology: "radiology",
  receptionist: "reception",
  storekeeper: "storekeeper",
  ward_manager: "ward",
};

/** Addresses that no browser opens directly: files, health checks, and pages that follow a form or another journey. */
const NOT_OPENED = [
  "/account/recovery-codes", "/audit/export", "/audit/report", "/design", "/events", "/formulary/export", "/formulary/export/doses",
  "/formulary/export/interactions", "/formulary/export/substances", "/health/live", "/health/ready", "/imaging/catalogue/export",
  "/lab/catalogue/export", "/lab/turnaround/export", "/manifest.webmanifest", "/portal/book/times", "/prices/export", "/schedules/print", "/settle/print", "/sign-in/code", "/stock/export",
  "/stock/export/expiring", "/users/export",
];

/** Pages of lists that share one address, by the role that opens them. */
const OF_LISTS: Record<string, string[]> = {
  administrator: [
    "/settings/clinics", "/settings/departments", "/settings/services", "/settings/rooms", "/settings/specialties", "/settings/visit-types",
    "/settings/insurers", "/settings/wards", "/settings/ward-rooms", "/settings/beds", "/settings/bed-classes", "/settings/beds/new", "/settings/clinics/new", "/settings/rooms/new",
  ],
};

/** Returns the addresses without an id by the user who opens each: the sign-in of the first role with access, `""` for everybody. */
export function pagesBySignIn(): Record<string, string[]> {
  const document = readFileSync(fileURLToPath(new URL("../../docs/permissions.md", import.meta.url)), "utf8");
  const pages: Record<string, string[]> = {};
  const add = (who: string, path: string) => (pages[who] ??= []).push(path);
  for (const [, path = "", who = ""] of document.matchAll(/^\| `(\/[^`]*)` \|[^|]*\| ([^|]*) \|$/gm)) {
    // The page that shows a live part also loads it.
    if (path.startsWith("/api/") || path.includes("{") || path.endsWith("/live") || NOT_OPENED.includes(path)) continue;
    if (who === "everybody") add("", path);
    else if (who === "all users") add("reception", path);
    else {
      const sign = who.split(", ").filter((role) => role in SIGN_INS);
      // The start page redirects most roles to their own day; the administrator has a separate page there.
      const role = path === "/" ? "administrator" : sign[0];
      if (role) add(SIGN_INS[role] ?? "", path);
    }
  }
  for (const [role, paths] of Object.entries(OF_LISTS)) paths.forEach((path) => add(SIGN_INS[role] ?? "", path));
  return pages;
}
