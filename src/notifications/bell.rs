//! What the bell shows: ready-made words.

use serde::{Deserialize, Serialize};

/// The bell's content at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BellState {
    /// How many are unread.
    pub unread: i64,
    /// The newest ones, newest first.
    #[serde(default)]
    pub lines: Vec<Line>,
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    pub id: String,
    pub text: String,
    /// `12 min`, `09:31`, `24 Nov 2026`.
    pub when: String,
    pub unread: bool,
}
