//! What lives in the browser: the queue, and what typed vital signs mean.

mod acts;
mod queue_panel;
mod vitals_typed;

pub use queue_panel::QueuePanel;
pub use vitals_typed::VitalsTyped;
