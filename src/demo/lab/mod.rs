//! The laboratory of the demo: the starter catalogue, and samples and results of today in every state, so that each list has work. One
//! reported result is held back from the portal, with its reason.

mod store;

use chrono::{Datelike as _, Duration};

use self::store::Judged;
pub(super) use self::store::{Of, requisition, user, visits};
use super::{
    hospital::{CLINIC_CODE, Clinic},
    people::People,
    store::{Rows, Table},
};
use crate::{
    billing::{self, Quantity, Service, ToCharge, Wanted},
    clinical::{HiddenFrom, holds},
    core::{
        LabAnalysisId, LabCallId, LabControlLotId, LabDrawId, LabReportId, LabResultId, LabReviewId, LabSampleId, Money, OrderId, PriceId,
        PriceItemId, RequisitionId, Stamp, UserId,
        time::{Instant, Zone},
    },
    db::Tx,
    lab::{
        self, AnalysisState, Catalogue, ChosenRange, Condition, Flag, LAB_TEST, LabTest, Measured, RangeFor, ReviewAction, SampleState,
        choose, judge,
    },
    organisation::number_document,
    row,
};

/// The way that an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    Expected,
    Collected,
    Ready,
    Entered,
    Checked,
    Reported,
    Signed,
}

/// The orders of patients who are still there: code, value, stat, progress.
const THERE: [(&str, &str, bool, Progress); 4] = [
    ("k", "", true, Progress::Expected),
    ("hb", "", false, Progress::Expected),
    ("creatinine", "", false, Progress::Expected),
    ("crp", "", false, Progress::Collected),
];
/// The orders of patients who have left: their results follow.
const LEFT: [(&str, &str, bool, Progress); 8] = [
    ("glucose", "", false, Progress::Ready),
    ("na", "", true, Progress::Ready),
    ("plt", "212", false, Progress::Entered),
    ("na", "139", false, Progress::Checked),
    // A critical value whose call is open.
    ("k", "6.9", true, Progress::Checked),
    ("hb", "10.4", false, Progress::Reported),
    ("k", "4.2", false, Progress::Reported),
    ("creatinine", "0.9", false, Progress::Signed),
];
/// The order of which the results are held back, and why.
const HELD: (&str, &str) = ("hb", "Low haemoglobin: the cause is to be explained in person first");
/// The prices of these tests.
const PRICES: [(&str, Money); 7] = [
    ("k", Money(900)),
    ("na", Money(900)),
    ("hb", Money(800)),
    ("creatinine", Money(1_000)),
    ("crp", Money(1_800)),
    ("glucose", Money(800)),
    ("plt", Money(800)),
];
/// Minutes before now at which the orders were placed; the critical one is younger, so that its call is not overdue yet.
const ORDERED: i64 = 90;
const CRITICAL_ORDERED: i64 = 52;
/// Orders of patients who are still there are as young as their consultation.
const THERE_ORDERED: i64 = 2;
/// Minutes before now at which the result was held back, before it was reported.
const HELD_AGO: i64 = 40;
/// Minutes after the order at which a sample was collected.
const COLLECTED: i64 = 10;

/// The control material: code of the test, mean and standard deviation of two levels in millionths.
const CONTROLS: [(&str, [(i64, i64); 2]); 4] = [
    ("k", [(4_000_000, 80_000), (6_500_000, 120_000)]),
    ("na", [(140_000_000, 1_200_000), (158_000_000, 1_500_000)]),
    ("creatinine", [(1_000_000, 50_000), (5_600_000, 150_000)]),
    ("hb", [(8_200_000, 150_000), (14_100_000, 200_000)]),
];
/// The deviations of the last two weeks, in tenths of a standard deviation: all of them in control.
const DEVIATIONS: [i64; 14] = [3, -5, 8, -2, -9, 6, 1, -7, 4, 9, -3, 5, -6, 2];

/// Adds control material, and a run on each of the last fourteen days.
async fn controls(
    tx: &mut Tx,
    clinic: &Clinic,
    catalogue: &Catalogue,
    zone: Zone,
    now: Instant,
    team: Team,
) -> Result<(), super::DemoError> {
    let began = now - Duration::days(14);
    let expires = zone.day(now) + chrono::Months::new(9);
    for (code, levels) in CONTROLS {
        let Some(test) = catalogue.tests.iter().find(|test| test.code == code) else { continue };
        let ids = [LabControlLotId::new(), LabControlLotId::new()];
        let lots = |index: usize| {
            let (mean, sd) = levels[index];
            let (level, number) = [(1, "C1-0426"), (2, "C2-0426")][index];
            store::Lot { id: ids[index], clinic: clinic.id, test: test.id, level, number, mean, sd }
        };
        for index in 0..levels.len() {
            store::lot(tx, &lots(index), expires, (began, team.pathologist)).await?;
        }
        for (nth, tenths) in (1_i64..).zip(DEVIATIONS) {
            let measured = |lot: &store::Lot<'_>, tenths: i64| Measured::exactly(lot.mean + lot.sd * tenths / 10, test.decimals.max(2));
            let (low, high) = (lots(0), lots(1));
            let values = (measured(&low, tenths), measured(&high, -tenths));
            let at = began + Duration::days(nth) - Duration::minutes(45);
            store::run(tx, &[(low, values.0), (high, values.1)], nth, (at, team.technician)).await?;
        }
    }
    Ok(())
}

/// Adds the orders, for visits that began early enough.
pub async fn make(tx: &mut Tx, clinic: &Clinic, people: &People, zone: Zone, now: Instant) -> Result<(), super::DemoError> {
    let catalogue = Catalogue::read(tx).await?;
    let day = zone.day(now);
    let mut rows = Rows::default();
    let mut items = Vec::new();
    for (code, amount) in PRICES {
        let Some(test) = catalogue.tests.iter().find(|test| test.code == code) else { continue };
        let item = PriceItemId::new();
        rows.add(Table::PriceItems, row![item, format!("LAB-{}", code.to_uppercase()), test.name_en.as_str(), "test", None::<uuid::Uuid>]);
        rows.add(Table::Prices, row![PriceId::new(), item, amount, day, now, UserId::SYSTEM]);
        items.push((test, item));
    }
    rows.write(tx).await?;
    for (test, item) in &items {
        store::price(tx, test.id, *item).await?;
    }
    let (Some(technician), Some(pathologist)) = (store::user(tx, "lab").await?, store::user(tx, "pathologist").await?) else {
        return Ok(());
    };
    let team = Team { nurse: people.nurse, technician, pathologist };
    controls(tx, clinic, &catalogue, zone, now, team).await?;
    for (plan, left) in [(&THERE[..], false), (&LEFT[..], true)] {
        let before = now - Duration::minutes(if left { ORDERED } else { THERE_ORDERED });
        let visits = store::visits(tx, clinic.id, left, people.patient, before, plan.len()).await?;
        for (visit, (code, value, stat, progress)) in visits.iter().zip(plan) {
            let Some((test, item)) = items.iter().find(|(test, _)| test.code == *code) else { continue };
            // An order of a moment ago waits to be collected.
            let progress = if visit.began + Duration::minutes(COLLECTED) > now { Progress::Expected } else { *progress };
            let told = Told { clinic, visit, catalogue: &catalogue, test, item: *item, value, stat: *stat, progress, zone, now };
            let order = told.write(tx, team).await?;
            if left && *code == HELD.0 && progress >= Progress::Reported {
                let stamp = Stamp { by: UserId(visit.doctor.0), at: now - Duration::minutes(HELD_AGO) };
                holds::stock_result_hold(tx, (order, visit.patient), HiddenFrom::Everybody, HELD.1, stamp).await?;
            }
        }
    }
    Ok(())
}

/// The people of the laboratory.
#[derive(Clone, Copy)]
struct Team {
    nurse: UserId,
    technician: UserId,
    pathologist: UserId,
}

/// One order of one test.
struct Told<'t> {
    clinic: &'t Clinic,
    visit: &'t Of,
    catalogue: &'t Catalogue,
    test: &'t LabTest,
    item: PriceItemId,
    value: &'t str,
    stat: bool,
    progress: Progress,
    zone: Zone,
    now: Instant,
}

impl Told<'_> {
    /// Judges the value by the range of the patient.
    fn judged(&self, value: Measured, collected: Instant) -> Judged {
        let of = RangeFor {
            sex: self.visit.sex,
            birth: self.visit.birth,
            condition: Condition::None,
            method: &self.test.method,
            day: self.zone.day(collected),
        };
        match choose(self.catalogue.ranges_of(self.test.id), &of) {
            ChosenRange::One(range) => {
                Judged { flag: judge(&value, range.limits, self.test.decimals), limits: range.limits, range: range.words(), value }
            }
            ChosenRange::None | ChosenRange::Both(..) => {
                Judged { flag: Flag::default(), limits: lab::Limits::default(), range: String::new(), value }
            }
        }
    }

    /// Writes the order with its sample and its result.
    async fn write(&self, tx: &mut Tx, team: Team) -> Result<OrderId, super::DemoError> {
        let value = if self.value.is_empty() { None } else { Some(Measured::parse("value", self.value)?) };
        let judged = value.map(|value| self.judged(value, self.now));
        let critical = judged.as_ref().is_some_and(|judged| judged.flag.is_critical());
        let ordered = (self.now - Duration::minutes(if critical { CRITICAL_ORDERED } else { ORDERED })).max(self.visit.began);
        let after = |minutes: i64| ordered + Duration::minutes(minutes);
        let doctor = UserId(self.visit.doctor.0);
        let (order, requisition, sample, analysis) = (OrderId::new(), RequisitionId::new(), LabSampleId::new(), LabAnalysisId::new());

        let prefix = format!("{CLINIC_CODE}-Q{:02}", self.zone.day(ordered).year() % 100);
        let number = number_document(tx, &format!("requisition {prefix}"), requisition.into()).await?;
        store::requisition(
            tx,
            requisition,
            &format!("{prefix}-{number:06}"),
            self.visit,
            self.clinic.id,
            Stamp { by: doctor, at: ordered },
        )
        .await?;
        let at = |from: Progress, minutes: i64| (self.progress >= from).then(|| after(minutes));
        let stamps = [at(Progress::Collected, COLLECTED), at(Progress::Ready, 25), at(Progress::Reported, 55)];
        let by = [team.nurse, team.technician, team.pathologist];
        let what = (self.test, self.stat, requisition);
        store::order(tx, order, self.visit, self.clinic.id, what, (ordered, doctor), (stamps, by)).await?;
        let day = self.zone.day(ordered);
        let service = Service {
            wanted: Wanted::Item(self.item),
            patient: self.visit.patient,
            clinic: self.clinic.id,
            department: None,
            provider: None,
            day,
            quantity: Quantity::ONE,
        };
        let done = self.progress >= Progress::Ready;
        let charge = ToCharge { source: &LAB_TEST, source_id: order.into(), visit: Some(self.visit.visit), service, done };
        billing::charge(tx, &charge, Stamp { by: doctor, at: ordered }).await?;

        let nth = number_document(tx, &lab::sample_series(day), sample.into()).await?;
        let number = lab::sample_number(day, nth)?;
        store::sample(tx, sample, &number, self.visit, self.clinic.id, what, (ordered, doctor)).await?;
        store::analysis(tx, analysis, order, sample, self.visit, self.clinic.id, (self.test, self.stat), (ordered, doctor)).await?;
        if self.progress >= Progress::Collected {
            let draw = LabDrawId::new();
            store::collect(tx, sample, draw, self.visit, self.clinic.id, Stamp { by: team.nurse, at: after(COLLECTED) }).await?;
        }
        if self.progress >= Progress::Ready {
            store::step_sample(tx, sample, SampleState::Received, Stamp { by: team.technician, at: after(25) }).await?;
            let turnaround = if self.stat { self.test.tat_stat } else { self.test.tat_routine };
            store::ready(tx, analysis, after(25 + turnaround), Stamp { by: team.technician, at: after(25) }).await?;
        }
        if let Some(judged) = judged {
            self.result(tx, team, (analysis, requisition), &judged, &after, doctor).await?;
        }
        Ok(order)
    }

    /// Writes the result with its call, its report and its review.
    async fn result(
        &self,
        tx: &mut Tx,
        team: Team,
        (analysis, requisition): (LabAnalysisId, RequisitionId),
        judged: &Judged,
        after: &(dyn Fn(i64) -> Instant + Sync),
        doctor: UserId,
    ) -> Result<(), super::DemoError> {
        let (id, technician) = (LabResultId::new(), team.technician);
        store::result(tx, id, analysis, self.visit, self.clinic.id, self.test, judged, (after(10), after(40), technician)).await?;
        store::step_analysis(tx, analysis, AnalysisState::Entered, Stamp { by: technician, at: after(40) }).await?;
        if self.progress < Progress::Checked {
            return Ok(());
        }
        store::check(tx, id, Stamp { by: technician, at: after(41) }).await?;
        store::step_analysis(tx, analysis, AnalysisState::Checked, Stamp { by: technician, at: after(41) }).await?;
        if judged.flag.is_critical() {
            let value = format!("{} {}", judged.value.text, self.test.unit);
            store::call(tx, LabCallId::new(), id, self.visit, self.clinic.id, &value, after(41)).await?;
        }
        if self.progress < Progress::Reported {
            return Ok(());
        }
        store::release(tx, id, Stamp { by: team.pathologist, at: after(55) }).await?;
        store::step_analysis(tx, analysis, AnalysisState::Released, Stamp { by: team.pathologist, at: after(55) }).await?;
        let result = lab::lab_result(tx, id).await?.ok_or(crate::core::Error::NotFound)?;
        let weight = lab::report_weight(std::slice::from_ref(&result));
        let report = LabReportId::new();
        let digest = lab::report_digest(&[result]);
        store::report(tx, report, requisition, self.visit, self.clinic.id, id, &digest, (after(55), team.pathologist)).await?;
        let review = LabReviewId::new();
        let due = after(55 + weight.minutes());
        store::review(tx, review, report, self.visit, self.clinic.id, (doctor, weight), due, after(55)).await?;
        if self.progress == Progress::Signed {
            store::sign(tx, review, ReviewAction::PatientTold, Stamp { by: doctor, at: after(60) }).await?;
        }
        Ok(())
    }
}
