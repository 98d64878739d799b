//! The islands of the queue, which run in the browser: the queue, and the assessment of typed vital signs.

mod acts;
mod queue_panel;
mod vitals_typed;

pub use queue_panel::QueuePanel;
pub use vitals_typed::VitalsTyped;
