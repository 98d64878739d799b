//! The trend of a value: the last values of the same test and patient before it, in its unit.

mod store;

use std::collections::HashMap;

use super::LabResult;
use crate::{
    core::{LabResultId, Result},
    db::Tx,
    lab::{value::Comparator, vocabulary::ResultKind},
};

/// Reads the values before each of these results, the latest first: at most four of each. A value in another unit is not among them.
///
/// # Errors
/// When the database refuses.
pub async fn before(tx: &mut Tx, results: &[LabResultId]) -> Result<HashMap<LabResultId, Vec<LabResult>>> {
    let chains = store::before(tx, results).await?;
    let ids = chains.iter().flat_map(|(_, earlier)| earlier.iter().copied());
    let found: HashMap<LabResultId, LabResult> = store::read(tx, ids.collect()).await?.into_iter().map(|one| (one.id, one)).collect();
    let chain = |earlier: Vec<LabResultId>| earlier.iter().filter_map(|id| found.get(id).cloned()).collect();
    Ok(chains.into_iter().map(|(id, earlier)| (id, chain(earlier))).collect())
}

impl LabResult {
    /// The change since an earlier value in millionths; none where one of them is no exact number of the same unit.
    pub fn change_since(&self, earlier: &Self) -> Option<i64> {
        let is_exact = |result: &Self| result.comparator == Comparator::Exactly && result.kind == ResultKind::Quantity;
        let exact = |result: &Self| result.millionths.filter(|_| is_exact(result));
        (self.unit == earlier.unit).then_some(exact(self)? - exact(earlier)?)
    }
}
