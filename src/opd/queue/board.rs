//! The data of the public board: only tokens and rooms.

use chrono::Duration;

use super::store::{self, BoardRow};
use crate::{
    core::{ClinicId, Result, time::Instant},
    db::Tx,
    opd::{BoardCall, BoardState, QueueState},
};

/// The rows below the last call.
const NEXT: usize = 5;

/// Returns the board of a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn board(tx: &mut Tx, clinic: ClinicId, now: Instant) -> Result<BoardState> {
    let rows = store::board(tx, clinic, now - Duration::hours(16)).await?;
    let (mut gone_in, waiting): (Vec<BoardRow>, Vec<BoardRow>) = rows.into_iter().partition(|row| row.state != QueueState::Waiting);
    // Called patients come first, the last call at the top. When no patient is called, the one who went in last stays
    // visible.
    gone_in.sort_by_key(|row| (row.state != QueueState::Called, std::cmp::Reverse((row.opened_at, row.entry))));
    let mut rows = gone_in.into_iter();
    let latest = rows.next().map(call);
    let called = rows.filter(|row| row.state == QueueState::Called).map(call);
    let waiting = waiting.into_iter().map(|row| BoardCall { call: String::new(), token: row.token, room: String::new() });
    Ok(BoardState { latest, next: called.chain(waiting).take(NEXT).collect() })
}

fn call(row: BoardRow) -> BoardCall {
    // Going into the room is not another call, so it makes no sound.
    let call = if row.state == QueueState::Called { row.entry.to_string() } else { String::new() };
    BoardCall { call, token: row.token, room: row.room.unwrap_or_default() }
}
