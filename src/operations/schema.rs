//! Watches whether a newer program has changed the schema under this server. Then it must not write any more: it ends, and another server
//! of the newer version takes its place.

use std::time::Duration;

use crate::{core::Result, db::Fit, server::AppState};

const EVERY: Duration = Duration::from_mins(1);

/// Looks once; a schema that this program does not know ends the server.
///
/// # Errors
/// When the database does not answer.
pub async fn look(state: &AppState) -> Result<Fit> {
    let fit = state.db.fit().await?;
    if let Some(refusal) = fit.refusal() {
        tracing::error!(refusal, "the server ends");
        state.stopping.cancel();
    }
    Ok(fit)
}

/// Looks each minute until the server ends.
pub async fn keep_looking(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "schema", EVERY);
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = look(&state).await {
            every.failed(&error, "the schema cannot be read");
        }
    }
}
