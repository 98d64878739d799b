//! Records which resources were imported, and updates the records of newer ones.

use std::collections::HashMap;

use uuid::Uuid;

use crate::core::{PatientId, time::Instant};
use crate::db::{Database, DbError, Sql, Tx, Value, insert_rows, sql};
use crate::imports::store::{Row, Table};
use crate::keys::{IMPORTED, PAST_DOSES, PAST_ORDERS, PAST_REPORTS, PAST_RESULTS, PATIENTS, Sealed};
use crate::row;

/// The version of a resource, as its source names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    pub id: String,
    pub updated: Option<Instant>,
}

impl Version {
    /// Whether it is newer than another version of the same resource: by the time of its change, otherwise by a version
    /// number.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        match (self.updated, other.updated) {
            (Some(one), Some(other)) if one != other => one > other,
            _ => match (self.id.parse::<u64>(), other.id.parse::<u64>()) {
                (Ok(one), Ok(other)) => one > other,
                _ => false,
            },
        }
    }
}

/// A resource that was imported earlier.
#[derive(Clone, Debug)]
pub struct Here {
    /// The record; `None` when the resource is only kept.
    pub local: Option<Uuid>,
    pub version: Version,
    /// The version of the record that the import wrote.
    pub local_version: i64,
    /// The original, if it was kept, with its row.
    pub body: Option<(Uuid, String)>,
}

/// A row of `imported_records`.
#[derive(Clone, Debug)]
pub struct Imported {
    pub kind: String,
    pub external: String,
    pub local: Option<Uuid>,
    pub patient: Option<PatientId>,
    pub body: Option<String>,
    pub version: Version,
    pub local_version: i64,
    /// The row that this one replaces.
    pub before: Option<Here>,
}

/// Records resources as imported.
pub async fn remember(tx: &mut Tx, imported: Vec<Imported>, now: Instant) -> Result<(), DbError> {
    let mut bodies = Vec::new();
    let mut rows = Vec::new();
    for one in imported {
        let kept = one.before.as_ref().and_then(|before| before.body.as_ref());
        if let Some(body) = one.body.as_ref().filter(|body| kept.is_none_or(|(_, kept)| kept != *body)) {
            if let Some((former, _)) = kept {
                tx.execute(sql("DELETE FROM imported_bodies WHERE id = ").push_bind(*former)).await?;
                tx.changed(&IMPORTED, *former);
            }
            let id = Uuid::now_v7();
            bodies.push(row![id, "fhir", &one.kind, &one.external, IMPORTED.seal(id, id, [body])]);
        }
        if one.before.is_some() {
            let query =
                sql("UPDATE imported_records SET local_id = $1, patient_id = $2, imported_at = $3, version_id = $4, last_updated = $5,
                    local_version = $6 WHERE source = 'fhir' AND kind = $7 AND external_id = $8")
                .bind(one.local)
                .bind(one.patient)
                .bind(now)
                .bind(one.version.id)
                .bind(one.version.updated)
                .bind(one.local_version)
                .bind(one.kind)
                .bind(one.external);
            tx.execute(query).await?;
        } else {
            rows.push(row![
                "fhir",
                one.kind,
                one.external,
                one.local,
                one.patient,
                now,
                one.version.id,
                one.version.updated,
                one.local_version
            ]);
        }
    }
    insert_rows(tx, "INSERT INTO imported_bodies (id, source, kind, external_id, sealed) VALUES ", "", bodies).await?;
    insert_rows(
        tx,
        "INSERT INTO imported_records (source, kind, external_id, local_id, patient_id, imported_at, version_id, last_updated, local_version) VALUES ",
        "",
        rows,
    )
    .await
}

type HereRow = (String, Option<Uuid>, String, Option<Instant>, i64, Option<Uuid>, Option<Sealed>);

/// Returns the resources that were imported earlier.
pub async fn already_here(db: &Database, kind: &str, externals: &[&str]) -> crate::core::Result<HashMap<String, Here>> {
    let mut here = HashMap::new();
    let mut tx = db.read().await?;
    for some in externals.chunks(500) {
        let query =
            sql("SELECT r.external_id, r.local_id, r.version_id, r.last_updated, r.local_version, b.id, b.sealed FROM imported_records r
                LEFT JOIN imported_bodies b ON b.source = r.source AND b.kind = r.kind AND b.external_id = r.external_id
                WHERE r.source = 'fhir' AND r.kind = ")
            .push_bind(kind)
            .push(" AND r.external_id IN ")
            .push_list(some.iter().copied());
        for (external, local, id, updated, local_version, body, sealed) in tx.all::<HereRow>(query).await? {
            let body = match body.zip(sealed) {
                Some((body, sealed)) => {
                    let [text] = IMPORTED.open(tx.keys(), body, body, &sealed)?;
                    Some((body, text))
                }
                None => None,
            };
            here.insert(external, Here { local, version: Version { id, updated }, local_version, body });
        }
    }
    Ok(here)
}

/// Returns the number of identifiers of patients that are among these.
pub async fn holders(db: &Database, identifiers: Vec<Value>) -> Result<i64, DbError> {
    let mut found = 0;
    for some in identifiers.chunks(500) {
        let query = sql("SELECT count(*) FROM patient_identifiers WHERE value_index IN ").push_list(some.iter().cloned());
        found += db.read().await?.count(query).await?;
    }
    Ok(found)
}

/// Adds `column = value` for each column to an update.
fn set(mut query: Sql, columns: &[&'static str], values: impl IntoIterator<Item = Value>) -> Sql {
    for (column, value) in columns.iter().copied().zip(values) {
        query = query.push(column).push_bind(value);
    }
    query
}

/// Updates the admission of a stay that is over, if nobody changed it here. One that goes on is left to its ward.
async fn renew_stay(tx: &mut Tx, values: &[Value], encounter: Uuid) -> Result<(), DbError> {
    const COLUMNS: [&str; 5] = [", reason = ", ", doctor_id = ", ", requested_at = ", ", admitted_at = ", ", left_at = "];
    let places = [7, 12, 14, 16, 17].into_iter().filter_map(|at| values.get(at).cloned());
    let query = set(sql("UPDATE admissions SET version = version"), &COLUMNS, places);
    let query = query
        .push(" WHERE state = 'discharged' AND version = 1 AND id IN (SELECT admission_id FROM past_stays WHERE encounter_id = ")
        .push_bind(encounter)
        .push(")");
    if !matches!(values.get(17), Some(Value::Instant(None)) | None) {
        tx.execute(query).await?;
    }
    Ok(())
}

/// Returns the columns of a table of the history that a newer version replaces, the first with the table before it.
const fn past_columns(table: Table) -> &'static [&'static str] {
    match table {
        Table::PastOrders => &[
            "past_orders SET encounter_id = ",
            ", kind = ",
            ", state = ",
            ", code = ",
            ", title = ",
            ", at = ",
            ", by_user = ",
            ", sealed = ",
        ],
        Table::PastSpecimens => &["past_specimens SET title = ", ", state = ", ", at = "],
        Table::PastResults => &[
            "past_results SET encounter_id = ",
            ", order_id = ",
            ", specimen_id = ",
            ", code = ",
            ", title = ",
            ", value = ",
            ", unit = ",
            ", sent = ",
            ", range_text = ",
            ", flag = ",
            ", at = ",
            ", reported_at = ",
            ", by_user = ",
            ", sealed = ",
        ],
        Table::PastStudies => &[
            "past_studies SET encounter_id = ",
            ", order_id = ",
            ", modality = ",
            ", code = ",
            ", title = ",
            ", study_uid = ",
            ", series = ",
            ", images = ",
            ", at = ",
        ],
        Table::PastReports => &[
            "past_reports SET encounter_id = ",
            ", order_id = ",
            ", study_id = ",
            ", kind = ",
            ", code = ",
            ", title = ",
            ", at = ",
            ", source_issued = ",
            ", by_user = ",
            ", sealed = ",
        ],
        _ => &[
            "past_doses SET encounter_id = ",
            ", prescription_id = ",
            ", drug = ",
            ", dose = ",
            ", route = ",
            ", outcome = ",
            ", at = ",
            ", day = ",
            ", by_user = ",
            ", sealed = ",
        ],
    }
}

/// Updates the record of a newer resource, unless it was changed here since; returns whether it was updated.
pub async fn renew(tx: &mut Tx, rows: &[Row], local: Uuid, local_version: i64) -> Result<bool, DbError> {
    for row in rows {
        if let Row::Insert(Table::Admissions, values) = row {
            renew_stay(tx, values, local).await?;
            continue;
        }
        let (query, end) = match row {
            Row::Patient(values) => {
                const COLUMNS: [&str; 16] = [
                    "given_names = ",
                    ", family_name = ",
                    ", preferred_name = ",
                    ", birth_date = ",
                    ", birth_precision = ",
                    ", sex = ",
                    ", gender = ",
                    ", sealed = ",
                    ", phone_index = ",
                    ", email_index = ",
                    ", country = ",
                    ", language = ",
                    ", marital_status = ",
                    ", deceased_on = ",
                    ", deceased_precision = ",
                    ", name_key = ",
                ];
                let query = set(sql("UPDATE patients SET "), &COLUMNS, values.iter().skip(1).take(COLUMNS.len()).cloned());
                let query = set(query, &[", updated_at = "], values.iter().skip(19).take(1).cloned());
                (set(query, &[", deceased_at = "], values.iter().skip(21).take(1).cloned()), "patients")
            }
            Row::Insert(Table::Encounters, values) => {
                const COLUMNS: [&str; 7] =
                    ["department_id = ", ", doctor_id = ", ", kind = ", ", state = ", ", reason = ", ", started_at = ", ", ended_at = "];
                (set(sql("UPDATE encounters SET "), &COLUMNS, values.iter().skip(3).take(COLUMNS.len()).cloned()), "encounters")
            }
            Row::Insert(Table::Prescriptions, values) => {
                const COLUMNS: [&str; 14] = [
                    "drug_id = ",
                    ", drug = ",
                    ", dose = ",
                    ", route = ",
                    ", frequency = ",
                    ", duration_days = ",
                    ", as_needed = ",
                    ", max_per_day = ",
                    ", instructions = ",
                    ", state = ",
                    ", prescribed_at = ",
                    ", prescribed_by = ",
                    ", stopped_at = ",
                    ", stopped_by = ",
                ];
                (set(sql("UPDATE prescriptions SET "), &COLUMNS, values.iter().skip(3).take(COLUMNS.len()).cloned()), "prescriptions")
            }
            Row::Insert(table, values) if row.is_past() => (set(sql("UPDATE "), past_columns(*table), values.iter().skip(3).cloned()), ""),
            _ => continue,
        };
        let query = query.push(", version = version + 1 WHERE id = ").push_bind(local).push(" AND version = ").push_bind(local_version);
        // The history has the owner of its row in what is sealed.
        let query = match row {
            Row::Insert(_, values) if row.is_past() => {
                query.push(" AND patient_id = ").push_bind(values.get(1).cloned().unwrap_or(Value::Uuid(None)))
            }
            _ => query,
        };
        if tx.execute(query).await? == 0 {
            return Ok(false);
        }
        match row {
            Row::Insert(Table::PastOrders, _) => tx.changed(&PAST_ORDERS, local),
            Row::Insert(Table::PastResults, _) => tx.changed(&PAST_RESULTS, local),
            Row::Insert(Table::PastReports, _) => tx.changed(&PAST_REPORTS, local),
            Row::Insert(Table::PastDoses, _) => tx.changed(&PAST_DOSES, local),
            _ => {}
        }
        if end == "patients" {
            tx.changed(&PATIENTS, local);
            tx.execute(sql("DELETE FROM patient_search_terms WHERE patient_id = ").push_bind(local)).await?;
        }
    }
    for (table, head, tail) in [
        (Table::PatientSearchTerms, "INSERT INTO patient_search_terms (term, patient_id) VALUES ", ""),
        (Table::FormerNames, "INSERT INTO patient_former_names (patient_id, given_names, family_name) VALUES ", " ON CONFLICT DO NOTHING"),
        (
            Table::PatientIdentifiers,
            "INSERT INTO patient_identifiers (id, system, value_index, patient_id, sealed) VALUES ",
            " ON CONFLICT DO NOTHING",
        ),
    ] {
        let of_table = rows.iter().filter_map(|row| match row {
            // The patient's id is the record's, which the rows of a new patient do not have.
            Row::Insert(of, values) if *of == table => Some(values.clone()),
            _ => None,
        });
        insert_rows(tx, head, tail, of_table.collect()).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_of_two_versions() {
        let version = |id: &str, updated: &str| Version { id: id.to_owned(), updated: updated.parse().ok() };
        assert!(version("", "2026-11-02T00:00:00Z").is_newer_than(&version("", "2026-11-01T00:00:00Z")));
        assert!(!version("9", "2026-11-01T00:00:00Z").is_newer_than(&version("1", "2026-11-02T00:00:00Z")));
        assert!(version("10", "").is_newer_than(&version("9", "")));
        assert!(!version("", "").is_newer_than(&version("", "")) && !version("b", "").is_newer_than(&version("a", "")));
    }
}
