//! Topics: each event has a topic, which decides its receivers.

use crate::core::Permission;

/// A kind of change. A department sends its events under its own topics.
#[derive(Debug, PartialEq, Eq)]
pub struct Topic {
    /// The name by which a page subscribes to it.
    pub name: &'static str,
    /// The receivers, besides the patient whom an event is about.
    pub heard: HeardBy,
    /// The permission that staff need at the clinic to receive an event's subject; without one here, all staff receive
    /// it.
    pub subject: Option<Permission>,
}

/// The receivers of a topic, besides the patient whom an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeardBy {
    /// All browsers, also where no user is signed in.
    All,
    /// Users with this permission at the event's clinic.
    ThoseWhoMay(Permission),
    /// The user named in the event.
    TheNamed,
    /// No browser: only the streams on the server.
    Streams,
}

/// A change of a role, a session, an account or a guardian. Streams read the user's access again.
pub static ACCESS: Topic = Topic { name: "access", heard: HeardBy::Streams, subject: None };

/// The hospital's settings or its master data. Nodes read the settings again.
pub static SETTINGS: Topic = Topic { name: "settings", heard: HeardBy::Streams, subject: None };
