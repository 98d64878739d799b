//! The SQL of the demo's ward round.

use chrono::{Duration, NaiveDate};

use crate::{
    core::{
        AdmissionId, AssessmentId, CarePlanId, ClinicId, FollowUpId, NursingTaskId, PatientId, ServiceId, Stamp, StayDeviceId, TaskPlanId,
        UserId, time::Instant,
    },
    db::{DbError, Tx, sql},
    keys::{CARE_PLAN_EVALUATIONS, CARE_PLANS, FOLLOW_UPS},
};

/// A patient in a bed of the medical ward.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct RoundBed {
    pub admission: AdmissionId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub since: Instant,
}

/// Returns patients of the medical ward by their beds.
pub(super) async fn beds(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<RoundBed>, DbError> {
    let query = sql("SELECT a.id AS admission, a.patient_id AS patient, a.clinic_id AS clinic, a.admitted_at AS since
        FROM bed_uses u JOIN beds b ON b.id = u.bed_id JOIN ward_rooms r ON r.id = b.room_id JOIN wards w ON w.id = r.ward_id
        JOIN admissions a ON a.id = u.admission_id WHERE u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
          AND a.state = 'admitted' AND w.code = 'MED' AND a.clinic_id = ")
    .push_bind(clinic);
    tx.all(query.push(" ORDER BY r.name, b.position, b.name, a.id LIMIT ").push_bind(limit)).await
}

/// Returns a doctor of the clinic who signs in, with the name.
pub(super) async fn a_doctor(tx: &mut Tx, clinic: ClinicId) -> Result<Option<(UserId, String)>, DbError> {
    let query = sql("SELECT u.id, u.display_name FROM users u JOIN user_roles r ON r.user_id = u.id
        WHERE r.role = 'doctor' AND u.login = 'doctor' AND (r.clinic_id IS NULL OR r.clinic_id = ")
    .push_bind(clinic);
    tx.optional(query.push(") ORDER BY u.id LIMIT 1")).await
}

/// Returns a service of the clinic.
pub(super) async fn a_service(tx: &mut Tx, clinic: ClinicId) -> Result<Option<ServiceId>, DbError> {
    let query = sql("SELECT id FROM services WHERE clinic_id = ").push_bind(clinic).push(" ORDER BY name, id LIMIT 1");
    Ok(tx.optional::<(ServiceId,)>(query).await?.map(|(id,)| id))
}

/// Adds an assessment with the points of each question.
pub(super) async fn assess(
    tx: &mut Tx,
    bed: &RoundBed,
    (code, points): (&'static str, &[i64]),
    (because, at): (&'static str, Instant),
    by: UserId,
) -> Result<(), DbError> {
    let at = at.max(bed.since);
    let id = AssessmentId::new();
    let query = sql(
        "INSERT INTO assessments (id, admission_id, patient_id, clinic_id, tool_id, because, state, assessed_at, assessed_by, total, risk)
        SELECT $1, $2, $3, $4, t.id, $5, 'open', $6, $7, $8, b.risk
        FROM assessment_tools t JOIN assessment_bands b ON b.tool_id = t.id WHERE t.code = $9 AND b.low <= $10 AND b.high >= $11",
    );
    let total: i64 = points.iter().sum();
    let query = query.bind(id).bind(bed.admission).bind(bed.patient).bind(bed.clinic).bind(because).bind(at).bind(by).bind(total);
    tx.execute(query.bind(code).bind(total).bind(total)).await?;
    for (nth, points) in (1_i64..).zip(points) {
        let query = sql("INSERT INTO assessment_answers (id, assessment_id, tool_id, item_id, choice_id, points)
            SELECT $1, a.id, a.tool_id, i.id, c.id, c.points FROM assessments a JOIN assessment_items i ON i.tool_id = a.tool_id
            JOIN assessment_choices c ON c.item_id = i.id WHERE a.id = $2 AND i.nth = $3 AND c.points = $4");
        tx.execute(query.bind(uuid::Uuid::now_v7()).bind(id).bind(nth).bind(*points)).await?;
    }
    tx.execute(sql("UPDATE assessments SET state = 'final' WHERE id = ").push_bind(id)).await?;
    Ok(())
}

/// Adds a line or another device.
pub(super) async fn device(
    tx: &mut Tx,
    (id, bed): (StayDeviceId, &RoundBed),
    (kind, site, side, size): (&'static str, &'static str, &'static str, &'static str),
    (inserted_at, now): (Instant, Instant),
    by: UserId,
) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO stay_devices (id, admission_id, patient_id, clinic_id, kind, site, side, size, inserted_at, inserted_by, recorded_at,
            recorded_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'Emergency', $10, $11)",
    )
    .bind(id)
    .bind(bed.admission)
    .bind(bed.patient)
    .bind(bed.clinic)
    .bind(kind)
    .bind(site)
    .bind(side)
    .bind(size)
    .bind(inserted_at)
    .bind(now)
    .bind(by);
    tx.execute(query).await?;
    Ok(())
}

/// Adds a check of a cannula.
pub(super) async fn check(tx: &mut Tx, device: StayDeviceId, vip: i64, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO stay_device_checks (id, device_id, act, vip, at, by_user)
        SELECT $1, d.id, 'check', $2, CASE WHEN d.inserted_at > $3 THEN d.inserted_at ELSE $4 END, $5 FROM stay_devices d WHERE d.id = $6");
    tx.execute(query.bind(uuid::Uuid::now_v7()).bind(vip).bind(stamp.at).bind(stamp.at).bind(stamp.by).bind(device)).await?;
    Ok(())
}

/// Adds a care plan with its problem and goal.
pub(super) async fn care_plan(
    tx: &mut Tx,
    (id, bed): (CarePlanId, &RoundBed),
    texts: [&str; 2],
    (at, by): (Instant, UserId),
) -> Result<(), DbError> {
    let query = sql("INSERT INTO care_plans (id, admission_id, patient_id, clinic_id, sealed, state, opened_at, opened_by)
        VALUES ($1, $2, $3, $4, $5, 'open', $6, $7)")
    .bind(id)
    .bind(bed.admission)
    .bind(bed.patient)
    .bind(bed.clinic)
    .bind(CARE_PLANS.seal(id, bed.patient, texts))
    .bind(at)
    .bind(by);
    tx.execute(query).await?;
    Ok(())
}

/// Adds an action every four hours: those that are over were done but for the last one.
pub(super) async fn action(
    tx: &mut Tx,
    (plan, task, bed): (CarePlanId, TaskPlanId, &RoundBed),
    detail: &'static str,
    (began, now): (Instant, Instant),
    by: UserId,
) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO nursing_task_plans (id, admission_id, patient_id, clinic_id, kind, detail, repeats, starts_at, created_at, created_by)
        VALUES ($1, $2, $3, $4, 'care', $5, 'q4h', $6, $7, $8)",
    )
    .bind(task)
    .bind(bed.admission)
    .bind(bed.patient)
    .bind(bed.clinic)
    .bind(detail)
    .bind(began)
    .bind(began)
    .bind(by);
    tx.execute(query).await?;
    let query = sql("INSERT INTO care_plan_actions (id, care_plan_id, task_plan_id) VALUES ($1, $2, $3)");
    tx.execute(query.bind(uuid::Uuid::now_v7()).bind(plan).bind(task)).await?;
    for turn in 0..10 {
        let due = began + Duration::hours(4 * turn);
        let done = (due + Duration::hours(4) < now).then_some(due + Duration::minutes(10));
        let state = if done.is_some() { "done" } else { "due" };
        let query =
            sql("INSERT INTO nursing_tasks (id, admission_id, patient_id, clinic_id, origin_id, due_at, state, settled_at, settled_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(NursingTaskId::new())
            .bind(bed.admission)
            .bind(bed.patient)
            .bind(bed.clinic)
            .bind(task)
            .bind(due)
            .bind(state)
            .bind(done)
            .bind(done.map(|_| by));
        tx.execute(query).await?;
    }
    Ok(())
}

/// Adds an evaluation of a care plan.
pub(super) async fn evaluate(
    tx: &mut Tx,
    plan: CarePlanId,
    (outcome, remark): (&'static str, &'static str),
    stamp: Stamp,
) -> Result<(), DbError> {
    let id = uuid::Uuid::now_v7();
    let query = sql("INSERT INTO care_plan_evaluations (id, care_plan_id, outcome, sealed, at, by_user) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(plan)
        .bind(outcome)
        .bind(CARE_PLAN_EVALUATIONS.seal(id, plan, [remark]))
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Adds a follow-up that stands.
pub(super) async fn follow_up(
    tx: &mut Tx,
    (id, bed): (FollowUpId, &RoundBed),
    service: ServiceId,
    (weeks, (due, until)): (i64, (NaiveDate, NaiveDate)),
    reason: &'static str,
    (now, by): (Instant, UserId),
) -> Result<(), DbError> {
    let query = sql("INSERT INTO follow_ups (id, patient_id, clinic_id, admission_id, service_id, weeks, due_on, until_on, sealed, state,
            proposed_at, proposed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'proposed', $10, $11)")
    .bind(id)
    .bind(bed.patient)
    .bind(bed.clinic)
    .bind(bed.admission)
    .bind(service)
    .bind(weeks)
    .bind(due)
    .bind(until)
    .bind(FOLLOW_UPS.seal(id, bed.patient, [reason]))
    .bind(now)
    .bind(by);
    tx.execute(query).await?;
    Ok(())
}
