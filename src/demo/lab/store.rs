//! The SQL of the demo's laboratory: each row takes the same way through its states as in the program, with all guards active.

use crate::{
    core::{
        ClinicId, LabAnalysisId, LabCallId, LabControlLotId, LabControlPointId, LabControlRunId, LabDrawId, LabReportId, LabResultId,
        LabReviewId, LabSampleId, LabTestId, OrderId, PatientId, PriceItemId, RequisitionId, StaffId, Stamp, UserId, VisitId,
        time::Instant,
    },
    db::{DbError, Tx, sql},
    keys::{LAB_RESULTS, ORDERS},
    lab::{AnalysisState, Flag, LabTest, Limits, Measured, ReviewAction, SampleState, Weight},
    patients::{Birth, Sex},
};

/// A visit that an order belongs to.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::demo) struct Of {
    pub visit: VisitId,
    pub patient: PatientId,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    pub doctor: StaffId,
    pub place: String,
    /// The beginning of the consultation.
    pub began: Instant,
}

/// A value with its flag and range.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub value: Measured,
    pub flag: Flag,
    pub limits: Limits,
    pub range: String,
}

/// A moment and the user who acted.
pub(super) type By = (Instant, UserId);

pub(in crate::demo) async fn user(tx: &mut Tx, login: &str) -> Result<Option<UserId>, DbError> {
    let row: Option<(UserId,)> = tx.optional(sql("SELECT id FROM users WHERE login = ").push_bind(login)).await?;
    Ok(row.map(|(user,)| user))
}

/// Gives a test its item on the price list.
pub(super) async fn price(tx: &mut Tx, test: LabTestId, item: PriceItemId) -> Result<(), DbError> {
    tx.execute(sql("UPDATE lab_tests SET item_id = $2 WHERE id = $1").bind(test).bind(item)).await?;
    Ok(())
}

/// A lot of control material with the maker's target.
pub(super) struct Lot<'l> {
    pub id: LabControlLotId,
    pub clinic: ClinicId,
    pub test: LabTestId,
    pub level: i64,
    pub number: &'l str,
    pub mean: i64,
    pub sd: i64,
}

pub(super) async fn lot(tx: &mut Tx, lot: &Lot<'_>, expires_on: chrono::NaiveDate, (now, by): By) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO lab_control_lots (id, clinic_id, test_id, material, level, lot, expires_on, target, mean, sd, state, created_at,
        created_by) VALUES ($1, $2, $3, 'Control material', $4, $5, $6, 'maker', $7, $8, 'active', $9, $10)")
        .bind(lot.id)
        .bind(lot.clinic)
        .bind(lot.test)
        .bind(lot.level)
        .bind(lot.number)
        .bind(expires_on)
        .bind(lot.mean)
        .bind(lot.sd)
        .bind(now)
        .bind(by);
    tx.execute(query).await?;
    Ok(())
}

/// Writes a run in control, with one point for each lot.
pub(super) async fn run(tx: &mut Tx, lots: &[(Lot<'_>, Measured)], nth: i64, (at, by): By) -> Result<(), DbError> {
    let Some((first, _)) = lots.first() else { return Ok(()) };
    let id = LabControlRunId::new();
    let query = sql("INSERT INTO lab_control_runs (id, clinic_id, test_id, nth, at, by_user, verdict)
        VALUES ($1, $2, $3, $4, $5, $6, 'in_control')")
    .bind(id)
    .bind(first.clinic)
    .bind(first.test)
    .bind(nth)
    .bind(at)
    .bind(by);
    tx.execute(query).await?;
    for (lot, value) in lots {
        let query = sql(
            "INSERT INTO lab_control_points (id, run_id, lot_id, value_text, millionths, mean, sd) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(LabControlPointId::new())
        .bind(id)
        .bind(lot.id)
        .bind(&value.text)
        .bind(value.millionths)
        .bind(lot.mean)
        .bind(lot.sd);
        tx.execute(query).await?;
    }
    Ok(())
}

/// Reads visits whose consultation began before a moment, those of the doctor who signs in to the demo first: visits that are over, or that
/// are not. The patient of the portal is left out.
pub(in crate::demo) async fn visits(
    tx: &mut Tx,
    clinic: ClinicId,
    over: bool,
    not: PatientId,
    before: Instant,
    most: usize,
) -> Result<Vec<Of>, DbError> {
    let mut query =
        sql("SELECT v.id AS visit, p.id AS patient, p.birth_date, p.birth_precision, p.sex, e.doctor_id AS doctor, s.name AS place,
            e.started_at AS began
        FROM visits v JOIN encounters e ON e.visit_id = v.id JOIN patients p ON p.id = v.patient_id JOIN services s ON s.id = v.service_id
        JOIN users u ON u.id = e.doctor_id WHERE v.clinic_id = ")
        .push_bind(clinic)
        .push(" AND e.started_at <= ")
        .push_bind(before)
        .push(" AND p.id <> ")
        .push_bind(not);
    query = query.push(if over { " AND v.outcome = 'done'" } else { " AND v.ended_at IS NULL" });
    let query = query.push(" ORDER BY CASE WHEN u.login = 'doctor' THEN 0 ELSE 1 END, e.started_at DESC, v.id LIMIT ");
    tx.all(query.push_bind(i64::try_from(most).unwrap_or(i64::MAX))).await
}

pub(in crate::demo) async fn requisition(
    tx: &mut Tx,
    id: RequisitionId,
    number: &str,
    of: &Of,
    clinic: ClinicId,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO requisitions (id, number, patient_id, clinic_id, visit_id, requested_at, requested_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)");
    tx.execute(query.bind(id).bind(number).bind(of.patient).bind(clinic).bind(of.visit).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

const fn priority(stat: bool) -> &'static str {
    if stat { "stat" } else { "routine" }
}

/// Adds an order that was accepted, started and completed at the stamps.
pub(super) async fn order(
    tx: &mut Tx,
    id: OrderId,
    of: &Of,
    clinic: ClinicId,
    (test, stat, requisition): (&LabTest, bool, RequisitionId),
    (at, by): By,
    ([accepted, started, completed], [nurse, technician, pathologist]): ([Option<Instant>; 3], [UserId; 3]),
) -> Result<(), DbError> {
    let state = match (accepted, started, completed) {
        (_, _, Some(_)) => "completed",
        (_, Some(_), None) => "in_progress",
        (Some(_), None, None) => "accepted",
        (None, None, None) => "requested",
    };
    let outcome = if completed.is_some() { "The results are reported." } else { "" };
    let query =
        sql("INSERT INTO orders (id, patient_id, clinic_id, visit_id, kind, service, priority, sealed, state, ordered_at, ordered_by,
        requested_at, accepted_at, accepted_by, started_at, started_by, completed_at, completed_by, updated_at, updated_by, requisition_id)
        VALUES ($1, $2, $3, $4, 'laboratory', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)")
        .bind(id)
        .bind(of.patient)
        .bind(clinic)
        .bind(of.visit)
        .bind(&test.name_en)
        .bind(priority(stat))
        .bind(ORDERS.seal(id, of.patient, ["", "", outcome]))
        .bind(state)
        .bind(at)
        .bind(by)
        .bind(at)
        .bind(accepted)
        .bind(accepted.map(|_| nurse))
        .bind(started)
        .bind(started.map(|_| technician))
        .bind(completed)
        .bind(completed.map(|_| pathologist))
        .bind(completed.or(started).or(accepted).unwrap_or(at))
        .bind(by)
        .bind(requisition);
    tx.execute(query).await?;
    let query = sql("INSERT INTO lab_orders (order_id, patient_id, test_id) VALUES ($1, $2, $3)");
    tx.execute(query.bind(id).bind(of.patient).bind(test.id)).await?;
    Ok(())
}

pub(super) async fn sample(
    tx: &mut Tx,
    id: LabSampleId,
    number: &str,
    of: &Of,
    clinic: ClinicId,
    (test, stat, requisition): (&LabTest, bool, RequisitionId),
    (at, by): By,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_samples (id, number, patient_id, clinic_id, requisition_id, specimen, container_id, priority, place,
        wanted_from, state, expected_at, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'expected', $11, $12, $13)")
    .bind(id)
    .bind(number)
    .bind(of.patient)
    .bind(clinic)
    .bind(requisition)
    .bind(test.specimen)
    .bind(test.container_id)
    .bind(priority(stat))
    .bind(&of.place)
    .bind(at)
    .bind(at)
    .bind(at)
    .bind(by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn analysis(
    tx: &mut Tx,
    id: LabAnalysisId,
    order: OrderId,
    sample: LabSampleId,
    of: &Of,
    clinic: ClinicId,
    (test, stat): (&LabTest, bool),
    (at, by): By,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO lab_analyses (id, order_id, test_id, patient_id, clinic_id, sample_id, bench, priority, state, updated_at,
        updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10)")
        .bind(id)
        .bind(order)
        .bind(test.id)
        .bind(of.patient)
        .bind(clinic)
        .bind(sample)
        .bind(&test.bench)
        .bind(priority(stat))
        .bind(at)
        .bind(by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn collect(
    tx: &mut Tx,
    sample: LabSampleId,
    draw: LabDrawId,
    of: &Of,
    clinic: ClinicId,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_draws (id, patient_id, clinic_id, drawn_at, drawn_by, place, identified_by)
        VALUES ($1, $2, $3, $4, $5, $6, 'wristband')");
    tx.execute(query.bind(draw).bind(of.patient).bind(clinic).bind(stamp.at).bind(stamp.by).bind(&of.place)).await?;
    let query =
        sql("UPDATE lab_samples SET state = 'collected', draw_id = $2, label_printed_at = $3, collected_at = $4, collected_by = $5,
        version = version + 1, updated_at = $6, updated_by = $7 WHERE id = $1");
    tx.execute(query.bind(sample).bind(draw).bind(stamp.at).bind(stamp.at).bind(stamp.by).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

/// Receives a sample.
pub(super) async fn step_sample(tx: &mut Tx, sample: LabSampleId, to: SampleState, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE lab_samples SET state = $2, received_at = $3, received_by = $4, version = version + 1, updated_at = $5,
        updated_by = $6 WHERE id = $1");
    tx.execute(query.bind(sample).bind(to).bind(stamp.at).bind(stamp.by).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

pub(super) async fn ready(tx: &mut Tx, analysis: LabAnalysisId, due: Instant, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("UPDATE lab_analyses SET state = 'ready', due_at = $2, version = version + 1, updated_at = $3, updated_by = $4 WHERE id = $1");
    tx.execute(query.bind(analysis).bind(due).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

pub(super) async fn step_analysis(tx: &mut Tx, analysis: LabAnalysisId, to: AnalysisState, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE lab_analyses SET state = $2, version = version + 1, updated_at = $3, updated_by = $4 WHERE id = $1");
    tx.execute(query.bind(analysis).bind(to).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

pub(super) async fn result(
    tx: &mut Tx,
    id: LabResultId,
    analysis: LabAnalysisId,
    of: &Of,
    clinic: ClinicId,
    test: &LabTest,
    judged: &Judged,
    (measured, entered, by): (Instant, Instant, UserId),
) -> Result<(), DbError> {
    let limits = judged.limits;
    let query =
        sql("INSERT INTO lab_results (id, analysis_id, patient_id, clinic_id, test_id, version, kind, value_text, millionths, comparator,
        sealed, unit, flag, range_low, range_high, critical_low, critical_high, range_text, method, measured_at, entered_at, entered_by)
        VALUES ($1, $2, $3, $4, $5, 1, 'quantity', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)")
        .bind(id)
        .bind(analysis)
        .bind(of.patient)
        .bind(clinic)
        .bind(test.id)
        .bind(&judged.value.text)
        .bind(judged.value.millionths)
        .bind(judged.value.comparator)
        .bind(LAB_RESULTS.seal(id, of.patient, ["", ""]))
        .bind(&test.unit)
        .bind(judged.flag)
        .bind(limits.low)
        .bind(limits.high)
        .bind(limits.critical_low)
        .bind(limits.critical_high)
        .bind(&judged.range)
        .bind(&test.method)
        .bind(measured)
        .bind(entered)
        .bind(by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn check(tx: &mut Tx, id: LabResultId, stamp: Stamp) -> Result<(), DbError> {
    tx.execute(sql("UPDATE lab_results SET checked_at = $2, checked_by = $3 WHERE id = $1").bind(id).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

pub(super) async fn release(tx: &mut Tx, id: LabResultId, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE lab_results SET released_at = $2, released_by = $3, portal_from = $4 WHERE id = $1");
    tx.execute(query.bind(id).bind(stamp.at).bind(stamp.by).bind(stamp.at)).await?;
    Ok(())
}

pub(super) async fn call(
    tx: &mut Tx,
    id: LabCallId,
    result: LabResultId,
    of: &Of,
    clinic: ClinicId,
    value: &str,
    at: Instant,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO lab_critical_calls (id, result_id, patient_id, clinic_id, value, opened_at) VALUES ($1, $2, $3, $4, $5, $6)");
    tx.execute(query.bind(id).bind(result).bind(of.patient).bind(clinic).bind(value).bind(at)).await?;
    Ok(())
}

pub(super) async fn report(
    tx: &mut Tx,
    id: LabReportId,
    requisition: RequisitionId,
    of: &Of,
    clinic: ClinicId,
    result: LabResultId,
    digest: &str,
    (at, by): By,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_reports (id, requisition_id, patient_id, clinic_id, version, state, digest, created_at, created_by)
        VALUES ($1, $2, $3, $4, 1, 'final', $5, $6, $7)");
    tx.execute(query.bind(id).bind(requisition).bind(of.patient).bind(clinic).bind(digest).bind(at).bind(by)).await?;
    tx.execute(sql("INSERT INTO lab_report_results (report_id, result_id) VALUES ($1, $2)").bind(id).bind(result)).await?;
    Ok(())
}

pub(super) async fn review(
    tx: &mut Tx,
    id: LabReviewId,
    report: LabReportId,
    of: &Of,
    clinic: ClinicId,
    (clinician, weight): (UserId, Weight),
    due: Instant,
    at: Instant,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_reviews (id, report_id, patient_id, clinic_id, clinician_id, weight, state, due_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'new', $7, $8)");
    tx.execute(query.bind(id).bind(report).bind(of.patient).bind(clinic).bind(clinician).bind(weight).bind(due).bind(at)).await?;
    Ok(())
}

pub(super) async fn sign(tx: &mut Tx, id: LabReviewId, action: ReviewAction, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE lab_reviews SET state = 'signed', action = $2, seen_at = $3, signed_at = $4, signed_by = $5 WHERE id = $1");
    tx.execute(query.bind(id).bind(action).bind(stamp.at).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}
