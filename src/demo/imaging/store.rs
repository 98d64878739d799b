//! The SQL of the demo's imaging: each row takes the same way through its steps as in the program, with all guards active.

use chrono::Duration;
use uuid::Uuid;

use super::archives::InArchive;
use crate::{
    clinical::{DocumentSignature, DocumentSigner},
    core::{
        ArchivedStudyId, ClinicId, ImagingArchiveId, ImagingOrderId, ImagingProcedureId, ImagingRoomId, ImagingSafetyId, OrderId,
        PatientId, PriceItemId, RadiologyFindingId, RadiologyReportId, RadiologyReviewId, RequisitionId, UserId, time::Instant,
    },
    db::{DbError, Tx, Value, sql},
    demo::lab::Of,
    imaging::{CallWithin, ImagingProcedure, ImagingStep, Modality},
    keys::{IMAGING_ARCHIVES, IMAGING_ORDERS, IMAGING_STUDIES, ORDERS, RADIOLOGY_FINDINGS, RADIOLOGY_REPORTS},
    lab::Weight,
};

/// A moment and the user who acted.
pub(super) type By = (Instant, UserId);

/// A study and its order.
pub(super) struct Study<'s> {
    pub id: ImagingOrderId,
    pub order: OrderId,
    pub requisition: RequisitionId,
    pub of: &'s Of,
    pub clinic: ClinicId,
    pub procedure: &'s ImagingProcedure,
    pub side: &'static str,
    pub reason: &'static str,
    pub urgent: bool,
}

/// Gives a procedure its item on the price list.
pub(super) async fn price(tx: &mut Tx, procedure: ImagingProcedureId, item: PriceItemId) -> Result<(), DbError> {
    tx.execute(sql("UPDATE imaging_procedures SET item_id = $2 WHERE id = $1").bind(procedure).bind(item)).await?;
    Ok(())
}

/// Adds a room that is open from 7 to 21 on each day.
pub(super) async fn room(
    tx: &mut Tx,
    id: ImagingRoomId,
    clinic: ClinicId,
    (name, modality): (&str, Modality),
    (at, by): By,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO imaging_rooms (id, clinic_id, name, modality, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6)");
    tx.execute(query.bind(id).bind(clinic).bind(name).bind(modality).bind(at).bind(by)).await?;
    for weekday in 1_i64..=7 {
        let query = sql("INSERT INTO imaging_room_hours (id, room_id, weekday, from_minute, to_minute) VALUES ($1, $2, $3, 420, 1260)");
        tx.execute(query.bind(Uuid::now_v7()).bind(id).bind(weekday)).await?;
    }
    Ok(())
}

const fn priority(urgent: bool) -> &'static str {
    if urgent { "stat" } else { "routine" }
}

/// Adds an order that was accepted, started and completed at the stamps, with its study.
pub(super) async fn order(
    tx: &mut Tx,
    study: &Study<'_>,
    (at, by): By,
    ([accepted, started, completed], [accepter, starter, completer]): ([Option<Instant>; 3], [UserId; 3]),
) -> Result<(), DbError> {
    let state = match (accepted, started, completed) {
        (_, _, Some(_)) => "completed",
        (_, Some(_), None) => "in_progress",
        (Some(_), None, None) => "accepted",
        (None, None, None) => "requested",
    };
    let query =
        sql("INSERT INTO orders (id, patient_id, clinic_id, visit_id, kind, service, priority, sealed, state, ordered_at, ordered_by,
        requested_at, accepted_at, accepted_by, started_at, started_by, completed_at, completed_by, updated_at, updated_by, requisition_id)
        VALUES ($1, $2, $3, $4, 'imaging', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)")
        .bind(study.order)
        .bind(study.of.patient)
        .bind(study.clinic)
        .bind(study.of.visit)
        .bind(&study.procedure.name_en)
        .bind(priority(study.urgent))
        .bind(ORDERS.seal(study.order, study.of.patient, [study.reason, "", ""]))
        .bind(state)
        .bind(at)
        .bind(by)
        .bind(at)
        .bind(accepted)
        .bind(accepted.map(|_| accepter))
        .bind(started)
        .bind(started.map(|_| starter))
        .bind(completed)
        .bind(completed.map(|_| completer))
        .bind(completed.or(started).or(accepted).unwrap_or(at))
        .bind(by)
        .bind(study.requisition);
    tx.execute(query).await?;
    let query =
        sql("INSERT INTO imaging_orders (id, order_id, patient_id, clinic_id, procedure_id, side, priority, step, sealed, updated_at,
        updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 'draft', $8, $9, $10)")
        .bind(study.id)
        .bind(study.order)
        .bind(study.of.patient)
        .bind(study.clinic)
        .bind(study.procedure.id)
        .bind(study.side)
        .bind(priority(study.urgent))
        .bind(IMAGING_ORDERS.seal(study.id, study.of.patient, ["", "", ""]))
        .bind(at)
        .bind(by);
    tx.execute(query).await?;
    Ok(())
}

/// Moves a study to a step.
pub(super) async fn step(
    tx: &mut Tx,
    study: &Study<'_>,
    to: ImagingStep,
    columns: Vec<(&'static str, Value)>,
    (at, by): By,
) -> Result<(), DbError> {
    let mut query = sql("UPDATE imaging_orders SET step = ").push_bind(to).push(", version = version + 1, updated_at = ").push_bind(at);
    query = query.push(", updated_by = ").push_bind(by);
    for (column, value) in columns {
        query = query.push(", ").push(column).push(" = ").push_bind(value);
    }
    tx.execute(query.push(" WHERE id = ").push_bind(study.id)).await?;
    Ok(())
}

/// Returns a study to its doctor with a question.
pub(super) async fn give_back(tx: &mut Tx, study: &Study<'_>, question: &str, by: By) -> Result<(), DbError> {
    let sealed = IMAGING_ORDERS.seal(study.id, study.of.patient, ["", question, ""]);
    step(tx, study, ImagingStep::Returned, vec![("sealed", sealed.into())], by).await?;
    tx.changed(&IMAGING_ORDERS, study.id);
    Ok(())
}

/// Asks the questions of the procedure.
pub(super) async fn ask(tx: &mut Tx, study: &Study<'_>, at: Instant) -> Result<(), DbError> {
    for question in study.procedure.questions() {
        let query = sql("INSERT INTO imaging_safety (id, imaging_id, question, asked_at) VALUES ($1, $2, $3, $4)");
        tx.execute(query.bind(ImagingSafetyId::new()).bind(study.id).bind(question).bind(at)).await?;
    }
    Ok(())
}

/// Answers all questions with "no".
pub(super) async fn answer_all(tx: &mut Tx, study: &Study<'_>, (at, by): By) -> Result<(), DbError> {
    let query = sql("UPDATE imaging_safety SET answer = 'no', answered_at = $2, answered_by = $3 WHERE imaging_id = $1");
    tx.execute(query.bind(study.id).bind(at).bind(by)).await?;
    Ok(())
}

/// Adds the dose of a CT: CTDIvol and DLP in millionths of mGy and mGy.cm. Other studies wait for theirs.
pub(super) async fn dose(tx: &mut Tx, study: &Study<'_>, (ctdi_vol, dlp): (i64, i64), (at, by): By) -> Result<(), DbError> {
    let query = sql("INSERT INTO imaging_doses (id, imaging_id, ctdi_vol, dlp, source, recorded_at, recorded_by)
        VALUES ($1, $2, $3, $4, 'typed', $5, $6)")
    .bind(Uuid::now_v7())
    .bind(study.id)
    .bind(ctdi_vol)
    .bind(dlp)
    .bind(at)
    .bind(by);
    tx.execute(query).await?;
    Ok(())
}

/// Adds the draft of a report.
pub(super) async fn draft(
    tx: &mut Tx,
    study: &Study<'_>,
    text: [&str; 5],
    weight: Weight,
    (at, by): By,
) -> Result<RadiologyReportId, DbError> {
    let id = RadiologyReportId::new();
    let query =
        sql("INSERT INTO radiology_reports (id, imaging_id, patient_id, clinic_id, version, state, sealed, weight, created_at, author_id)
        VALUES ($1, $2, $3, $4, 1, 'draft', $5, $6, $7, $8)")
        .bind(id)
        .bind(study.id)
        .bind(study.of.patient)
        .bind(study.clinic)
        .bind(RADIOLOGY_REPORTS.seal(id, study.of.patient, text))
        .bind(weight)
        .bind(at)
        .bind(by);
    tx.execute(query).await?;
    Ok(id)
}

pub(super) async fn finding(tx: &mut Tx, study: &Study<'_>, within: CallWithin, text: &str, (at, by): By) -> Result<(), DbError> {
    let id = RadiologyFindingId::new();
    let query =
        sql("INSERT INTO radiology_findings (id, imaging_id, patient_id, clinic_id, within, sealed, opened_at, opened_by, due_at, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(id)
        .bind(study.id)
        .bind(study.of.patient)
        .bind(study.clinic)
        .bind(within)
        .bind(RADIOLOGY_FINDINGS.seal(id, study.of.patient, [text]))
        .bind(at)
        .bind(by)
        .bind(at + Duration::minutes(within.minutes()))
        .bind(at + Duration::minutes(within.minutes() / 2));
    tx.execute(query).await?;
    Ok(())
}

/// Signs a report.
pub(super) async fn sign(
    tx: &mut Tx,
    id: RadiologyReportId,
    signer: &DocumentSigner<'_>,
    signature: &DocumentSignature,
) -> Result<(), DbError> {
    let query =
        sql("UPDATE radiology_reports SET state = 'final', signed_at = $2, signed_by = $3, signer_name = $4, key_id = $5, signature = $6
        WHERE id = $1")
        .bind(id)
        .bind(signer.at)
        .bind(signer.user)
        .bind(signer.name)
        .bind(signature.key)
        .bind(signature.bytes.clone());
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn review(
    tx: &mut Tx,
    study: &Study<'_>,
    report: RadiologyReportId,
    (clinician, weight): (UserId, Weight),
    at: Instant,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO radiology_reviews (id, report_id, patient_id, clinic_id, clinician_id, weight, state, due_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'new', $7, $8)")
    .bind(RadiologyReviewId::new())
    .bind(report)
    .bind(study.of.patient)
    .bind(study.clinic)
    .bind(clinician)
    .bind(weight)
    .bind(at + Duration::minutes(weight.minutes()))
    .bind(at);
    tx.execute(query).await?;
    Ok(())
}

/// An order whose images are made.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct AcquiredOrder {
    pub id: ImagingOrderId,
    pub patient_id: PatientId,
    pub accession: String,
    pub study_uid: String,
    pub mrn: String,
    pub given_names: String,
    pub family_name: String,
    pub birth_date: String,
}

/// Reads an order of a clinic whose images are made.
pub(super) async fn acquired(tx: &mut Tx, clinic: ClinicId) -> Result<Option<AcquiredOrder>, DbError> {
    let query = sql("SELECT i.id, i.patient_id, i.accession, i.study_uid, p.mrn, p.given_names, p.family_name,
        coalesce(CAST(p.birth_date AS TEXT), '') AS birth_date FROM imaging_orders i JOIN patients p ON p.id = i.patient_id
        WHERE i.step = 'acquired' AND i.clinic_id = ")
    .push_bind(clinic);
    tx.optional(query.push(" ORDER BY i.id LIMIT 1")).await
}

/// Adds an archive of images.
pub(super) async fn archive(tx: &mut Tx, id: ImagingArchiveId, clinic: ClinicId, (at, by): By) -> Result<(), DbError> {
    let query = sql("INSERT INTO imaging_archives (id, clinic_id, name, base_url, sealed, updated_at, updated_by)
        VALUES ($1, $2, 'PACS', 'http://127.0.0.1:8042/dicom-web', $3, $4, $5)")
    .bind(id)
    .bind(clinic)
    .bind(IMAGING_ARCHIVES.seal(id, id, ["infirmary", "a word for the demo"]))
    .bind(at)
    .bind(by);
    tx.execute(query).await?;
    Ok(())
}

/// Adds a study of an archive.
pub(super) async fn in_archive(
    tx: &mut Tx,
    (archive, clinic): (ImagingArchiveId, ClinicId),
    study: &InArchive<'_>,
    day: &str,
    of: Option<(ImagingOrderId, PatientId)>,
    (at, _): By,
) -> Result<(), DbError> {
    let id = ArchivedStudyId::new();
    let query =
        sql("INSERT INTO imaging_studies (id, archive_id, clinic_id, study_uid, accession, modalities, taken, series_count, image_count,
        sealed, state, reason, imaging_id, patient_id, matched_at, matched_by, found_at, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)")
        .bind(id)
        .bind(archive)
        .bind(clinic)
        .bind(&study.uid)
        .bind(study.accession)
        .bind(study.modality.as_str())
        .bind(day)
        .bind(study.images)
        .bind(IMAGING_STUDIES.seal(id, archive, study.patient))
        .bind(if of.is_some() { "matched" } else { "unmatched" })
        .bind(study.reason)
        .bind(of.map(|(order, _)| order))
        .bind(of.map(|(_, patient)| patient))
        .bind(of.map(|_| at))
        .bind(of.map(|_| UserId::SYSTEM))
        .bind(at)
        .bind(at)
        .bind(UserId::SYSTEM);
    tx.execute(query).await?;
    Ok(())
}
