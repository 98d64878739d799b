//! Bulk data of the laboratory: open analyses at the bench, one patient with many results, and a full inbox.

use chrono::{Datelike as _, Duration};

use super::{
    Setting, Staff,
    store::{self, Bulk, Person},
};
use crate::{
    core::{
        ChargeId, EncounterId, LabAnalysisId, LabDrawId, LabReportId, LabResultId, LabReviewId, LabSampleId, Money, OrderId, PriceId,
        PriceItemId, RequisitionId, StaffId, UserId, VisitId, time::Instant,
    },
    db::{Tx, Value},
    demo::{
        DemoError,
        hospital::{CLINIC_CODE, first_of_year},
        store::{Rows, Table},
    },
    keys::{LAB_RESULTS, ORDERS},
    lab::{self, Catalogue, ChosenRange, Condition, Flag, LAB_TEST, LabTest, Limits, Measured, RangeFor, ResultType, choose, judge},
    row,
};

/// The tests of one collection of the patient with many results.
const TESTS: usize = 20;
/// The open analyses of one sample.
const OF_A_SAMPLE: usize = 4;
/// The price of a test that had none.
const PRICE: Money = Money(900);

/// A test with its item on the price list.
struct Offer<'c> {
    test: &'c LabTest,
    item: PriceItemId,
    code: String,
    price: Money,
}

/// The rows that are written together.
#[derive(Default)]
struct Made {
    rows: Rows,
    lab_orders: Vec<Vec<Value>>,
    draws: Vec<Vec<Value>>,
    samples: Vec<Vec<Value>>,
    analyses: Vec<Vec<Value>>,
    results: Vec<Vec<Value>>,
    reports: Vec<Report>,
}

/// The report of a requisition.
struct Report {
    requisition: RequisitionId,
    patient: crate::core::PatientId,
    results: Vec<LabResultId>,
    at: Instant,
    is_signed: bool,
}

/// The state to which the analyses of a requisition have come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Come {
    Open,
    Unsigned,
    Signed,
}

/// Adds the rows.
pub(super) async fn add(tx: &mut Tx, setting: Setting<'_>, staff: Staff) -> Result<(), DemoError> {
    let catalogue = Catalogue::read(tx).await?;
    let offers = offers(tx, &catalogue, setting).await?;
    if offers.is_empty() {
        return Ok(());
    }
    let samples = setting.sizes.analyses.div_ceil(OF_A_SAMPLE);
    // The first patient has the many results; the others one sample or one report each.
    let wanted = (1 + samples + setting.sizes.inbox).min(setting.patients.len());
    let people = store::persons(tx, &setting.patients[..wanted]).await?;
    let Some((first, others)) = people.split_first() else { return Ok(()) };
    let mut made = Made::default();
    let teller = Teller { setting, staff, catalogue: &catalogue, offers: &offers };

    let encounter = teller.encounter(&mut made, first, setting.now - Duration::hours(26));
    for nth in 0..setting.sizes.results.div_ceil(TESTS.min(offers.len())) {
        let hours = i64::try_from(nth).unwrap_or_default() * 30 + 26;
        let at = setting.now - Duration::hours(hours);
        teller.requisition(tx, &mut made, (first, encounter), TESTS, at, Come::Signed).await?;
    }
    for nth in 0..samples {
        let Some(person) = others.get(nth % others.len().max(1)) else { break };
        let at = setting.now - Duration::minutes(i64::try_from(nth % 240).unwrap_or_default() + 30);
        let encounter = teller.encounter(&mut made, person, at);
        teller.requisition(tx, &mut made, (person, encounter), OF_A_SAMPLE, at, Come::Open).await?;
    }
    for nth in 0..setting.sizes.inbox {
        let Some(person) = others.get((samples + nth) % others.len().max(1)) else { break };
        let at = setting.now - Duration::minutes(i64::try_from(nth % 600).unwrap_or_default() + 60);
        let encounter = teller.encounter(&mut made, person, at);
        teller.requisition(tx, &mut made, (person, encounter), 1, at, Come::Unsigned).await?;
    }
    teller.write(tx, made).await
}

/// Returns measured tests from the tube that most of them share, each with a price.
async fn offers<'c>(tx: &mut Tx, catalogue: &'c Catalogue, setting: Setting<'_>) -> Result<Vec<Offer<'c>>, DemoError> {
    let is_measured = |test: &&LabTest| {
        test.result_type == ResultType::Quantity && test.formula.is_empty() && test.retired_at.is_none() && !test.unit.is_empty()
    };
    let of_tube = |one: &LabTest| {
        let same = |test: &&LabTest| (test.specimen, test.container_id) == (one.specimen, one.container_id);
        catalogue.tests.iter().filter(is_measured).filter(same).take(TESTS).collect::<Vec<_>>()
    };
    let tests = catalogue.tests.iter().filter(is_measured).map(of_tube).max_by_key(Vec::len).unwrap_or_default();
    let (mut rows, mut new) = (Rows::default(), Vec::new());
    for test in tests.iter().filter(|test| test.item_id.is_none()) {
        let (item, since) = (PriceItemId::new(), first_of_year(setting.zone.day(setting.now)));
        let code = format!("LAB-{}", test.code.to_uppercase());
        rows.add(Table::PriceItems, row![item, code, test.name_en.as_str(), "test", None::<uuid::Uuid>]);
        rows.add(Table::Prices, row![PriceId::new(), item, PRICE, since, setting.now, UserId::SYSTEM]);
        new.push((test.id, item));
    }
    rows.write(tx).await?;
    for (test, item) in new {
        store::price_test(tx, test, item).await?;
    }
    let prices = store::priced_tests(tx).await?;
    let offer = |test: &&'c LabTest| {
        let (_, item, code, price) = prices.iter().find(|(id, ..)| *id == test.id)?;
        Some(Offer { test, item: *item, code: code.clone(), price: *price })
    };
    Ok(tests.iter().filter_map(offer).collect())
}

struct Teller<'t> {
    setting: Setting<'t>,
    staff: Staff,
    catalogue: &'t Catalogue,
    offers: &'t [Offer<'t>],
}

impl Teller<'_> {
    /// A consultation elsewhere, to which the orders belong.
    fn encounter(&self, made: &mut Made, person: &Person, from: Instant) -> EncounterId {
        let (id, doctor) = (EncounterId::new(), self.staff.doctor);
        let department = self.setting.clinic.doctors.iter().find(|one| one.id.0 == doctor.0).map(|one| one.department);
        let (clinic, visit) = (self.setting.clinic.id, None::<VisitId>);
        let row = row![
            id,
            person.id,
            visit,
            clinic,
            department,
            StaffId(doctor.0),
            "outpatient",
            "finished",
            "Tests",
            from,
            from,
            doctor,
            from,
            doctor
        ];
        made.rows.add(Table::Encounters, row);
        id
    }

    /// Some tests of one sample, ordered at once.
    async fn requisition(
        &self,
        tx: &mut Tx,
        made: &mut Made,
        (person, encounter): (&Person, EncounterId),
        tests: usize,
        at: Instant,
        come: Come,
    ) -> Result<(), DemoError> {
        let Setting { clinic, zone, .. } = self.setting;
        let Staff { doctor, nurse, technician, pathologist, .. } = self.staff;
        let (id, sample, draw, visit) = (RequisitionId::new(), LabSampleId::new(), LabDrawId::new(), None::<VisitId>);
        let day = zone.day(at);
        let prefix = format!("{CLINIC_CODE}-Q{:02}", day.year() % 100);
        let series = format!("requisition {prefix}");
        let number = store::take(tx, &series, 1).await?;
        made.rows.add(Table::DocumentNumbers, row![series, number, id]);
        made.rows.add(Table::Requisitions, row![id, format!("{prefix}-{number:06}"), person.id, clinic.id, visit, encounter, at, doctor]);
        let series = lab::sample_series(day);
        let nth = store::take(tx, &series, 1).await?;
        made.rows.add(Table::DocumentNumbers, row![series, nth, sample]);
        let (collected, received, done) = (at + Duration::minutes(10), at + Duration::minutes(20), at + Duration::minutes(30));
        made.draws.push(row![draw, person.id, clinic.id, collected, nurse, "Collection room", "wristband"]);
        let Some(first) = self.offers.first().map(|offer| offer.test) else { return Ok(()) };
        made.samples.push(row![
            sample,
            lab::sample_number(day, nth)?,
            person.id,
            clinic.id,
            id,
            first.specimen,
            first.container_id,
            "routine",
            "Collection room",
            at,
            "received",
            draw,
            collected,
            at,
            collected,
            nurse,
            received,
            technician,
            received,
            technician
        ]);
        let is_done = come != Come::Open;
        let mut results = Vec::new();
        for (place, offer) in self.offers.iter().enumerate().take(tests) {
            let (order, analysis, test) = (OrderId::new(), LabAnalysisId::new(), offer.test);
            let completed = is_done.then_some(done);
            let outcome = if is_done { "The results are reported." } else { "" };
            made.rows.add(
                Table::Orders,
                row![
                    order,
                    person.id,
                    clinic.id,
                    visit,
                    encounter,
                    "laboratory",
                    test.name_en.as_str(),
                    "routine",
                    ORDERS.seal(order, person.id, ["", "", outcome]),
                    if is_done { "completed" } else { "in_progress" },
                    at,
                    doctor,
                    at,
                    collected,
                    nurse,
                    received,
                    technician,
                    completed,
                    completed.map(|_| pathologist),
                    completed.unwrap_or(received),
                    technician,
                    id
                ],
            );
            made.lab_orders.push(row![order, person.id, test.id]);
            made.rows.add(
                Table::Charges,
                row![
                    ChargeId::new(),
                    person.account_id,
                    person.id,
                    clinic.id,
                    visit,
                    day,
                    None::<uuid::Uuid>,
                    offer.item,
                    offer.code.as_str(),
                    test.name_en.as_str(),
                    1_000_i64,
                    offer.price,
                    offer.price,
                    offer.price,
                    "billable",
                    LAB_TEST.kind,
                    order,
                    at,
                    doctor,
                    at
                ],
            );
            made.analyses.push(row![
                analysis,
                order,
                test.id,
                person.id,
                clinic.id,
                sample,
                test.bench.as_str(),
                "routine",
                received + Duration::minutes(test.tat_routine),
                if is_done { "released" } else { "ready" },
                if is_done { done } else { received },
                technician
            ]);
            if is_done {
                let result = LabResultId::new();
                let nth = usize::try_from(nth).unwrap_or_default() + made.results.len();
                made.results.push(self.result(person, (result, analysis), test, (place + nth, day), (collected, done)));
                results.push(result);
            }
        }
        if is_done {
            made.reports.push(Report { requisition: id, patient: person.id, results, at: done, is_signed: come == Come::Signed });
        }
        Ok(())
    }

    /// A value in its range; each ninth is a little above it.
    fn result(
        &self,
        person: &Person,
        (id, analysis): (LabResultId, LabAnalysisId),
        test: &LabTest,
        (nth, day): (usize, chrono::NaiveDate),
        (measured, entered): (Instant, Instant),
    ) -> Vec<Value> {
        let of = RangeFor { sex: person.sex, birth: person.birth, condition: Condition::None, method: &test.method, day };
        let (limits, range) = match choose(self.catalogue.ranges_of(test.id), &of) {
            ChosenRange::One(range) => (range.limits, range.words()),
            ChosenRange::None | ChosenRange::Both(..) => (Limits::default(), String::new()),
        };
        let (low, high) = match (limits.low, limits.high) {
            (Some(low), Some(high)) => (low, high),
            (None, Some(high)) => (high / 2, high),
            (Some(low), None) => (low, low * 2),
            (None, None) => (1_000_000, 2_000_000),
        };
        let steps = i64::try_from(nth % 9).unwrap_or_default();
        let flag_of = |value: &Measured| if range.is_empty() { Flag::default() } else { judge(value, limits, test.decimals) };
        let mut value = Measured::exactly(low + (high - low) * (steps + 1) / 9, test.decimals);
        if flag_of(&value).is_critical() {
            value = Measured::exactly(low.midpoint(high), test.decimals);
        }
        let flag = flag_of(&value);
        row![
            id,
            analysis,
            person.id,
            self.setting.clinic.id,
            test.id,
            1_i64,
            "quantity",
            value.text,
            value.millionths,
            value.comparator,
            LAB_RESULTS.seal(id, person.id, ["", ""]),
            test.unit.as_str(),
            flag,
            limits.low,
            limits.high,
            limits.critical_low,
            limits.critical_high,
            range,
            test.method.as_str(),
            measured,
            entered,
            self.staff.technician
        ]
    }

    async fn write(&self, tx: &mut Tx, mut made: Made) -> Result<(), DemoError> {
        let Staff { doctor, technician, pathologist, .. } = self.staff;
        made.rows.write(tx).await?;
        for (table, rows) in [
            (Bulk::LabOrders, made.lab_orders),
            (Bulk::LabDraws, made.draws),
            (Bulk::LabSamples, made.samples),
            (Bulk::LabAnalyses, made.analyses),
            (Bulk::LabResults, made.results),
        ] {
            store::insert(tx, table, rows).await?;
        }
        store::release(tx, technician, pathologist).await?;
        let (mut reports, mut of_reports, mut reviews) = (Vec::new(), Vec::new(), Vec::new());
        let clinic = self.setting.clinic.id;
        for report in made.reports {
            let mut results = Vec::new();
            for result in &report.results {
                results.push(lab::lab_result(tx, *result).await?.ok_or(crate::core::Error::NotFound)?);
            }
            let (id, weight) = (LabReportId::new(), lab::report_weight(&results));
            reports.push(row![
                id,
                report.requisition,
                report.patient,
                clinic,
                1_i64,
                "final",
                lab::report_digest(&results),
                report.at,
                pathologist
            ]);
            of_reports.extend(report.results.iter().map(|result| row![id, *result]));
            let signed = report.is_signed.then_some(report.at);
            reviews.push(row![
                LabReviewId::new(),
                id,
                report.patient,
                clinic,
                doctor,
                weight,
                if report.is_signed { "signed" } else { "new" },
                report.at + Duration::minutes(weight.minutes()),
                report.at,
                signed.map(|_| "none"),
                signed,
                signed,
                signed.map(|_| doctor)
            ]);
        }
        store::insert(tx, Bulk::LabReports, reports).await?;
        store::insert(tx, Bulk::LabReportResults, of_reports).await?;
        Ok(store::insert(tx, Bulk::LabReviews, reviews).await?)
    }
}
