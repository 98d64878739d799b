//! Notifications of users: the bell in the top bar.
//!
//! A [`Notice`] is stored as facts, not as a sentence: the sentence is written when it is read, in the reader's
//! language. It is stored in the transaction of the event that it is about, and the reader's bell updates at once.

#[cfg(feature = "ssr")]
mod alarms;
pub mod api;
#[cfg(feature = "ssr")]
mod bell;
#[cfg(feature = "ssr")]
mod department;

#[cfg(feature = "ssr")]
mod notice;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use alarms::{keep_telling_auditors, tell_auditors, tell_people};
#[cfg(feature = "ssr")]
pub use bell::{Bell, Line};
#[cfg(feature = "ssr")]
pub use department::{BELL, DEPARTMENT};
#[cfg(feature = "ssr")]
pub use notice::{Hearer, Notice, notify, notify_by_job, unread};
