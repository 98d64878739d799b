//! The SQL of the board.

use chrono::NaiveDate;

use crate::{
    core::{AdmissionId, BedId, BedUseId, ClinicId, PatientId, Result, WardId, time::Instant},
    db::{Tx, sql},
    organisation::{BedKind, Isolation},
    patients::AllergyStatus,
    wards::{
        leaving::DischargeKind,
        moves::{AwayKind, TransferState},
        resuscitation::CareLevel,
        uses::UseKind,
    },
};

#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a row")]
pub(super) struct TileRow {
    pub id: BedId,
    pub name: String,
    pub kind: BedKind,
    /// Whether it is an extra trolley.
    pub overflow: bool,
    /// The time after which no patient is put on it.
    pub temporary_until: Option<Instant>,
    pub class_name: String,
    pub room: String,
    pub use_id: Option<BedUseId>,
    pub use_kind: Option<UseKind>,
    pub began_at: Option<Instant>,
    pub due_at: Option<Instant>,
    pub terminal: Option<bool>,
    pub use_reason: Option<String>,
    pub admission_id: Option<AdmissionId>,
    pub patient_id: Option<PatientId>,
    pub admitted_at: Option<Instant>,
    pub isolation: Option<Isolation>,
    pub private: Option<bool>,
    pub expected_on: Option<NaiveDate>,
    pub doctor: Option<String>,
    pub away: Option<AwayKind>,
    pub transfer_state: Option<TransferState>,
    /// Whether somebody proposed to swap the bed.
    pub swap: bool,
    /// The treatment that was decided on for a heart that stops.
    pub level: Option<CareLevel>,
    pub leaving: Option<DischargeKind>,
    pub mother_id: Option<AdmissionId>,
    /// The time of birth, of a child that was born here.
    pub born_at: Option<Instant>,
    /// Whether a child of this mother was stillborn or has died here.
    pub bereaved: bool,
    /// The last early-warning score, whether a single value scored 3, and when the observations were taken.
    pub score: Option<i64>,
    pub single_red: Option<bool>,
    pub scored_at: Option<Instant>,
    /// Whether an escalation is open.
    pub escalated: bool,
    /// From when and until when the patient must not eat or drink.
    pub fasts_from: Option<Instant>,
    pub fasts_until: Option<Instant>,
}

pub(super) async fn tiles(tx: &mut Tx, ward: WardId) -> Result<Vec<TileRow>> {
    let query =
        sql("SELECT b.id, b.name, b.kind, b.overflow, b.temporary_until, c.name AS class_name, r.name AS room, u.id AS use_id, u.kind AS use_kind, u.began_at, u.due_at,
            u.terminal, u.reason AS use_reason, u.admission_id, u.patient_id, a.admitted_at, a.isolation, a.private, a.expected_on,
            d.display_name AS doctor, w.kind AS away, t.state AS transfer_state, m.level, x.kind AS leaving, a.mother_id, n.born_at,
            EXISTS (SELECT 1 FROM births s LEFT JOIN discharges e ON e.admission_id = s.baby_id AND e.voided_at IS NULL
                WHERE s.mother_id = a.id AND (s.outcome = 'stillborn' OR e.kind = 'died')) AS bereaved,
            v.score, v.single_red, v.taken_at AS scored_at, g.id IS NOT NULL AS escalated, z.from_at AS fasts_from,
            z.until_at AS fasts_until,
            (EXISTS (SELECT 1 FROM bed_swaps s WHERE s.admission_id = a.id AND s.state = 'proposed')
                OR EXISTS (SELECT 1 FROM bed_swaps s WHERE s.with_id = a.id AND s.state = 'proposed')) AS swap
        FROM beds b JOIN ward_rooms r ON r.id = b.room_id JOIN bed_classes c ON c.id = b.class_id
        LEFT JOIN bed_uses u ON u.bed_id = b.id AND u.ended_at IS NULL AND u.voided_at IS NULL
        LEFT JOIN admissions a ON a.id = u.admission_id LEFT JOIN staff d ON d.id = a.doctor_id
        LEFT JOIN ward_absences w ON w.admission_id = a.id AND w.back_at IS NULL
        LEFT JOIN transfers t ON t.admission_id = a.id AND t.state IN ('requested', 'accepted')
        LEFT JOIN resuscitation_decisions m ON m.admission_id = a.id AND m.replaced_at IS NULL
        LEFT JOIN discharges x ON x.admission_id = a.id AND x.voided_at IS NULL
        LEFT JOIN births n ON n.baby_id = a.id
        LEFT JOIN observations v ON v.id = (SELECT y.id FROM observations y WHERE y.admission_id = a.id AND y.superseded_at IS NULL
            AND y.score IS NOT NULL ORDER BY y.taken_at DESC, y.recorded_at DESC, y.id DESC LIMIT 1)
        LEFT JOIN nil_by_mouth z ON z.admission_id = a.id AND z.ended_at IS NULL
        LEFT JOIN escalations g ON g.admission_id = a.id AND g.state <> 'closed'
        WHERE b.retired_at IS NULL AND r.ward_id = ");
    Ok(tx.all(query.push_bind(ward).push(" ORDER BY r.name, b.position, b.name, b.id")).await?)
}

/// The allergies of a patient, counted.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct AllergyRow {
    pub id: PatientId,
    pub allergy_status: AllergyStatus,
    /// Whether a death is recorded.
    pub died: bool,
    pub active: i64,
    pub severe: i64,
}

pub(super) async fn allergies(tx: &mut Tx, patients: &[PatientId]) -> Result<Vec<AllergyRow>> {
    let query = sql("SELECT p.id, p.allergy_status, p.deceased_on IS NOT NULL AS died, count(l.id) AS active,
            count(CASE WHEN l.criticality = 'high' OR l.severity = 'severe' THEN 1 END) AS severe
        FROM patients p LEFT JOIN allergies l ON l.patient_id = p.id AND l.entered_in_error_at IS NULL AND l.clinical_status = 'active'
            AND l.verification <> 'refuted' WHERE p.id IN ")
    .push_list(patients.iter().copied());
    Ok(tx.all(query.push(" GROUP BY p.id, p.allergy_status, p.deceased_on")).await?)
}

/// A patient who lies in a bed of the ward.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LyingOn {
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub bed: String,
}

/// Returns the patients who lie in the beds of a ward.
///
/// # Errors
/// When the database refuses.
pub async fn lying_on(tx: &mut Tx, ward: WardId) -> Result<Vec<LyingOn>> {
    let query = sql("SELECT u.admission_id, u.patient_id, b.name AS bed FROM bed_uses u JOIN beds b ON b.id = u.bed_id
        JOIN ward_rooms r ON r.id = b.room_id
        WHERE u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL AND r.ward_id = ");
    Ok(tx.all(query.push_bind(ward).push(" ORDER BY b.name, u.id LIMIT 500")).await?)
}

/// Returns the number of patients who are expected on the ward.
pub(super) async fn arriving(tx: &mut Tx, clinic: ClinicId, ward: WardId) -> Result<i64> {
    let query = sql("SELECT count(*) FROM admissions
        WHERE state IN ('requested', 'accepted') AND clinic_id = $1 AND coalesce(accepted_ward_id, ward_id) = $2")
    .bind(clinic)
    .bind(ward);
    let requests = tx.count(query).await?;
    let query = sql("SELECT count(*) FROM transfers WHERE state IN ('requested', 'accepted') AND to_ward_id = ").push_bind(ward);
    Ok(requests + tx.count(query).await?)
}

/// The beds of a ward by their state, without its extra trolleys, which are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WardFigures {
    pub ward_id: WardId,
    pub beds: i64,
    pub occupied: i64,
    pub reserved: i64,
    pub cleaning: i64,
    pub closed: i64,
    /// Extra trolleys, and those on which a patient lies.
    pub trolleys: i64,
    pub on_trolleys: i64,
}

/// Counts the beds of a clinic's wards by their state.
///
/// # Errors
/// When the database refuses.
pub async fn figures(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<WardFigures>> {
    let query = sql("SELECT q.ward_id, count(CASE WHEN NOT q.overflow THEN 1 END) AS beds,
            count(CASE WHEN NOT q.overflow AND q.kind = 'stay' THEN 1 END) AS occupied,
            count(CASE WHEN NOT q.overflow AND q.kind = 'reservation' THEN 1 END) AS reserved,
            count(CASE WHEN NOT q.overflow AND q.kind = 'cleaning' THEN 1 END) AS cleaning,
            count(CASE WHEN NOT q.overflow AND q.kind = 'out_of_service' THEN 1 END) AS closed,
            count(CASE WHEN q.overflow THEN 1 END) AS trolleys, count(CASE WHEN q.overflow AND q.kind = 'stay' THEN 1 END) AS on_trolleys
        FROM (SELECT r.ward_id, b.overflow, t.kind
        FROM beds b JOIN ward_rooms r ON r.id = b.room_id JOIN wards w ON w.id = r.ward_id LEFT JOIN taken_beds t ON t.bed_id = b.id
        WHERE b.retired_at IS NULL AND w.clinic_id = ");
    Ok(tx.all(query.push_bind(clinic).push(") q GROUP BY q.ward_id")).await?)
}
