//! Messages to patients outside the portal: e-mail, SMS, and calls by the desk.
//!
//! A *message* is a row of the outbox. The act that it is about writes it in its own transaction (`outbox`): one row for each person who
//! hears of the patient and each channel. The row has facts only. The job claims it, writes the text in the person's language, sends it and
//! records the result (`delivery`). A text never has a reason, a specialty, a doctor or a result: only that there is something, and where.
//!
//! ```text
//! message   due ──> sending ──> sent
//!           sending ──> failed ──> sending · sending ──> dead ──> due · due, failed, dead, sending ──> dropped
//! call      due ──> sent · due ──> failed ──> sent (the desk calls)
//! ```
//!
//! An address is used after its owner confirmed it (`contact`). A person without one stands on the desk's call list when it matters.

pub mod api;
mod contact;
mod delivery;
mod department;
mod outbox;
pub mod pages;
mod quiet;
mod rules;
mod texts;
mod vocabulary;

pub use contact::{CHANNEL_LIFE, MessageWishes, channels as message_channels, forget_addresses};
pub use delivery::{Delivered, Sender, Webhook, deliver_due};
pub use department::{DEPARTMENT, MESSAGES};
pub use outbox::{About, queue, tell, tell_after, tell_by_job};
pub use quiet::QuietHours;
pub use texts::{MessageText, Placeholder, written_sentence};
pub use vocabulary::*;
