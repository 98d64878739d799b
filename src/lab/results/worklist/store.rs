//! The SQL of the lists of the bench and of the release.

use super::{BenchFilter, BenchRow};
use crate::{
    core::{ClinicId, Result},
    db::{Tx, sql},
};

const ROWS: &str =
    "SELECT a.id, a.test_id, a.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, p.birth_date, p.birth_precision,
        p.sex, s.id AS sample_id, s.number, a.bench, a.priority, a.due_at, a.outside, a.state, a.version, s.index_h, s.index_i, s.index_l
    FROM lab_analyses a JOIN lab_samples s ON s.id = a.sample_id JOIN patients p ON p.id = a.patient_id WHERE ";
const ORDER: &str = " ORDER BY CASE a.priority WHEN 'stat' THEN 1 ELSE 2 END, a.due_at, a.id LIMIT ";

pub(super) async fn benches(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<(String, i64)>> {
    let query = sql("SELECT bench, count(*) FROM lab_analyses WHERE state IN ('ready', 'entered', 'checked', 'sent_out') AND clinic_id = ");
    Ok(tx.all(query.push_bind(clinic).push(" GROUP BY bench ORDER BY bench")).await?)
}

/// The rows of the page are chosen along an index, and joined afterwards.
pub(super) async fn open(tx: &mut Tx, clinic: ClinicId, filter: &BenchFilter, limit: i64, offset: i64) -> Result<Vec<BenchRow>> {
    let mut query = sql(ROWS)
        .push("a.id IN (SELECT o.id FROM lab_analyses o WHERE o.state IN ('ready', 'entered', 'checked', 'sent_out') AND o.clinic_id = ")
        .push_bind(clinic);
    if let Some(bench) = &filter.bench {
        query = query.push(" AND o.bench = ").push_bind(bench);
    }
    if let Some(state) = filter.state {
        query = query.push(" AND o.state = ").push_bind(state);
    }
    if let Some(sample) = filter.sample {
        query = query.push(" AND o.sample_id = ").push_bind(sample);
    }
    let query = query.push(" ORDER BY CASE o.priority WHEN 'stat' THEN 1 ELSE 2 END, o.due_at, o.id LIMIT ").push_bind(limit);
    let query = query.push(" OFFSET ").push_bind(offset);
    Ok(tx.all(query.push(")").push(ORDER).push_bind(limit)).await?)
}

/// Reads the analyses whose current result is checked and not released: also corrections of released ones.
pub(super) async fn unreleased(tx: &mut Tx, clinic: ClinicId, limit: i64, offset: i64) -> Result<Vec<BenchRow>> {
    let query = sql(ROWS)
        .push("a.id IN (SELECT r.analysis_id FROM lab_results r WHERE r.superseded_at IS NULL AND r.released_at IS NULL AND r.checked_at IS NOT NULL
            AND r.clinic_id = ")
        .push_bind(clinic);
    Ok(tx.all(query.push(")").push(ORDER).push_bind(limit).push(" OFFSET ").push_bind(offset)).await?)
}
