//! What lives in the browser.

mod hold_clock;

pub use hold_clock::HoldClock;
