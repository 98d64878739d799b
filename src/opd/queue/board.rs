//! What the public board shows: tokens and rooms, nothing else.

use chrono::Duration;

use super::store::{self, BoardRow};
use crate::{
    core::{ClinicId, Result, time::Instant},
    db::Tx,
    opd::{BoardCall, BoardState, QueueState},
};

/// Rows below the one just called.
const NEXT: usize = 5;

/// The board of a clinic.
///
/// # Errors
/// What the database refused.
pub async fn board(tx: &mut Tx, clinic: ClinicId, now: Instant) -> Result<BoardState> {
    let rows = store::board(tx, clinic, now - Duration::hours(16)).await?;
    let (mut called, waiting): (Vec<BoardRow>, Vec<BoardRow>) = rows.into_iter().partition(|row| row.state == QueueState::Called);
    called.sort_by_key(|row| std::cmp::Reverse((row.opened_at, row.entry)));
    let mut calls = called.into_iter().map(|row| BoardCall { call: row.entry.to_string(), token: row.token, room: row.room.unwrap_or_default() });
    let latest = calls.next();
    let waiting = waiting
        .into_iter()
        .filter(|row| row.state == QueueState::Waiting)
        .map(|row| BoardCall { call: String::new(), token: row.token, room: String::new() });
    Ok(BoardState { latest, next: calls.chain(waiting).take(NEXT).collect() })
}
