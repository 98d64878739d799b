//! One visit, told as far as it has come: token, queue, vital signs, note, charge, invoice, payment.

use std::collections::{BTreeMap, HashMap};

use chrono::{Duration, NaiveDate};

use super::day::user_of;
use super::dice::Dice;
use super::hospital::{Clinic, Doctor};
use super::people::People;
pub use super::progress::Progress;
use super::progress::Told;
use super::sale::{Sale, Settled};
use super::store::{PatientRow, Rows, Table};
use super::stories::Story;
use crate::clinical::{Note, NoteState, NoteText, icd10};
use crate::core::{
    AppointmentId, ChargeId, DiagnosisId, DrugId, EncounterId, IdempotencyKey, NoteId, PatientId, PrescriptionId, QueueEntryId, ServiceId,
    ServicePointId, StaffId, UserId, VisitId, VitalsId,
    time::{Instant, Zone, years_between},
};
use crate::opd::{Consciousness, VitalSigns};
use crate::row;

/// Tells visits.
pub struct Teller<'a> {
    clinic: &'a Clinic,
    people: &'a People,
    drugs: &'a HashMap<String, DrugId>,
    zone: Zone,
    now: Instant,
    rows: Rows,
    visits: Vec<Told>,
    sales: Vec<Sale>,
    audit: Vec<(Instant, Vec<crate::db::Value>)>,
    /// When a doctor is done with the one before.
    free_at: HashMap<StaffId, Instant>,
    turns: usize,
}

/// One stay after another in the queue.
struct Stays<'a, 'b> {
    teller: &'a mut Teller<'b>,
    visit: VisitId,
    doctor: &'a Doctor,
    priority: i64,
    reason: &'static str,
    previous: Option<QueueEntryId>,
    waiting_since: Instant,
}

/// One stay in the queue.
struct Stay {
    step: &'static str,
    state: &'static str,
    point: Option<ServicePointId>,
    by: UserId,
    from: Instant,
    until: Option<(Instant, UserId, &'static str)>,
}

impl Stays<'_, '_> {
    fn stay(&mut self, stay: &Stay) {
        if stay.state == "waiting" {
            self.waiting_since = stay.from;
        }
        let id = QueueEntryId::new();
        let doctor = (stay.step == "doctor").then_some(self.doctor.id);
        self.teller.rows.add(
            Table::QueueEntries,
            row![
                id,
                self.visit,
                self.teller.clinic.id,
                self.doctor.service,
                stay.step,
                stay.state,
                self.priority,
                self.reason,
                stay.point,
                doctor,
                self.previous,
                self.waiting_since,
                stay.from,
                stay.by,
                stay.until.map(|(at, _, _)| at),
                stay.until.map(|(_, by, _)| by),
                stay.until.map(|(_, _, because)| because.to_owned())
            ],
        );
        self.previous = Some(id);
    }
}

impl<'a> Teller<'a> {
    pub fn new(clinic: &'a Clinic, people: &'a People, drugs: &'a HashMap<String, DrugId>, zone: Zone, now: Instant) -> Self {
        Self {
            clinic,
            people,
            drugs,
            zone,
            now,
            rows: Rows::default(),
            visits: Vec::new(),
            sales: Vec::new(),
            audit: Vec::new(),
            free_at: HashMap::new(),
            turns: 0,
        }
    }

    /// Tells what became of an appointment, or of somebody who just came.
    pub fn tell(
        &mut self,
        dice: &mut Dice,
        patient: &PatientRow,
        doctor: &Doctor,
        appointment: Option<(AppointmentId, Instant)>,
        progress: Progress,
        story: &Story,
    ) {
        if !progress.arrived() {
            return;
        }
        self.turns += 1;
        let minutes = |dice: &mut Dice, low: i64, high: i64| Duration::seconds(dice.between(low * 60, high * 60));
        let open = self.now;
        let planned = appointment.map_or(open, |(_, start)| start);
        // When things happen, forwards for what is over, backwards from now for what goes on.
        let (arrived, triage_at, triaged, seen_at) = match progress {
            Progress::Done | Progress::AtCashier => {
                let arrived = planned - minutes(dice, 12, 22);
                let triage_at = arrived + minutes(dice, 1, 4);
                let triaged = triage_at + minutes(dice, 3, 6);
                let free = self.free_at.get(&doctor.id).copied().unwrap_or(planned);
                (arrived, triage_at, triaged, free.max(planned).max(triaged) + minutes(dice, 1, 2))
            }
            Progress::InConsultation => {
                let seen_at = (open - minutes(dice, 4, 9)).max(self.free_at.get(&doctor.id).copied().unwrap_or(open - Duration::days(1)));
                let seen_at = seen_at.min(open - Duration::minutes(1));
                let triaged = seen_at - minutes(dice, 6, 14);
                (triaged - minutes(dice, 7, 10), triaged - minutes(dice, 3, 5), triaged, seen_at)
            }
            Progress::WaitingForDoctor => {
                let triaged = open - minutes(dice, 3, 26);
                (triaged - minutes(dice, 8, 15), triaged - minutes(dice, 3, 6), triaged, open)
            }
            Progress::InTriage => {
                let triage_at = open - minutes(dice, 1, 3);
                (triage_at - minutes(dice, 4, 9), triage_at, open, open)
            }
            _ => (open - minutes(dice, 2, 17), open, open, open),
        };
        let finished = seen_at + minutes(dice, 8, 14);
        if matches!(progress, Progress::Done | Progress::AtCashier) {
            self.free_at.insert(doctor.id, finished);
        }
        let visit = VisitId::new();
        let urgent = appointment.is_none() && self.turns.is_multiple_of(4);
        let nurse = self.people.nurse;
        let user = user_of(doctor);
        let room = Some(doctor.room);
        let triage_room = self.clinic.triage.get(self.turns % self.clinic.triage.len().max(1)).copied();
        let reception = self.people.reception;
        self.audit(arrived, reception, "receptionist", "create", "visit", visit.0, patient.id);

        let mut stays = Stays {
            visit,
            doctor,
            priority: if urgent { 2 } else { 3 },
            reason: if urgent { "Short of breath" } else { "" },
            previous: None,
            waiting_since: arrived,
            teller: self,
        };
        let called = triage_at - (triage_at - arrived) / 4;
        if progress == Progress::WaitingForTriage {
            stays.stay(&Stay { step: "triage", state: "waiting", point: None, by: reception, from: arrived, until: None });
        } else {
            stays.stay(&Stay {
                step: "triage",
                state: "waiting",
                point: None,
                by: reception,
                from: arrived,
                until: Some((called, nurse, "called")),
            });
            stays.stay(&Stay {
                step: "triage",
                state: "called",
                point: triage_room,
                by: nurse,
                from: called,
                until: Some((triage_at, nurse, "started")),
            });
            let until = (progress > Progress::InTriage).then_some((triaged, nurse, "moved_on"));
            stays.stay(&Stay { step: "triage", state: "serving", point: triage_room, by: nurse, from: triage_at, until });
        }
        if progress == Progress::WaitingForDoctor {
            stays.stay(&Stay { step: "doctor", state: "waiting", point: None, by: nurse, from: triaged, until: None });
        }
        if progress >= Progress::InConsultation {
            let called = seen_at - (seen_at - triaged) / 5;
            stays.stay(&Stay {
                step: "doctor",
                state: "waiting",
                point: None,
                by: nurse,
                from: triaged,
                until: Some((called, user, "called")),
            });
            stays.stay(&Stay {
                step: "doctor",
                state: "called",
                point: room,
                by: user,
                from: called,
                until: Some((seen_at, user, "started")),
            });
            let until = (progress > Progress::InConsultation).then_some((finished, user, "moved_on"));
            stays.stay(&Stay { step: "doctor", state: "serving", point: room, by: user, from: seen_at, until });
        }
        let cashier = stays.teller.people.cashier;
        let desk = Some(stays.teller.clinic.cashier);
        let at_desk = finished + minutes(dice, 2, 5);
        let left = at_desk + minutes(dice, 2, 4);
        if progress == Progress::AtCashier {
            stays.stay(&Stay { step: "cashier", state: "waiting", point: None, by: user, from: finished, until: None });
        }
        if progress == Progress::Done {
            let called = at_desk - Duration::seconds(50);
            stays.stay(&Stay {
                step: "cashier",
                state: "waiting",
                point: None,
                by: user,
                from: finished,
                until: Some((called, cashier, "called")),
            });
            stays.stay(&Stay {
                step: "cashier",
                state: "called",
                point: desk,
                by: cashier,
                from: called,
                until: Some((at_desk, cashier, "started")),
            });
            stays.stay(&Stay {
                step: "cashier",
                state: "serving",
                point: desk,
                by: cashier,
                from: at_desk,
                until: Some((left, cashier, "done")),
            });
        }

        let ended = (progress == Progress::Done).then_some(left);
        self.visits.push(Told {
            arrived,
            service: doctor.service,
            letter: doctor.letter,
            row: row![
                visit,
                patient.id,
                self.clinic.id,
                doctor.service,
                appointment.map(|(id, _)| id),
                appointment.map(|_| doctor.id),
                // The day, the number and the token come when all visits are known.
                story.reason,
                ended.map(|_| "done".to_owned()),
                arrived,
                ended,
                IdempotencyKey::new(),
                reception,
                ended.unwrap_or(arrived),
                reception
            ],
        });
        if progress > Progress::InTriage {
            self.vitals(dice, patient, visit, triaged - Duration::seconds(30));
        }
        if progress >= Progress::InConsultation {
            self.consultation(patient, doctor, visit, story, seen_at, (progress > Progress::InConsultation).then_some(finished));
        }
        if progress == Progress::Done {
            self.settle(visit, Settled { at: at_desk, paid_at: left - Duration::seconds(20), cash: dice.chance(55) });
        }
    }

    fn audit(&mut self, at: Instant, user: UserId, roles: &str, action: &str, what: &str, subject: uuid::Uuid, patient: PatientId) {
        self.audit.push((at, row![at, user, roles, action, what, Some(subject), patient, self.clinic.id]));
    }

    fn vitals(&mut self, dice: &mut Dice, patient: &PatientRow, visit: VisitId, at: Instant) {
        let id = VitalsId::new();
        let feverish = dice.chance(8);
        let age = years_between(patient.birth_date, at.date_naive());
        let height = if patient.sex == "female" { dice.between(1_520, 1_760) } else { dice.between(1_640, 1_900) };
        let index = dice.between(205, 330);
        let systolic = dice.between(108, 138) + age.clamp(20, 80) / 8;
        let values = (
            if feverish { dice.between(379, 389) } else { dice.between(362, 372) },
            dice.between(58, 92) + if feverish { 12 } else { 0 },
            dice.between(12, 18),
            systolic,
            systolic - dice.between(42, 56),
            dice.between(95, 99),
        );
        let signs = VitalSigns {
            temperature: Some(values.0),
            pulse: Some(values.1),
            respiration: Some(values.2),
            systolic: Some(values.3),
            spo2: Some(values.5),
            consciousness: Some(Consciousness::Alert),
            ..VitalSigns::default()
        };
        let news2 = signs.news2(Some(age * 12));
        self.rows.add(
            Table::Vitals,
            row![
                id,
                patient.id,
                visit,
                at,
                self.people.nurse,
                values.0,
                values.1,
                values.2,
                values.3,
                values.4,
                values.5,
                "alert",
                // Grams, from a body mass index in tenths.
                height * height / 10_000 * index,
                height,
                dice.between(0, 4),
                news2.map(|score| score.total)
            ],
        );
        self.audit(at, self.people.nurse, "nurse", "create", "vitals", id.0, patient.id);
    }

    fn consultation(
        &mut self,
        patient: &PatientRow,
        doctor: &Doctor,
        visit: VisitId,
        story: &Story,
        from: Instant,
        signed: Option<Instant>,
    ) {
        let (encounter, user) = (EncounterId::new(), user_of(doctor));
        let state = if signed.is_some() { "finished" } else { "in_progress" };
        self.rows.add(
            Table::Encounters,
            row![
                encounter,
                patient.id,
                visit,
                self.clinic.id,
                doctor.department,
                doctor.id,
                "outpatient",
                state,
                story.reason,
                from,
                signed,
                user,
                signed.unwrap_or(from),
                user
            ],
        );
        let mut text = NoteText { history: story.history.to_owned(), ..NoteText::default() };
        if signed.is_some() {
            story.examination.clone_into(&mut text.examination);
            story.assessment.clone_into(&mut text.assessment);
            story.plan.clone_into(&mut text.plan);
        }
        let note = Note {
            id: NoteId::new(),
            encounter,
            author: user,
            text: text.clone(),
            state: NoteState::Draft,
            signature: None,
            updated_at: from,
            version: 1,
        };
        let note_id = note.id;
        // Signed by the same rule as in the consultation: a changed row is noticed.
        let signature = signed.and_then(|at| note.sign(text.clone(), user, "", at).ok()).and_then(|note| note.signature);
        self.rows.add(
            Table::Notes,
            row![
                note_id,
                encounter,
                patient.id,
                user,
                text.history,
                text.examination,
                text.assessment,
                text.plan,
                if signature.is_some() { "signed" } else { "draft" },
                signed,
                signed.map(|_| user),
                signature.map(|signature| signature.digest),
                from,
                signed.unwrap_or(from)
            ],
        );
        self.audit(from, user, "doctor", "read", "chart", patient.id.0, patient.id);
        let Some(signed) = signed else { return };
        self.audit(signed, user, "doctor", "sign", "note", note_id.0, patient.id);
        if let Some(code) = icd10::lookup(story.code) {
            let row = row![
                DiagnosisId::new(),
                encounter,
                patient.id,
                code.code,
                code.description,
                "confirmed",
                "primary",
                signed - Duration::minutes(2),
                user
            ];
            self.rows.add(Table::Diagnoses, row);
        }
        if let Some(medicine) = &story.medicine {
            self.rows.add(
                Table::Prescriptions,
                row![
                    PrescriptionId::new(),
                    encounter,
                    patient.id,
                    self.drugs.get(medicine.drug).copied(),
                    medicine.drug,
                    medicine.dose,
                    medicine.route,
                    medicine.frequency,
                    medicine.days,
                    "active",
                    signed - Duration::minutes(1),
                    user
                ],
            );
        }
        let share = patient.insurer_id.and(patient.copay_percent);
        self.sales.push(Sale {
            charge: ChargeId::new(),
            visit,
            encounter,
            patient: patient.id,
            account: patient.account_id,
            item: doctor.item,
            name: doctor.item_name.clone(),
            total: doctor.price,
            insurer: patient.insurer_id,
            patient_share: share.map_or(doctor.price, |percent| doctor.price.percent(percent)),
            raised_at: signed,
            raised_by: user,
            settled: None,
        });
    }

    /// The visit's charge was settled at the desk.
    fn settle(&mut self, visit: VisitId, settled: Settled) {
        if let Some(sale) = self.sales.iter_mut().find(|sale| sale.visit == visit) {
            sale.settled = Some(settled);
        }
    }

    /// Gives tokens by arrival and numbers by time; what has happened goes to the rows.
    pub fn finish(mut self, rows: &mut Rows) {
        self.visits.sort_by_key(|told| told.arrived);
        let mut last: BTreeMap<(ServiceId, NaiveDate), i64> = BTreeMap::new();
        for told in self.visits {
            let day = self.zone.day(told.arrived);
            let number = last.entry((told.service, day)).or_insert(0);
            *number += 1;
            let mut row = told.row;
            let given = row![day, *number, format!("{}-{number:03}", told.letter)];
            row.splice(6..6, given);
            self.rows.add(Table::Visits, row);
        }
        for ((service, day), number) in last {
            self.rows.add(Table::TokenSeries, row![service, day, number]);
        }
        for (at, row) in super::sale::write(&mut self.rows, self.clinic, self.people.cashier, self.zone, self.sales) {
            self.audit.push((at, row));
        }
        self.audit.sort_by_key(|(at, _)| *at);
        for (_, row) in self.audit {
            self.rows.add(Table::Audit, row);
        }
        rows.append(self.rows);
    }
}
