//! The islands of appointments, which run in the browser.

mod schedule_grid;

pub use schedule_grid::ScheduleGrid;
