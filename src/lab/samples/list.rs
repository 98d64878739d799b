//! The lists of samples: to collect, and under way to the laboratory.

use chrono::Duration;

use super::{Analysis, Sample, store};
use crate::{
    core::{ClinicId, PatientId, Result, list::PAGE_SIZE, list::Slice, list::offset, time::Instant},
    db::Tx,
};

/// Minutes after which a collected sample that was not received is missing.
pub const MISSING_MINUTES: i64 = 60;
/// The samples of one patient to collect at once, in the order of draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionRow {
    pub patient: PatientId,
    /// At least one; the most urgent first.
    pub samples: Vec<Sample>,
    pub analyses: Vec<Analysis>,
}

/// The samples that wait at each place.
pub type Waiting = Vec<(String, i64)>;

/// Reads the places where samples are expected, with their numbers.
///
/// # Errors
/// When the database refuses.
pub async fn places(tx: &mut Tx, clinic: ClinicId) -> Result<Waiting> {
    store::expected_places(tx, clinic).await
}

/// Reads the samples to collect until a time, by patient, the most urgent patient first.
///
/// # Errors
/// When the database refuses.
pub async fn collection_list(
    tx: &mut Tx,
    clinic: ClinicId,
    place: Option<&str>,
    until: Instant,
    page: Option<i64>,
) -> Result<Slice<CollectionRow>> {
    let (page, offset) = offset(page);
    let samples = Slice::from_surplus(store::expected(tx, clinic, place, until, PAGE_SIZE + 1, offset).await?, page);
    let ids: Vec<_> = samples.rows.iter().map(|sample| sample.id).collect();
    let analyses = store::analyses_of_samples(tx, &ids).await?;
    let mut rows: Vec<CollectionRow> = Vec::new();
    for sample in samples.rows {
        let own = analyses.iter().filter(|analysis| analysis.sample_id == Some(sample.id)).cloned();
        match rows.iter_mut().find(|row| row.patient == sample.patient_id) {
            Some(row) => {
                row.analyses.extend(own);
                row.samples.push(sample);
            }
            None => rows.push(CollectionRow { patient: sample.patient_id, analyses: own.collect(), samples: vec![sample] }),
        }
    }
    Ok(Slice { rows, page: samples.page, more: samples.more })
}

/// Reads the samples that were collected and not received, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn under_way(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Sample>> {
    store::under_way(tx, clinic, None, 200).await
}

/// Reads the samples that were collected more than an hour ago and not received.
///
/// # Errors
/// When the database refuses.
pub async fn missing(tx: &mut Tx, clinic: ClinicId, now: Instant) -> Result<Vec<Sample>> {
    store::under_way(tx, clinic, Some(now - Duration::minutes(MISSING_MINUTES)), 200).await
}
