//! What travels to the islands: ready-made words, nothing more than the screen shows.

use serde::{Deserialize, Serialize};

/// One line of the public board: a token and, once called, a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardCall {
    /// Changes with each call, so that a second call of the same token sounds again. Empty when not called.
    pub call: String,
    pub token: String,
    pub room: String,
}

/// The public board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardState {
    /// Called last.
    pub latest: Option<BoardCall>,
    /// Others called and not yet there, then who waits.
    pub next: Vec<BoardCall>,
}

/// A row of a queue, ready to read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PanelRow {
    pub entry: String,
    pub visit: String,
    pub token: String,
    /// `Adams, Theresa`.
    pub name: String,
    /// The quiet line: priority and its reason, doctor, where from.
    pub detail: String,
    pub patient: String,
    /// The room, once called.
    pub room: String,
    /// `waiting`, `called`, `serving`.
    pub state: String,
    pub state_words: String,
    /// A word when not normal: "Emergency".
    pub priority: String,
    pub emergency: bool,
    /// Words for vital signs that are critical or to be taken again, which only nurses and doctors are shown; else empty.
    #[serde(default)]
    pub critical: String,
    /// The early-warning score once it was taken, for the same readers.
    #[serde(default)]
    pub score: Option<i64>,
    /// Seconds since 1970 at which the wait (or, once called, the call) began.
    pub since: i64,
    /// Minutes of waiting from which the wait is long, and far too long.
    pub long: i64,
    pub far_too_long: i64,
    /// `triage`, `doctor`, `cashier`.
    pub step: String,
}

/// A queue, ready to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelState {
    /// Called or in the room.
    pub now: Vec<PanelRow>,
    /// Waiting, in the order they will be called.
    pub waiting: Vec<PanelRow>,
    /// The server's seconds since 1970 when this was read.
    pub at: i64,
    /// The room or counter of whoever looks; empty when not chosen.
    pub point: String,
    /// The queue entry of the patient who is at that place or on the way; empty when it is free.
    pub occupant: String,
    /// Where somebody may be transferred: service id and name.
    pub services: Vec<(String, String)>,
    /// Whether whoever looks may call and move.
    pub may_serve: bool,
}

/// What an act of the queue led to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The entry to undo; empty when nobody was waiting.
    pub entry: String,
    pub visit: String,
    /// What happened, in words: "A-017 called to Room 3".
    pub words: String,
    /// Nothing happened: a room or counter is chosen first.
    #[serde(default)]
    pub no_place: bool,
}

/// One's own place in the queue, ready to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceShown {
    pub token: String,
    /// "3 before you · about 25 min", "Please go to Room 3".
    pub words: String,
    /// `waiting`, `called`, `serving`.
    pub state: String,
    pub step: String,
    pub ahead: i64,
}
