//! The islands of the queue, which run in the browser: the queue, and the assessment of typed vital signs.

mod acts;
mod queue_panel;
mod rows;
mod vitals_typed;

pub use queue_panel::QueuePanel;
pub use vitals_typed::VitalsTyped;
#[cfg(feature = "ssr")]
pub(in crate::opd) use {
    queue_panel::{asked_about, count},
    rows::{Panel, at_hand, called_row, line, others},
};
