//! What lives in the browser: the queue, one's own place in it, the public board, and what typed vital signs mean.

mod acts;
mod my_place;
mod public_board;
mod queue_panel;
mod tone;
mod vitals_typed;

pub use my_place::MyPlace;
pub use public_board::PublicBoard;
pub use queue_panel::QueuePanel;
pub use vitals_typed::VitalsTyped;
