//! Topics: changes are announced under one, and each has its hearers.

use crate::core::Permission;

/// A kind of change. A department announces its changes under topics of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Topic {
    /// By this name a page asks for it.
    pub name: &'static str,
    /// Its hearers, beside the patient whom an event is about.
    pub heard: HeardBy,
    /// An event's subject is told to staff; with a right here, to those alone who have it at the clinic.
    pub subject: Option<Permission>,
}

/// The hearers of a topic, beside the patient whom an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeardBy {
    /// All, also where nobody is signed in.
    All,
    /// Those with this right at the event's clinic.
    ThoseWhoMay(Permission),
    /// The user whom the event names.
    TheNamed,
    /// No browser: the streams themselves.
    Streams,
}

/// A change of a role, a session, an account or a guardian. Streams read the user's access again.
pub static ACCESS: Topic = Topic { name: "access", heard: HeardBy::Streams, subject: None };

/// The hospital's settings or its master data. Nodes read the settings again.
pub static SETTINGS: Topic = Topic { name: "settings", heard: HeardBy::Streams, subject: None };
