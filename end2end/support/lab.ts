/** A laboratory at work: the people of a journey in their own browsers, and the steps that a journey does not show. */
import { randomUUID } from "node:crypto";
import type { APIResponse } from "@playwright/test";
import { expect, signIn, visit, type Page, type Patient, type Visit } from "./test.ts";

/** Posts a form as the user of the page, with the product's own function. */
export async function act(page: Page, path: string, form: Record<string, string>): Promise<APIResponse> {
  const { origin } = new URL(page.url());
  const answer = await page.request.post(`${origin}${path}`, { form, headers: { accept: "application/json", origin }, maxRedirects: 0 });
  if (answer.status() >= 400) throw new Error(`${path} was answered with ${answer.status()}: ${await answer.text()}`);
  return answer;
}

/** Returns the HTML of a page as its user gets it. */
export async function html(page: Page, path: string): Promise<string> {
  const { origin } = new URL(page.url());
  return (await page.request.get(`${origin}${path}`, { headers: { accept: "text/html" } })).text();
}

export class Laboratory {
  private constructor(
    readonly doctor: Page,
    readonly nurse: Page,
    readonly technician: Page,
    readonly pathologist: Page,
  ) {}

  /** Signs the people in; the doctor is that of the journey. */
  static async open(doctor: Page, people: { another(): Promise<Page> }): Promise<Laboratory> {
    const [nurse, technician, pathologist] = [await people.another(), await people.another(), await people.another()];
    await Promise.all([signIn(doctor, "doctor2"), signIn(nurse, "nurse"), signIn(technician, "lab"), signIn(pathologist, "pathologist")]);
    return new Laboratory(doctor, nurse, technician, pathologist);
  }

  /** Orders tests by their codes. */
  async order({ id }: Visit, codes: string, more: Record<string, string> = {}): Promise<void> {
    await act(this.doctor, "/api/lab/order", { visit_id: id, key: randomUUID(), codes, priority: "stat", ...more });
  }

  /** Returns the numbers of the tubes that the patient is expected to fill. */
  async tubes(patient: Patient): Promise<string[]> {
    const page = await html(this.nurse, `/lab/collect/${patient.id}`);
    // Each tube that is expected has a form for the case that it cannot be filled.
    return [...page.matchAll(/id="not-(\d{12})-form"/g)].map(([, number]) => number!);
  }

  /** Collects and receives all tubes of the patient; returns the samples. */
  async atTheBench(patient: Patient): Promise<string[]> {
    const numbers = await this.tubes(patient);
    const form = { patient_id: patient.id, key: randomUUID(), patient: patient.mrn, numbers: numbers.join(" "), identified_by: "wristband" };
    await act(this.nurse, "/api/lab/collect", form);
    const samples = [];
    for (const number of numbers) samples.push(await this.receives(number));
    return samples;
  }

  /** Receives one tube; returns its sample. */
  async receives(number: string): Promise<string> {
    const received = await act(this.technician, "/api/lab/receive", { number });
    return received.headers()["location"]?.match(/sample=([0-9a-f-]{36})/)?.[1] ?? "";
  }

  /** Enters and checks values on the page of a sample, by the names of their tests. */
  async enters(sample: string, values: Record<string, string>): Promise<void> {
    const page = this.technician;
    await visit(page, `/lab/samples/${sample}`);
    for (const [test, value] of Object.entries(values)) await page.locator("#enter").getByLabel(test).first().fill(value);
    await page.locator("#enter").getByRole("button", { name: "Enter and check" }).click();
    await expect(page).toHaveURL(/done=checked$/);
  }

  /** Releases all that waits of the patient: each exception by itself, the normal ones alone of the block. */
  async releases(patient: Patient): Promise<void> {
    const page = this.pathologist;
    const normal = page.locator("#release-normal label", { hasText: patient.listed }).locator("input");
    const exception = page.locator("section.panel[data-keys]", { hasText: patient.listed });
    // The list is cut off after some: it is asked again until nothing of the patient is left.
    for (;;) {
      await visit(page, "/lab/release");
      if ((await exception.count()) > 0) {
        await exception.first().getByRole("button", { name: "Release" }).click();
        await expect(page).toHaveURL(/done=released$/);
        continue;
      }
      const own = await normal.evaluateAll((all) => all.map((one) => [(one as HTMLInputElement).name, (one as HTMLInputElement).value] as const));
      if (own.length === 0) return;
      await act(page, "/api/lab/release", Object.fromEntries(own));
    }
  }
}
