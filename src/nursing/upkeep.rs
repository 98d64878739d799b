//! The jobs of nursing: escalations that nobody attended go further, and plans make their tasks.

use super::{escalations, tasks};
use crate::server::AppState;

/// Runs every minute until the program stops.
pub(super) async fn keep_up(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "nursing", std::time::Duration::from_mins(1));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match escalations::raise_unmet(&state).await {
            Ok(0) => {}
            Ok(raised) => tracing::warn!(raised, "escalations were not attended in time"),
            Err(error) => every.failed(&error, "escalations are not raised for now"),
        }
        match tasks::fill_all(&state).await {
            Ok(0) => {}
            Ok(made) => tracing::info!(made, "nurses' tasks were made for the next day"),
            Err(error) => every.failed(&error, "nurses' tasks are not made for now"),
        }
    }
}
