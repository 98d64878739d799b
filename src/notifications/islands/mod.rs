//! What lives in the browser: the bell.

mod bell;

pub use bell::Bell;
