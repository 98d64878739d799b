//! The SQL of the demo's wards.

use chrono::NaiveDate;

use crate::{
    core::PatientId,
    db::{DbError, Tx, Value, insert_rows, sql},
};

/// Returns living patients of a sex (`any` for all), born within these days, who are in the clinic's care and not in its rooms now; the last of
/// the list are the first to be taken.
pub(super) async fn people(
    tx: &mut Tx,
    sex: &'static str,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
) -> Result<Vec<PatientId>, DbError> {
    let mut query = sql("SELECT id FROM patients WHERE deceased_on IS NULL AND given_names <> ''");
    if sex != "any" {
        query = query.push(" AND sex = ").push_bind(sex.to_owned());
    }
    if let Some(from) = from {
        query = query.push(" AND birth_date > ").push_bind(from);
    }
    if let Some(to) = to {
        query = query.push(" AND birth_date < ").push_bind(to);
    }
    let query = query.push(
        " AND EXISTS (SELECT 1 FROM care c WHERE c.patient_id = patients.id)
        AND NOT EXISTS (SELECT 1 FROM patient_users u WHERE u.patient_id = patients.id)
        AND NOT EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = patients.id AND v.ended_at IS NULL) ORDER BY mrn",
    );
    Ok(tx.all::<(PatientId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Inserts rows; `head` ends in `VALUES `.
pub(super) async fn insert(tx: &mut Tx, head: &'static str, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
    insert_rows(tx, head, "", rows).await
}
