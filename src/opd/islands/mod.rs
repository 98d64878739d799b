//! What lives in the browser: the queue, one's own place in it, the public board.

mod my_place;
mod queue_panel;

pub use my_place::MyPlace;
pub use queue_panel::QueuePanel;
