//! The SQL of births.

use uuid::Uuid;

use super::{BirthForm, BirthOutcome};
use crate::{
    core::{AdmissionId, PatientId, Result, Stamp, time::Instant},
    db::{DbError, Locked, Tx, sql},
    patients::Sex,
};

/// A birth.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BirthRow {
    pub plurality: i64,
    pub birth_order: i64,
    pub born_at: Instant,
    pub sex: Sex,
    pub weight_g: Option<i64>,
    pub gestation_days: Option<i64>,
    pub apgar_1: Option<i64>,
    pub apgar_5: Option<i64>,
    pub apgar_10: Option<i64>,
    pub outcome: BirthOutcome,
    pub mother_id: AdmissionId,
    /// The mother.
    pub mother: PatientId,
    pub baby_id: Option<AdmissionId>,
    /// The child, and where it lies.
    pub baby: Option<PatientId>,
    pub bed: Option<String>,
}

const BIRTH: &str = "SELECT n.plurality, n.birth_order, n.born_at, n.sex, n.weight_g, n.gestation_days, n.apgar_1, n.apgar_5, n.apgar_10, \
                     n.outcome, n.mother_id, m.patient_id AS mother, n.baby_id, c.patient_id AS baby, b.name AS bed \
                     FROM births n JOIN admissions m ON m.id = n.mother_id LEFT JOIN admissions c ON c.id = n.baby_id \
                     LEFT JOIN bed_uses u ON u.admission_id = n.baby_id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL \
                     LEFT JOIN beds b ON b.id = u.bed_id WHERE ";

/// Returns the births of a mother's admission, in order.
///
/// # Errors
/// When the database refuses.
pub async fn of_mother(tx: &mut Tx, mother: AdmissionId) -> Result<Vec<BirthRow>> {
    Ok(tx.all(sql(BIRTH).push("n.mother_id = ").push_bind(mother).push(" ORDER BY n.birth_order")).await?)
}

/// Returns the birth of a child by its admission.
///
/// # Errors
/// When the database refuses.
pub async fn of_baby(tx: &mut Tx, baby: AdmissionId) -> Result<Option<BirthRow>> {
    Ok(tx.optional(sql(BIRTH).push("n.baby_id = ").push_bind(baby)).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    mother: Locked<AdmissionId>,
    baby: Option<AdmissionId>,
    form: &BirthForm,
    stamp: Stamp,
) -> Result<(), DbError> {
    let [apgar_1, apgar_5, apgar_10] = form.apgar;
    let query = sql("INSERT INTO births (id, mother_id, plurality, birth_order, born_at, sex, weight_g, gestation_days, apgar_1, apgar_5,
            apgar_10, outcome, baby_id, noted_at, noted_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)")
    .bind(Uuid::now_v7())
    .bind(mother.id())
    .bind(form.plurality)
    .bind(form.birth_order)
    .bind(form.born_at)
    .bind(form.sex)
    .bind(form.weight_g)
    .bind(form.gestation_days)
    .bind(apgar_1)
    .bind(apgar_5)
    .bind(apgar_10)
    .bind(form.outcome)
    .bind(baby)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
