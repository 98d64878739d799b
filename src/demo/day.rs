//! Generates the demo's day: the visits since the morning, the present queues, and the next appointments.

use std::collections::HashMap;

use chrono::{Datelike as _, Duration, NaiveDate, Timelike as _};

use super::dice::Dice;
use super::hospital::{Clinic, Doctor, SLOT_MINUTES};
use super::people::People;
use super::store::{PatientRow, Rows, Table};
use super::stories::{STORIES, Story};
use super::visit::{Progress, Teller};
use crate::core::{
    AppointmentId, DrugId, IdempotencyKey, PatientId, UserId,
    time::{Instant, Zone},
};
use crate::row;

/// The number of doctors of each service who have patients today; the others only have hours.
const BUSY: [(&str, usize); 6] = [("A", 2), ("B", 3), ("C", 2), ("D", 1), ("E", 1), ("H", 1)];
/// The number of past slots that get visits.
const PAST: i64 = 11;
/// The number of future slots that may be booked.
const AHEAD: i64 = 20;
/// Future slots of the first doctor that stay free: about an hour and a half from now, so that a patient who books one can
/// still come in time.
const FREE: [i64; 2] = [4, 5];
/// The next visit of the portal's patient: days from now, and the time.
const COMES_AGAIN: (i64, u32, u32) = (8, 10, 40);
/// The number of future days with bookings.
const DAYS: i64 = 10;

/// The data from which the day is generated.
pub struct Day<'a> {
    pub clinic: &'a Clinic,
    pub people: &'a People,
    pub adults: &'a [PatientRow],
    pub drugs: &'a HashMap<String, DrugId>,
    pub zone: Zone,
    pub now: Instant,
    pub seed: u64,
}

/// A shuffled stack of patients; each is used once.
struct Deck<'a> {
    cards: Vec<&'a PatientRow>,
}

impl Day<'_> {
    /// Returns the doctors with patients today.
    fn busy(&self) -> Vec<&Doctor> {
        let of = |(letter, count): &(&str, usize)| {
            self.clinic.doctors.iter().filter(|doctor| doctor.letter == *letter).take(*count).collect::<Vec<_>>()
        };
        BUSY.iter().flat_map(of).collect()
    }

    /// Generates today and the days around it.
    pub fn tell(&self) -> Rows {
        let mut dice = Dice::new(self.seed);
        let mut cards: Vec<&PatientRow> = self.adults.iter().filter(|patient| patient.id != self.people.patient).collect();
        dice.shuffle(&mut cards);
        let mut deck = Deck { cards };
        let mut rows = Rows::default();
        let mut teller = Teller::new(self.clinic, self.people, self.drugs, self.zone, self.now);
        // Last week's visit comes first: after it the doctors are free.
        self.portal_patient(&mut rows, &mut teller, &mut dice);
        let slot = self.slot_now();
        for (at, doctor) in self.busy().into_iter().enumerate() {
            self.doctors_day(&mut rows, &mut teller, &mut dice, &mut deck, doctor, slot, at);
        }
        self.walk_ins(&mut teller, &mut dice, &mut deck);
        teller.finish(&mut rows);
        self.coming_days(&mut rows, &mut dice);
        rows
    }

    /// Returns the start of the present slot: slots are counted from midnight.
    fn slot_now(&self) -> Instant {
        let local = self.zone.local(self.now);
        let minute = i64::from(local.hour() * 60 + local.minute());
        let since = minute % SLOT_MINUTES;
        self.now
            - Duration::minutes(since)
            - Duration::seconds(i64::from(local.second()))
            - Duration::nanoseconds(i64::from(local.nanosecond()))
    }

    fn doctors_day(
        &self,
        rows: &mut Rows,
        teller: &mut Teller<'_>,
        dice: &mut Dice,
        deck: &mut Deck<'_>,
        doctor: &Doctor,
        slot: Instant,
        nth: usize,
    ) {
        let at = |index: i64| slot + Duration::minutes(SLOT_MINUTES * index);
        for index in -PAST..=AHEAD {
            let start = at(index);
            let story = &STORIES[dice.below(STORIES.len())];
            let told = match index {
                i64::MIN..=-3 if dice.chance(78) => Some(Progress::Done),
                -5 if nth == 0 => Some(Progress::NoShow),
                -2 if nth.is_multiple_of(3) => Some(Progress::AtCashier),
                -2 => Some(Progress::Done),
                -1 => Some(Progress::InConsultation),
                1 if nth % 3 == 1 => Some(Progress::InTriage),
                0 | 1 => Some(Progress::WaitingForDoctor),
                2 if nth.is_multiple_of(2) => Some(Progress::WaitingForTriage),
                2 | 3 => Some(Progress::Booked),
                _ if nth == 0 && FREE.contains(&index) => None,
                _ if index > 3 && dice.chance(55) => Some(if dice.chance(8) { Progress::Cancelled } else { Progress::Booked }),
                _ => None,
            };
            let Some(progress) = told else { continue };
            let Some(patient) = deck.cards.pop() else { return };
            let appointment = self.appointment(rows, patient, doctor, start, progress, story);
            teller.tell(dice, patient, doctor, Some((appointment, start)), progress, story);
        }
    }

    fn appointment(
        &self,
        rows: &mut Rows,
        patient: &PatientRow,
        doctor: &Doctor,
        start: Instant,
        progress: Progress,
        story: &Story,
    ) -> AppointmentId {
        let id = AppointmentId::new();
        let booked = start - Duration::days(3) - Duration::minutes(i64::from(start.timestamp_subsec_millis()) + 37);
        let booked = booked.min(self.now - Duration::hours(2));
        let cancelled = progress == Progress::Cancelled;
        rows.add(
            Table::Appointments,
            row![
                id,
                patient.id,
                doctor.id,
                self.clinic.id,
                doctor.service,
                start,
                start + Duration::minutes(SLOT_MINUTES),
                1_i64,
                progress.appointment_state(),
                story.reason,
                "demo",
                cancelled.then_some(self.now - Duration::hours(1)),
                cancelled.then_some(self.people.reception),
                if cancelled { "Called: cannot come" } else { "" },
                IdempotencyKey::new(),
                booked,
                self.people.reception,
                booked,
                self.people.reception
            ],
        );
        id
    }

    /// Adds patients who came without an appointment; one of them is urgent.
    fn walk_ins(&self, teller: &mut Teller<'_>, dice: &mut Dice, deck: &mut Deck<'_>) {
        for letter in ["A", "A", "B", "C"] {
            let Some(doctor) = self.clinic.doctors.iter().find(|doctor| doctor.letter == letter) else { continue };
            let Some(patient) = deck.cards.pop() else { return };
            let story = &STORIES[dice.below(STORIES.len())];
            teller.tell(dice, patient, doctor, None, Progress::WaitingForTriage, story);
        }
    }

    /// Adds the portal patient's visit of last week, which is paid, and her next appointment in some days.
    fn portal_patient(&self, rows: &mut Rows, teller: &mut Teller<'_>, dice: &mut Dice) {
        let (Some(patient), Some(doctor)) =
            (self.adults.iter().find(|patient| patient.id == self.people.patient), self.clinic.doctors.first())
        else {
            return;
        };
        let Some(story) = STORIES.first() else { return };
        let past = self.clock(self.day(-6), 9, 20);
        if let Some(past) = past {
            let appointment = self.appointment(rows, patient, doctor, past, Progress::Done, story);
            teller.tell(dice, patient, doctor, Some((appointment, past)), Progress::Done, story);
        }
        let (ahead, hour, minute) = COMES_AGAIN;
        if let Some(next) = self.clock(self.day(ahead), hour, minute) {
            self.appointment(rows, patient, doctor, next, Progress::Booked, story);
        }
    }

    fn day(&self, ahead: i64) -> NaiveDate {
        self.zone.day(self.now) + Duration::days(ahead)
    }

    fn clock(&self, day: NaiveDate, hour: u32, minute: u32) -> Option<Instant> {
        self.zone.instant(day.and_hms_opt(hour, minute, 0)?)
    }

    /// Books a part of the next days; less on weekends.
    fn coming_days(&self, rows: &mut Rows, dice: &mut Dice) {
        let mut deck: Vec<PatientId> = Vec::new();
        let by_id: HashMap<PatientId, &PatientRow> = self.adults.iter().map(|patient| (patient.id, patient)).collect();
        // Today's generated visits end at this time at the latest.
        let today_ends = self.now + Duration::minutes(SLOT_MINUTES * (AHEAD + 2));
        for ahead in 1..=DAYS {
            let day = self.day(ahead);
            let percent = if day.weekday().number_from_monday() > 5 { 15 } else { 45 - 3 * ahead };
            deck.clear();
            deck.extend(self.adults.iter().map(|patient| patient.id).filter(|id| *id != self.people.patient));
            dice.shuffle(&mut deck);
            for (nth, doctor) in self.clinic.doctors.iter().enumerate() {
                for slot in 0..27_u32 {
                    let minute = 8 * 60 + slot * 20;
                    let kept = nth == 0 && (ahead, minute / 60, minute % 60) == COMES_AGAIN;
                    if !dice.chance(percent) || kept {
                        continue;
                    }
                    let Some(start) = self.clock(day, minute / 60, minute % 60).filter(|start| *start > today_ends) else { continue };
                    let Some(patient) = deck.pop().and_then(|id| by_id.get(&id).copied()) else { continue };
                    let story = &STORIES[dice.below(STORIES.len())];
                    self.appointment(rows, patient, doctor, start, Progress::Booked, story);
                }
            }
        }
    }
}

/// Returns the user of a member of staff, which has the same id.
pub fn user_of(doctor: &Doctor) -> UserId {
    UserId(doctor.id.0)
}
