//! The data that the server sends to the islands: prepared words, and nothing more than the screen shows.

use serde::{Deserialize, Serialize};

/// One line of the public board: a token and, once called, a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardCall {
    /// An id that changes with each call, so that a second call of the same token sounds again. Empty when not called.
    pub call: String,
    pub token: String,
    pub room: String,
}

/// The public board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardState {
    /// The last call.
    pub latest: Option<BoardCall>,
    /// Other calls whose patients are not there yet, then waiting patients.
    pub next: Vec<BoardCall>,
}

/// A row of a queue, ready for display.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PanelRow {
    pub entry: String,
    pub visit: String,
    pub token: String,
    /// `Adams, Theresa`.
    pub name: String,
    /// The secondary line: priority and its reason, doctor, previous step.
    pub detail: String,
    pub patient: String,
    /// The room, once called.
    pub room: String,
    /// `waiting`, `called`, `serving`.
    pub state: String,
    pub state_words: String,
    /// A word when it is not normal: "Emergency".
    pub priority: String,
    pub emergency: bool,
    /// Words for vital signs that are critical or must be taken again, which only nurses and doctors see; otherwise
    /// empty.
    #[serde(default)]
    pub critical: String,
    /// The early-warning score, if it was taken, for the same readers.
    #[serde(default)]
    pub score: Option<i64>,
    /// Seconds since 1970 at which the wait (or, once called, the call) began.
    pub since: i64,
    /// Minutes of waiting from which the wait is long, and far too long.
    pub long: i64,
    pub far_too_long: i64,
    /// `triage`, `doctor`, `orders`, `cashier`.
    pub step: String,
}

/// A queue, ready for display.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelState {
    /// Called or in the room.
    pub now: Vec<PanelRow>,
    /// Waiting, in the order they will be called.
    pub waiting: Vec<PanelRow>,
    /// The server's seconds since 1970 when this was read.
    pub at: i64,
    /// The reader's room or counter; empty when none is chosen.
    pub point: String,
    /// The queue entry of the patient who is at that place or on the way; empty when the place is free.
    pub occupant: String,
    /// The services to which a patient may be transferred: id and name.
    pub services: Vec<(String, String)>,
    /// Whether the reader may call and move patients.
    pub may_serve: bool,
}

/// The result of an action of the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The entry to undo; empty when no patient was waiting.
    pub entry: String,
    pub visit: String,
    /// The action in words: "A-017 called to Room 3".
    pub words: String,
    /// No call was made: the caller must choose a room or counter first.
    #[serde(default)]
    pub no_place: bool,
}

/// A patient's own place in the queue, ready for display.
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
