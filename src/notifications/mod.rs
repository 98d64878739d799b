//! What people are told: the bell in the top bar.
//!
//! A [`Notice`] is kept as facts, not as a sentence: the words are made when it is read, in the reader's language.
//! It is written in the transaction of what it tells of, and the reader's bell hears of it at once.

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
