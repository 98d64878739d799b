/**
 * The patients of a journey: it creates its own, brings them to its starting point with the product's own forms, and ends their
 * visits
 * afterwards, also when it failed. So no journey depends on another, and each can be repeated in the same hospital.
 */
import { execFileSync } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, request, type APIRequestContext, type APIResponse } from "@playwright/test";

/** The password of all users of a demo hospital. */
export const DEMO_PASSWORD = process.env.DEMO_PASSWORD ?? "infirmary-demo";

/** A patient who was registered for one journey. */
export interface Patient {
  id: string;
  given: string;
  family: string;
  /** "Casper Wolkow" */
  name: string;
  /** "Wolkow, Casper" */
  listed: string;
  mrn: string;
  phone: string;
  /** "1950-02-03" */
  born: string;
}

/** A patient's visit today. */
export interface Visit {
  id: string;
  token: string;
}

interface QueueRow {
  entry: string;
  visit: string;
  patient: string;
  token: string;
  step: string;
  state: string;
}

interface Queue {
  now: QueueRow[];
  waiting: QueueRow[];
  services: [string, string][];
}

type Form = Record<string, string>;

/** Returns the path of the program under test, for its command line. */
export function program(): string {
  const file = process.env.PROGRAM ?? resolve(process.env.CARGO_TARGET_DIR ?? "../target", "debug/infirmary");
  if (!existsSync(file)) throw new Error(`There is no program at ${file}; PROGRAM names another.`);
  return file;
}

/** Returns a family name and a birth date that no patient has yet. */
export function somebody(): { family: string; born: string } {
  const letters = Array.from({ length: 7 }, () => "abcdefghijklmnopqrstuvwxyz"[randomInt(26)]).join("");
  return { family: `W${letters}`, born: new Date(Date.UTC(1935, 0, 1) + randomInt(25_000) * 86_400_000).toISOString().slice(0, 10) };
}

export class Hospital {
  readonly #baseURL: string | undefined;
  readonly #staff = new Map<string, Promise<APIRequestContext>>();
  readonly #patients: Patient[] = [];
  readonly #appointments: string[] = [];

  readonly #database: string;

  constructor(baseURL: string | undefined, database = process.env.DATABASE_URL ?? `sqlite:${resolve("../data/infirmary.db")}`) {
    this.#baseURL = baseURL;
    this.#database = database;
  }

  /** Registers a patient like none who exists already: another name, birth date and phone each time. */
  async patient(given = "Casper", born = ""): Promise<Patient> {
    const { family, born: someDay } = somebody();
    const id = randomUUID();
    const birth_date = born || someDay;
    const phone = `+1 617 ${randomInt(200, 999)} ${randomInt(1000, 9999)}`;
    const facts = { given_names: given, family_name: family, birth_date, sex: given.endsWith("a") ? "female" : "male", phone, guardian: "later" };
    await this.#post("reception", "/api/reception/register", { patient_id: id, anyway: "on", ...facts });
    const found = (await this.#ask("reception", "/api/patients/search", { text: family })) as { id: string; mrn: string }[];
    const mrn = found.find((hit) => hit.id === id)?.mrn ?? "";
    expect(mrn, "the one just registered is found").toMatch(/^\d+/);
    const patient = { id, given, family, name: `${given} ${family}`, listed: `${family}, ${given}`, mrn, phone, born: birth_date };
    this.#patients.push(patient);
    return patient;
  }

  /** Creates a portal sign-in for the patient's record; returns the login. */
  portal({ mrn, name }: Patient): string {
    const login = `journey-${randomUUID().slice(0, 8)}`;
    execFileSync(program(), ["user", "create", "--login", login, "--name", name, "--role", "patient", "--patient", mrn], {
      input: `${DEMO_PASSWORD}\n`,
      env: { ...process.env, DATABASE_URL: this.#database },
      stdio: ["pipe", "ignore", "pipe"],
    });
    return login;
  }

  /** Checks in a patient without an appointment, who then waits for the nurse. */
  async comes(patient: Patient, { service = "Primary Care", emergency = false, reason = "" } = {}): Promise<Visit> {
    const { services } = await this.#queue();
    const id = services.find(([, name]) => name === service)?.[0] ?? "";
    const before: Form = emergency ? { priority: "emergency", priority_reason: "Short of breath" } : {};
    const arrival = { patient: patient.id, idempotency_key: randomUUID(), service: id, reason, ...before };
    await this.#post("reception", "/api/reception/check_in", arrival);
    const { visit, token } = await this.#row(patient);
    return { id: visit, token };
  }

  /** Checks in a patient and sends them past the nurse, to wait for the doctor. */
  async waitsForDoctor(patient: Patient, options: { service?: string; emergency?: boolean; reason?: string } = {}): Promise<Visit> {
    const visit = await this.comes(patient, options);
    const { entry } = await this.#row(patient);
    await this.#post("nurse", "/api/opd/send_on", { entry });
    // Prescribing requires that the patient was asked about allergies.
    await this.#post("nurse", "/api/patients/no_allergies", { patient_id: patient.id });
    return visit;
  }

  /** Lets the nurse call the patient out of turn. */
  async called(patient: Patient): Promise<void> {
    const { entry } = await this.#row(patient);
    await this.#post("nurse", "/api/opd/call", { entry });
  }

  /** Lets the doctor call the patient, so that a note can be written. */
  async withDoctor(patient: Patient, doctor = "doctor"): Promise<Visit> {
    const visit = await this.waitsForDoctor(patient);
    await this.#post(doctor, "/api/clinical/call", { visit_id: visit.id });
    return visit;
  }

  /** Lets the doctor see the patient, perhaps with a prescription, so that the patient waits at the cashier. */
  async waitsToPay(patient: Patient, prescription?: Form): Promise<Visit> {
    const visit = await this.withDoctor(patient);
    const visit_id = visit.id;
    if (prescription) await this.#post("doctor", "/api/clinical/prescribe", { visit_id, ...prescription });
    await this.#post("doctor", "/api/clinical/sign", { visit_id, version: "0", history: "Well.", plan: "As before.", password: DEMO_PASSWORD });
    return visit;
  }

  /** Books the next free time today, with any doctor. */
  async bookedToday(patient: Patient): Promise<void> {
    for (const offer of await this.#offers()) {
      const wish = { patient_id: patient.id, idempotency_key: randomUUID(), ...offer };
      const answer = await this.#try("reception", "/api/appointments/book", wish);
      const made = answer.headers()["location"]?.match(/[0-9a-f-]{36}/)?.[0];
      if (made) {
        this.#appointments.push(made);
        return;
      }
    }
    throw new Error("no time is free today");
  }

  /** Books a time on each of the days, with any doctor who is free. */
  async comesAgain(patient: Patient, days: string[]): Promise<void> {
    for (const day of days) {
      const offer = (await this.#offers(day))[0];
      // There are no times on a Sunday.
      if (offer) await this.#post("reception", "/api/appointments/book", { patient_id: patient.id, idempotency_key: randomUUID(), ...offer });
    }
  }

  /** Books every free time of the day with the doctors of two services, for existing patients. */
  async fillsUp(day: string): Promise<void> {
    const patients = await this.#onRecord();
    const { services } = await this.#queue();
    const primary = services.find(([, name]) => name === "Primary Care")?.[0];
    let at = 0;
    for (const offer of [...(await this.#offers(day)), ...(await this.#offers(`${day}&service=${primary}`))]) {
      const wish = { patient_id: patients[at++ % patients.length]!, idempotency_key: randomUUID(), ...offer };
      // This is refused when the patient has another appointment at that time.
      await this.#try("reception", "/api/appointments/book", wish);
    }
  }

  /** Checks in many patients without appointments, each for two services; half of them have been with the nurse. */
  async manyCome(count: number): Promise<void> {
    const { services } = await this.#queue();
    let at = 0;
    for (const patient of (await this.#onRecord()).slice(0, count / 2)) {
      for (const [service] of [services[at % services.length]!, services[(at + 1) % services.length]!]) {
        await this.#try("reception", "/api/reception/check_in", { patient, service, idempotency_key: randomUUID() });
      }
      at += 1;
    }
    const { waiting } = await this.#queue();
    for (const { entry, step } of waiting.filter((_, index) => index % 2 === 0)) {
      if (step === "triage") await this.#try("nurse", "/api/opd/send_on", { entry });
    }
  }

  /** Lets nurses and doctors call as many waiting patients as possible. */
  async manyAreCalled(): Promise<void> {
    const { waiting } = await this.#queue();
    for (const { entry } of waiting.slice(0, 60)) await this.#try("nurse", "/api/opd/call", { entry });
  }

  /** Ends the patient's visit, whatever its present step. */
  async goesHome(patient: Patient): Promise<void> {
    let row = await this.#find(patient);
    if (row?.state === "serving") {
      await this.#post("nurse", "/api/opd/back_to_waiting", { entry: row.entry });
      row = await this.#find(patient);
    }
    // A patient who was seen cannot be recorded as left without being seen.
    if (row) await this.#post("nurse", ["orders", "cashier"].includes(row.step) ? "/api/opd/pay_later" : "/api/opd/leave", { entry: row.entry });
  }

  /** Ends the visits of all patients of this journey. */
  async end(): Promise<void> {
    for (const patient of this.#patients) await this.goesHome(patient);
    for (const appointment_id of this.#appointments) {
      // This is refused when the patient came.
      await this.#try("reception", "/api/appointments/cancel", { appointment_id, reason: "The journey is over" });
    }
    for (const staff of this.#staff.values()) await (await staff).dispose();
  }

  /** Returns the free times of a day, of all doctors. */
  async #offers(day = ""): Promise<{ doctor_id: string; service_id: string; at: string }[]> {
    const page = await (await (await this.#as("reception")).get(`/schedules?day=${day}`, { headers: { accept: "text/html" } })).text();
    const links = [...page.matchAll(/href="\/appointments\/new\?([^"]+)"/g)].map(([, query]) => new URLSearchParams(query!.replaceAll("&amp;", "&")));
    const offers = links.map((link) => ({ doctor_id: link.get("doctor") ?? "", service_id: link.get("service") ?? "", at: link.get("at") ?? "" }));
    return offers.filter(({ at }) => at !== "").sort((one, other) => Number(one.at) - Number(other.at));
  }

  /** Returns existing patients, as a search by each letter finds them. */
  async #onRecord(): Promise<string[]> {
    const desk = await this.#as("reception");
    const ids = new Set<string>();
    for (const letter of "abcdefghijklmnopqrstuvwxyz") {
      const page = await (await desk.get(`/patients?q=${letter}`, { headers: { accept: "text/html" } })).text();
      for (const [, id] of page.matchAll(/href="\/patients\/([0-9a-f-]{36})"/g)) ids.add(id!);
    }
    return [...ids];
  }

  async #queue(): Promise<Queue> {
    return (await this.#ask("nurse", "/api/opd/queue", {})) as Queue;
  }

  async #find(patient: Patient): Promise<QueueRow | undefined> {
    const { now, waiting } = await this.#queue();
    return [...now, ...waiting].find((row) => row.patient === patient.id);
  }

  async #row(patient: Patient): Promise<QueueRow> {
    const row = await this.#find(patient);
    if (!row) throw new Error(`${patient.name} is not in the queue`);
    return row;
  }

  /** Returns the session of a staff member, who signs in once. */
  #as(login: string): Promise<APIRequestContext> {
    const enter = async () => {
      const context = await request.newContext({ baseURL: this.#baseURL, extraHTTPHeaders: { accept: "application/json" } });
      const answer = await context.post("/api/accounts/sign_in", { form: { login, password: DEMO_PASSWORD }, maxRedirects: 0 });
      expect(answer.status(), `${login} signs in`).toBeLessThan(400);
      return context;
    };
    const known = this.#staff.get(login) ?? enter();
    this.#staff.set(login, known);
    return known;
  }

  async #try(login: string, path: string, form: Form): Promise<APIResponse> {
    return (await this.#as(login)).post(path, { form, maxRedirects: 0 });
  }

  async #post(login: string, path: string, form: Form): Promise<APIResponse> {
    const answer = await this.#try(login, path, form);
    if (answer.status() >= 400) throw new Error(`${path} by ${login} was answered with ${answer.status()}: ${await answer.text()}`);
    return answer;
  }

  async #ask(login: string, path: string, form: Form): Promise<unknown> {
    return (await this.#post(login, path, form)).json();
  }
}
