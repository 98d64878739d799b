//! What lives in the browser.

mod schedule_grid;

pub use schedule_grid::ScheduleGrid;
