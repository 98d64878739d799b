//! The nursing of the demo's wards: observations of the last day, an open escalation, fluids, tasks, a nurse with eight patients, and the
//! handover of the shift before, with the awkward cases.

mod store;

use chrono::Duration;

use self::store::Lying;
use super::{DemoError, hospital::Clinic, people::People};
use crate::{
    core::{
        EscalationId, FluidEntryId, HandoverId, HandoverNoteId, NurseAllocationId, NursingTaskId, ObservationId, ObservationPlanId, Stamp,
        TaskPlanId, UserId,
        time::{Instant, Zone},
    },
    db::{Tx, Value},
    keys::{ESCALATION_STEPS, HANDOVER_NOTES},
    opd::{
        Consciousness,
        vitals::{
            ADULT_MONTHS, Ages,
            news2::{self, Scale, Signs},
        },
    },
    row,
};

/// Hours between the sets of a patient, and minutes since the last one.
const EVERY: i64 = 4;
const SINCE: i64 = 25;
/// Patients of the nurse who signs in.
const MINE: usize = 8;

/// The values of a set: respiration, saturation, tenths of litres of oxygen, systolic and diastolic pressure, pulse, tenths of a degree.
type Taken = [i64; 7];

const WELL: [Taken; 5] = [
    [14, 97, 0, 124, 78, 72, 368],
    [16, 96, 0, 132, 84, 80, 371],
    [15, 98, 0, 118, 72, 66, 365],
    [18, 96, 0, 141, 88, 88, 373],
    [16, 95, 0, 127, 80, 84, 379],
];
/// A score of 7.
const WORSE: Taken = [22, 93, 20, 104, 62, 88, 374];
/// Well on scale 2, and 3 points on scale 1.
const HYPERCAPNIC: Taken = [18, 90, 0, 130, 80, 84, 369];

/// The rows of nursing, by table.
#[derive(Default)]
struct Made {
    plans: Vec<Vec<Value>>,
    sets: Vec<Vec<Value>>,
    escalations: Vec<Vec<Value>>,
    steps: Vec<Vec<Value>>,
    fluids: Vec<Vec<Value>>,
    task_plans: Vec<Vec<Value>>,
    tasks: Vec<Vec<Value>>,
    allocations: Vec<Vec<Value>>,
    notes: Vec<Vec<Value>>,
}

/// A case on the first ward, by the place of its patient.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Usual,
    /// The last set scores 7, and nobody has come yet.
    Worse,
    /// The last set is eight hours old.
    Late,
    /// The patient refused the last set.
    Refused,
    /// The last set has no temperature.
    Partial,
    /// A doctor decided on scale 2.
    Hypercapnic,
}

const CASES: [Case; 8] = [Case::Worse, Case::Late, Case::Usual, Case::Refused, Case::Hypercapnic, Case::Usual, Case::Partial, Case::Usual];

/// Makes the rows for the patients who lie in beds.
pub async fn make(tx: &mut Tx, clinic: &Clinic, people: &People, zone: Zone, now: Instant) -> Result<(), DemoError> {
    let lying = store::lying(tx, clinic.id).await?;
    let doctor = store::a_doctor(tx).await?;
    let mut made = Made::default();
    let nurse = people.nurse;
    for (place, one) in lying.iter().enumerate() {
        let case = if one.ward_code == "MED" { CASES.get(place).copied().unwrap_or(Case::Usual) } else { Case::Usual };
        made.observe(one, (place, case), (zone, now), (nurse, doctor));
        if place % 3 == 0 {
            made.drink(one, place, Stamp { by: nurse, at: now });
        }
        if place % 4 == 0 {
            made.turn(one, Stamp { by: nurse, at: now });
        }
    }
    let (day, shift) = store::shift_at(zone, now);
    for one in lying.iter().take(MINE) {
        let id = NurseAllocationId::new();
        made.allocations.push(row![id, one.admission, one.patient, clinic.id, nurse, day, shift, now, nurse]);
    }
    let handover = made.hand_over(&lying, Stamp { by: nurse, at: now });
    store::write(tx, made, handover, (clinic.id, zone, now, nurse)).await?;
    Ok(())
}

impl Made {
    fn observe(
        &mut self,
        one: &Lying,
        (place, case): (usize, Case),
        (zone, now): (Zone, Instant),
        (nurse, doctor): (UserId, Option<UserId>),
    ) {
        let child = Ages::new(one.birth.date, zone).at(now, None) < ADULT_MONTHS;
        let pregnant = !child && one.ward_code == "MAT";
        let scale = if case == Case::Hypercapnic && doctor.is_some() { Scale::Two } else { Scale::One };
        if pregnant || scale == Scale::Two {
            let reason = if pregnant { "Pregnant or just delivered" } else { "COPD with hypercapnia, target 88 to 92 %" };
            let by = if pregnant { nurse } else { doctor.unwrap_or(nurse) };
            let id = ObservationPlanId::new();
            self.plans.push(row![id, one.admission, one.patient, one.clinic, 1_i64, scale.number(), pregnant, reason, one.since, by]);
        }
        let first = if case == Case::Late { 2 } else { 0 };
        for back in (first..6).rev() {
            let taken_at = now - Duration::minutes(SINCE + EVERY * 60 * back);
            if taken_at <= one.since {
                continue;
            }
            let last = back == first;
            if case == Case::Refused && last {
                self.refused(one, Stamp { by: nurse, at: taken_at });
                continue;
            }
            let turn = usize::try_from(back).unwrap_or(0) + place;
            let values = match case {
                Case::Worse if last => WORSE,
                Case::Hypercapnic => HYPERCAPNIC,
                _ => WELL[turn % WELL.len()],
            };
            let judged = match (child, pregnant, case == Case::Partial && last) {
                (true, ..) => Err("child"),
                (_, true, _) => Err("pregnant"),
                (_, _, true) => Err("partial"),
                _ => Ok(scored(&values, scale)),
            };
            let id = self.set(one, values, (taken_at, nurse), scale, judged);
            if case == Case::Worse && last {
                self.escalate(one, id, Stamp { by: nurse, at: taken_at });
            }
        }
    }

    fn set(
        &mut self,
        one: &Lying,
        values: Taken,
        (at, by): (Instant, UserId),
        scale: Scale,
        judged: Result<news2::News2, &'static str>,
    ) -> ObservationId {
        let id = ObservationId::new();
        let [respiration, spo2, oxygen, systolic, diastolic, pulse, temperature] = values;
        let temperature = Some(temperature).filter(|_| judged != Err("partial"));
        let (score, red) = (judged.ok().map(|score| score.total), judged.is_ok_and(|score| score.single_red));
        self.sets.push(row![
            id,
            one.admission,
            one.patient,
            one.clinic,
            id,
            1_i64,
            "values",
            at,
            at,
            by,
            Some(respiration),
            Some(spo2),
            Some(oxygen),
            Some(systolic),
            Some(diastolic),
            Some(pulse),
            Some("alert".to_owned()),
            temperature,
            scale.number(),
            score,
            red,
            judged.err().map(str::to_owned),
            ""
        ]);
        id
    }

    fn refused(&mut self, one: &Lying, stamp: Stamp) {
        let (id, none) = (ObservationId::new(), None::<i64>);
        self.sets.push(row![
            id,
            one.admission,
            one.patient,
            one.clinic,
            id,
            1_i64,
            "refused",
            stamp.at,
            stamp.at,
            stamp.by,
            none,
            none,
            none,
            none,
            none,
            none,
            None::<String>,
            none,
            1_i64,
            none,
            false,
            Some("refused".to_owned()),
            "Wants to sleep"
        ]);
    }

    /// The patient who got worse: the doctor was told, and has not come yet.
    fn escalate(&mut self, one: &Lying, set: ObservationId, stamp: Stamp) {
        let Stamp { at, by } = stamp;
        let id = EscalationId::new();
        let answer_by = at + Duration::minutes(30);
        self.escalations.push(row![id, one.admission, one.patient, one.clinic, set, "score", 7_i64, 3_i64, "told", at, answer_by]);
        for (nth, step, whom, note) in [(1_i64, "opened", "", ""), (2, "told", "The doctor on call", "Is in theatre, comes in 20 minutes")]
        {
            let row = uuid::Uuid::now_v7();
            let at = at + Duration::minutes(nth - 1);
            self.steps.push(row![row, id, nth, step, 3_i64, at, by, whom, ESCALATION_STEPS.seal(row, id, [note])]);
        }
    }

    fn drink(&mut self, one: &Lying, place: usize, stamp: Stamp) {
        for (hours, direction, kind, ml) in [
            (5, "in", "iv", Some(500_i64)),
            (4, "in", "oral", Some(200)),
            (3, "out", "urine", Some(350)),
            (2, "in", "oral", Some(150)),
            (1, "out", "vomit", None),
        ] {
            let at = stamp.at - Duration::minutes(hours * 58);
            if at > one.since && (ml.is_some() || place == 0) {
                let id = FluidEntryId::new();
                self.fluids.push(row![id, one.admission, one.patient, one.clinic, id, 1_i64, direction, kind, ml, at, at, stamp.by]);
            }
        }
    }

    /// Turning every four hours: one was done, one is late, the next ones are due.
    fn turn(&mut self, one: &Lying, stamp: Stamp) {
        let (plan, start) = (TaskPlanId::new(), stamp.at - Duration::minutes(260));
        if start <= one.since {
            return;
        }
        self.task_plans.push(row![
            plan,
            one.admission,
            one.patient,
            one.clinic,
            "turning",
            "Left, back, right",
            "q4h",
            start,
            start,
            stamp.by
        ]);
        for turn in 0..6 {
            let due = start + Duration::hours(4 * turn);
            let done = (turn == 0).then_some(due + Duration::minutes(5));
            let state = if done.is_some() { "done" } else { "due" };
            let id = NursingTaskId::new();
            self.tasks.push(row![id, one.admission, one.patient, one.clinic, plan, due, state, done, done.map(|_| stamp.by)]);
        }
    }

    /// The lines of the shift that runs: half of the patients have one.
    fn hand_over(&mut self, lying: &[Lying], stamp: Stamp) -> Option<HandoverId> {
        let ward = lying.first()?.ward;
        let id = HandoverId::new();
        for one in lying.iter().filter(|one| one.ward == ward).step_by(2) {
            let note = HandoverNoteId::new();
            let parts = [
                "Stable since the morning, eats half of the meals.",
                "See the admission.",
                "No fever, walks with help.",
                "Walk twice, weigh tomorrow.",
            ];
            let sealed = HANDOVER_NOTES.seal(note, one.patient, parts);
            let at = stamp.at - Duration::minutes(15);
            self.notes.push(row![note, id, one.admission, one.patient, one.clinic, 1_i64, sealed, at, stamp.by]);
        }
        Some(id)
    }
}

fn scored(values: &Taken, scale: Scale) -> news2::News2 {
    let [respiration, spo2, oxygen, systolic, _, pulse, temperature] = *values;
    news2::score(&Signs {
        respiration,
        spo2,
        scale,
        on_oxygen: oxygen > 0,
        systolic,
        pulse,
        consciousness: Consciousness::Alert,
        temperature,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_score_as_they_say() {
        assert_eq!(scored(&WORSE, Scale::One).total, 7);
        assert_eq!(scored(&HYPERCAPNIC, Scale::Two).total, 0);
        assert!(WELL.iter().all(|values| scored(values, Scale::One).total <= 2));
    }
}
