//! The job of the round: follow-ups whose last day is over end.

use super::follow_ups;
use crate::server::AppState;

/// Runs every hour until the program stops.
pub(super) async fn keep_up(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "follow_ups", std::time::Duration::from_hours(1));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match follow_ups::expire(&state).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "follow-ups were not booked until their last day"),
            Err(error) => every.failed(&error, "follow-ups are not ended for now"),
        }
    }
}
