//! Deletes requests that ended: the hospital keeps no data of people who never became patients.

use chrono::Duration;

use super::store;
use crate::{core::Result, server::AppState};

/// Days for which a request is kept after its end.
const KEPT_DAYS: i64 = 90;

/// Deletes the requests that ended 90 days ago; returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_ended(state: &AppState) -> Result<u64> {
    let mut tx = state.db.write().await?;
    let deleted = store::delete_ended(&mut tx, state.clock.now() - Duration::days(KEPT_DAYS)).await?;
    tx.commit().await?;
    Ok(deleted)
}

/// Deletes them once an hour until the program stops.
pub(in crate::reception) async fn keep_deleting_ended(state: AppState) {
    let mut every = tokio::time::interval(std::time::Duration::from_hours(1));
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = delete_ended(&state).await {
            tracing::warn!(error = %error, "ended requests for a first appointment stay for now");
        }
    }
}
