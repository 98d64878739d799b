//! Generates one visit up to its present state: token, queue, vital signs, note, charge, invoice, payment.

mod consultation;
mod queue;
mod times;
mod vitals;

use std::collections::{BTreeMap, HashMap};

use chrono::{Duration, NaiveDate};

use self::queue::{Step, Way};
use self::times::Times;
use super::day::user_of;
use super::dice::Dice;
use super::hospital::{Clinic, Doctor};
use super::people::People;
pub use super::progress::Progress;
use super::progress::Told;
use super::sale::{Sale, Settled};
use super::store::{PatientRow, Rows, Table};
use super::stories::Story;
use crate::core::{
    AppointmentId, DrugId, IdempotencyKey, PatientId, ServiceId, StaffId, UserId, VisitId,
    time::{Instant, Zone},
};
use crate::row;

/// Generates visits.
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
    /// The time at which each doctor finishes the previous patient.
    free_at: HashMap<StaffId, Instant>,
    turns: usize,
    /// The last number of each series of requisitions.
    requisitions: BTreeMap<String, i64>,
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
            requisitions: BTreeMap::new(),
        }
    }

    /// Generates the visit of an appointment, or of a patient without one.
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
        let planned = appointment.map_or(self.now, |(_, start)| start);
        let times = Times::of(progress, planned, self.now, self.free_at.get(&doctor.id).copied(), dice);
        if progress >= Progress::AtCashier {
            self.free_at.insert(doctor.id, times.finished);
        }
        let visit = VisitId::new();
        let urgent = appointment.is_none() && self.turns.is_multiple_of(4);
        self.audit(times.arrived, self.people.reception, "receptionist", "create", "visit", visit.0, patient.id);
        self.queue(visit, doctor, urgent, progress, &times);
        self.visit(visit, patient, doctor, appointment.map(|(id, _)| id), progress, story, &times);
        if progress > Progress::InTriage {
            self.vitals(dice, patient, visit, times.triaged - Duration::seconds(30));
        }
        if progress >= Progress::InConsultation {
            let signed = (progress > Progress::InConsultation).then_some(times.finished);
            self.consultation(patient, doctor, visit, story, times.seen_at, signed);
        }
        if progress == Progress::Done {
            self.settle(visit, Settled { at: times.at_desk, paid_at: times.left - Duration::seconds(20), cash: dice.chance(55) });
        }
    }

    /// Generates the steps through triage, consultation and cashier.
    fn queue(&mut self, visit: VisitId, doctor: &Doctor, urgent: bool, progress: Progress, times: &Times) {
        let People { reception, nurse, cashier, .. } = *self.people;
        let user = user_of(doctor);
        let triage_room = self.clinic.triage.get(self.turns % self.clinic.triage.len().max(1)).copied();
        let counter = self.clinic.cashier;
        let mut way = Way::new(self, visit, doctor, urgent);
        way.step(&Step {
            name: "triage",
            sent_by: reception,
            served_by: nurse,
            point: triage_room,
            since: times.arrived,
            served: (progress > Progress::WaitingForTriage)
                .then(|| (times.triage_at - (times.triage_at - times.arrived) / 4, times.triage_at)),
            over: (progress > Progress::InTriage).then_some((times.triaged, "moved_on")),
        });
        if progress >= Progress::WaitingForDoctor {
            way.step(&Step {
                name: "doctor",
                sent_by: nurse,
                served_by: user,
                point: Some(doctor.room),
                since: times.triaged,
                served: (progress > Progress::WaitingForDoctor)
                    .then(|| (times.seen_at - (times.seen_at - times.triaged) / 5, times.seen_at)),
                over: (progress > Progress::InConsultation).then_some((times.finished, "moved_on")),
            });
        }
        if progress >= Progress::AtCashier {
            way.step(&Step {
                name: "cashier",
                sent_by: user,
                served_by: cashier,
                point: Some(counter),
                since: times.finished,
                served: (progress == Progress::Done).then(|| (times.at_desk - Duration::seconds(50), times.at_desk)),
                over: (progress == Progress::Done).then_some((times.left, "done")),
            });
        }
    }

    /// Generates the visit itself, without its token.
    fn visit(
        &mut self,
        visit: VisitId,
        patient: &PatientRow,
        doctor: &Doctor,
        appointment: Option<AppointmentId>,
        progress: Progress,
        story: &Story,
        times: &Times,
    ) {
        let reception = self.people.reception;
        let ended = (progress == Progress::Done).then_some(times.left);
        self.visits.push(Told {
            arrived: times.arrived,
            service: doctor.service,
            letter: doctor.letter,
            row: row![
                visit,
                patient.id,
                self.clinic.id,
                doctor.service,
                appointment,
                appointment.map(|_| doctor.id),
                // The day, the number and the token are added when all visits are known.
                story.reason,
                ended.map(|_| "done".to_owned()),
                times.arrived,
                ended,
                IdempotencyKey::new(),
                reception,
                ended.unwrap_or(times.arrived),
                reception
            ],
        });
    }

    fn audit(&mut self, at: Instant, user: UserId, roles: &str, action: &str, what: &str, subject: uuid::Uuid, patient: PatientId) {
        self.audit.push((at, row![at, user, roles, action, what, Some(subject), patient, self.clinic.id]));
    }

    /// Records that the visit's charge was paid at the cashier.
    fn settle(&mut self, visit: VisitId, settled: Settled) {
        if let Some(sale) = self.sales.iter_mut().find(|sale| sale.visit == visit) {
            sale.settled = Some(settled);
        }
    }

    /// Assigns tokens in the order of arrival and numbers in the order of time; adds everything that has happened to
    /// the rows.
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
        for (at, row) in super::sale::write(&mut self.rows, self.clinic, self.people.cashier, (self.zone, self.now), self.sales) {
            self.audit.push((at, row));
        }
        for (prefix, last) in self.requisitions {
            self.rows.add(Table::NumberSeries, row![format!("requisition {prefix}"), last]);
        }
        self.audit.sort_by_key(|(at, _)| *at);
        for (_, row) in self.audit {
            self.rows.add(Table::Audit, row);
        }
        rows.append(self.rows);
    }
}
