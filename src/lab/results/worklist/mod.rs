//! The lists of the bench and of the release.

mod store;

use super::LabResult;
use crate::{
    core::{
        ClinicId, LabAnalysisId, LabSampleId, LabTestId, PatientId, Result,
        list::{PAGE_SIZE, Slice, offset},
        time::Instant,
    },
    db::Tx,
    lab::samples::AnalysisState,
    orders::OrderPriority,
    patients::{Birth, PatientName, Sex},
};

/// The filter of the bench's list, which stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BenchFilter {
    pub bench: Option<String>,
    pub state: Option<AnalysisState>,
    /// The tests of one sample.
    pub sample: Option<LabSampleId>,
}

/// An analysis at the bench, with its sample and patient.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BenchRow {
    pub id: LabAnalysisId,
    pub test_id: LabTestId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub patient_name: PatientName,
    pub mrn: String,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    pub sample_id: LabSampleId,
    pub number: String,
    pub bench: String,
    pub priority: OrderPriority,
    pub due_at: Option<Instant>,
    pub outside: String,
    pub state: AnalysisState,
    pub version: i64,
    pub index_h: Option<i64>,
    pub index_i: Option<i64>,
    pub index_l: Option<i64>,
}

/// A checked result that waits for its release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRow {
    pub row: BenchRow,
    pub result: LabResult,
    /// The results before it, the latest first: at most three.
    pub earlier: Vec<LabResult>,
}

/// Reads the benches of a clinic with open analyses, and how many each has.
///
/// # Errors
/// When the database refuses.
pub async fn benches(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<(String, i64)>> {
    store::benches(tx, clinic).await
}

/// Reads the open analyses of a clinic: stat first, then by the time they are due.
///
/// # Errors
/// When the database refuses.
pub async fn bench_list(tx: &mut Tx, clinic: ClinicId, filter: &BenchFilter, page: Option<i64>) -> Result<Slice<BenchRow>> {
    let (page, offset) = offset(page);
    Ok(Slice::from_surplus(store::open(tx, clinic, filter, PAGE_SIZE + 1, offset).await?, page))
}

/// Reads the checked results and the corrections that wait for their release.
///
/// # Errors
/// When the database refuses.
pub async fn to_release(tx: &mut Tx, clinic: ClinicId, page: Option<i64>) -> Result<Slice<ReleaseRow>> {
    let (page, offset) = offset(page);
    let rows = Slice::from_surplus(store::unreleased(tx, clinic, PAGE_SIZE + 1, offset).await?, page);
    let ids: Vec<LabAnalysisId> = rows.rows.iter().map(|row| row.id).collect();
    let results = super::store::current_of(tx, &ids).await?;
    let mut found = Vec::new();
    for row in rows.rows {
        let Some(result) = results.iter().find(|result| result.analysis_id == row.id).cloned() else { continue };
        let earlier = super::store::earlier(tx, &result, 3).await?;
        found.push(ReleaseRow { row, result, earlier });
    }
    Ok(Slice { rows: found, page: rows.page, more: rows.more })
}
