//! One user's work in the torture test: takes patients through their day, step by step, and records the changes that
//! must still exist later.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::connect;
use crate::http::{Answer, Client};

const PASSWORD: &str = "infirmary-demo";
/// The number of latest changes that are checked after a restart.
const PROOFS: usize = 200;

/// The patients, the service and the sessions of the demo hospital, read from its own pages.
pub struct Sheet {
    patients: Vec<String>,
    service: String,
    reception: String,
    doctor: String,
    cashier: String,
}

impl Sheet {
    /// Signs in all users and reads the pages.
    pub fn read(port: u16) -> Result<Self> {
        let reception = Client::sign_in(port, "reception", PASSWORD)?;
        let doctor = Client::sign_in(port, "doctor", PASSWORD)?;
        let cashier = Client::sign_in(port, "cashier", PASSWORD)?;
        let mut patients = Vec::new();
        let mut page = Client::open(port, &reception)?;
        for letter in 'a'..='z' {
            let found = page.call("/api/patients/search", &format!("text={letter}"))?;
            let found: Value = serde_json::from_slice(&found.body).context("no list of patients")?;
            for hit in found.as_array().into_iter().flatten() {
                patients.extend(hit["id"].as_str().map(str::to_owned));
            }
        }
        patients.sort_unstable();
        patients.dedup();
        let start = Client::open(port, &doctor)?.get("/consultation")?.text();
        let service = between(&start, "name=\"service\" value=\"", "\"").context("the doctor has no queue")?;
        Ok(Self { patients, service, reception, doctor, cashier })
    }
}

/// A change that must exist: a page, the session that may open it, and words on it.
struct Proof {
    cookie: String,
    path: String,
    words: String,
}

/// The interrupted step, which is sent again.
struct CutOff {
    cookie: String,
    path: String,
    body: String,
}

/// A working user.
pub struct Person {
    port: u16,
    number: usize,
    reception: String,
    doctor: String,
    cashier: String,
    service: String,
    patients: VecDeque<String>,
    slots: VecDeque<String>,
    keys: u64,
    proofs: VecDeque<Proof>,
    cut_off: Option<CutOff>,
    pub acknowledged: usize,
    pub sent_again: usize,
}

/// The end of a step: the answer, or `None` when the connection broke.
type Step = Result<Option<Answer>>;

impl Person {
    /// Creates the user with a share of the patients.
    pub fn new(number: usize, sheet: &Sheet, port: u16) -> Result<Self> {
        let mut person = Self {
            port,
            number,
            reception: sheet.reception.clone(),
            doctor: sheet.doctor.clone(),
            cashier: sheet.cashier.clone(),
            service: sheet.service.clone(),
            patients: sheet.patients.iter().skip(number).step_by(super::PEOPLE).cloned().collect(),
            slots: VecDeque::new(),
            keys: 0,
            proofs: VecDeque::new(),
            cut_off: None,
            acknowledged: 0,
            sent_again: 0,
        };
        if person.patients.is_empty() {
            bail!("the demo hospital has too few patients");
        }
        person.find_slots()?;
        Ok(person)
    }

    /// Finds free times in the coming weeks; each user gets different ones.
    fn find_slots(&mut self) -> Result<()> {
        let mut page = Client::open(self.port, &self.reception)?;
        let mut path = "/schedules".to_owned();
        for _ in 0..20 {
            let text = page.get(&path)?.text();
            let links = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let free =
                links.filter(|link| link.starts_with("/appointments/new?") && link.contains("at=")).map(|link| link.replace("&amp;", "&"));
            self.slots.extend(free.skip(self.number).step_by(super::PEOPLE));
            // The link to the latest day opens the next days.
            let days = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let Some(next) = days.filter(|link| link.starts_with("/schedules?day=")).max() else { break };
            path = next.replace("&amp;", "&");
        }
        Ok(())
    }

    /// Works until asked to stop or until the server is gone.
    pub fn work(&mut self, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) && self.cut_off.is_none() {
            let Some(patient) = self.patients.pop_front() else { bail!("no patients are left") };
            self.patients.push_back(patient.clone());
            self.one_day(&patient)?;
        }
        Ok(())
    }

    fn one_day(&mut self, patient: &str) -> Result<()> {
        self.keys += 1;
        let (reception, doctor, cashier) = (self.reception.clone(), self.doctor.clone(), self.cashier.clone());
        let word = format!("torture{}x{}", self.number, self.keys);

        if let Some(slot) = self.slots.pop_front() {
            let body = format!("{}&patient_id={patient}&reason={word}&idempotency_key={}", query_of(&slot), self.key());
            let Some(answer) = self.step(&reception, "/api/appointments/book", &body)? else { return Ok(()) };
            if answer.status == 303 {
                self.proof(&reception, answer.location.split('?').next().unwrap_or_default(), &word);
            }
        }

        let key = self.key();
        let body = format!("patient={patient}&service={}&reason={word}&idempotency_key={key}", self.service);
        let Some(answer) = self.step(&reception, "/api/reception/check_in", &body)? else { return Ok(()) };
        let Some(visit) = parameter(&answer.location, "visit") else { return Ok(()) };
        self.proof(&doctor, &format!("/consultation/{visit}"), &word);

        let Some(answer) = self.step(&doctor, "/api/clinical/call", &format!("visit_id={visit}"))? else { return Ok(()) };
        if answer.status != 303 {
            return Ok(());
        }
        let mut version = 0;
        for line in ["one", "two"] {
            let body = format!("visit_id={visit}&version={version}&history={word}{line}");
            let Some(answer) = self.call(&doctor, "/api/clinical/save_note", &body)? else { return Ok(()) };
            let saved: Value =
                serde_json::from_slice(&answer.body).with_context(|| format!("note: {} {}", answer.status, answer.text()))?;
            version = saved["version"].as_i64().with_context(|| format!("note: {} {}", answer.status, answer.text()))?;
            self.proof(&doctor, &format!("/consultation/{visit}"), &format!("{word}{line}"));
        }
        let body = format!("visit_id={visit}&diagnosis=E11.9&certainty=confirmed");
        if self.step(&doctor, "/api/clinical/add_diagnosis", &body)?.is_none() {
            return Ok(());
        }
        let body = format!("visit_id={visit}&version={version}&history={word}&assessment={word}signed&password={PASSWORD}");
        let Some(answer) = self.step(&doctor, "/api/clinical/sign", &body)? else { return Ok(()) };
        if answer.status != 303 {
            bail!("signing was answered with {}: {}", answer.status, visible(&answer));
        }
        self.proof(&doctor, &format!("/patients/{patient}/chart"), &format!("{word}signed"));

        let Some(answer) = self.step(&cashier, "/api/billing/issue", &format!("patient_id={patient}"))? else { return Ok(()) };
        let Some(invoice) = parameter(&answer.location, "invoice") else { return Ok(()) };
        self.proof(&cashier, &format!("/invoices/{invoice}"), "");
        let body = format!("invoice_id={invoice}&method=cash&tendered=5000&sure=500000&idempotency_key={}", self.key());
        let Some(answer) = self.step(&cashier, "/api/billing/pay", &body)? else { return Ok(()) };
        if let Some(receipt) = parameter(&answer.location, "receipt") {
            self.proof(&cashier, &format!("/receipts/{receipt}"), "");
        }
        Ok(())
    }

    /// Returns a key that no other form has.
    fn key(&mut self) -> String {
        self.keys += 1;
        format!("00000000-0000-4000-8{:03x}-{:012x}", self.number, self.keys)
    }

    /// Sends a form. Returns `None` when the connection broke, so that the outcome is unknown.
    fn step(&mut self, cookie: &str, path: &str, body: &str) -> Step {
        self.send(cookie, path, body, Client::post)
    }

    /// Sends a form as a program does, for an answer in JSON.
    fn call(&mut self, cookie: &str, path: &str, body: &str) -> Step {
        self.send(cookie, path, body, Client::call)
    }

    fn send(&mut self, cookie: &str, path: &str, body: &str, how: fn(&mut Client, &str, &str) -> Result<Answer>) -> Step {
        let answer = connect(self.port, cookie).and_then(|mut client| how(&mut client, path, body).ok());
        match answer {
            // The server is gone, or the database did not answer it: the outcome is unknown.
            None | Some(Answer { status: 503, .. }) => {
                self.cut_off = Some(CutOff { cookie: cookie.to_owned(), path: path.to_owned(), body: body.to_owned() });
                return Ok(None);
            }
            Some(ref answer) if answer.location.starts_with("/sign-in") => bail!("{path}: the session is gone"),
            Some(ref answer) if answer.status >= 500 => bail!("{path} was answered with {}: {}", answer.status, visible(answer)),
            Some(_) => self.acknowledged += 1,
        }
        Ok(answer)
    }

    fn proof(&mut self, cookie: &str, path: &str, words: &str) {
        // A later version of the same page replaces the earlier one.
        self.proofs.retain(|proof| proof.path != path);
        if self.proofs.len() == PROOFS {
            self.proofs.pop_front();
        }
        self.proofs.push_back(Proof { cookie: cookie.to_owned(), path: path.to_owned(), words: words.to_owned() });
    }

    /// After a restart, checks that every acknowledged change exists, and sends the interrupted step again.
    pub fn look_again(&mut self) -> Result<()> {
        for proof in std::mem::take(&mut self.proofs) {
            let answer = Client::open(self.port, &proof.cookie)?.get(&proof.path)?;
            if answer.status != 200 || !answer.text().contains(&proof.words) {
                bail!("{} was acknowledged and is lost ({}, \"{}\")", proof.path, answer.status, proof.words);
            }
        }
        let Some(CutOff { cookie, path, body }) = self.cut_off.take() else { return Ok(()) };
        let mut client = Client::open(self.port, &cookie)?;
        let first = client.post(&path, &body)?;
        self.sent_again += 1;
        if first.status >= 500 {
            bail!("{path}, sent again, was answered with {}", first.status);
        }
        if body.contains("idempotency_key=") {
            // Sending it a second time must give the same result.
            let second = client.post(&path, &body)?;
            if (first.status, &first.location) != (second.status, &second.location) {
                bail!("{path}: the same key led to {} and then to {}", first.location, second.location);
            }
        }
        Ok(())
    }
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    Some(text.split(before).nth(1)?.split(after).next()?.to_owned())
}

fn query_of(link: &str) -> String {
    let query = link.split_once('?').map_or("", |(_, query)| query);
    let names = query.split('&').map(|pair| match pair.split_once('=') {
        Some(("doctor", value)) => format!("doctor_id={value}"),
        Some(("service", value)) => format!("service_id={value}"),
        _ => pair.to_owned(),
    });
    names.collect::<Vec<_>>().join("&")
}

fn parameter(location: &str, name: &str) -> Option<String> {
    let query = location.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// Returns the words of a page, for a message.
fn visible(answer: &Answer) -> String {
    let text = answer.text();
    let main = text.split("<main").nth(1).unwrap_or(&text);
    let mut words = String::new();
    let mut inside = true;
    for letter in main.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => words.push(letter),
            _ => {}
        }
    }
    words.chars().take(300).collect()
}
