//! Signing in, and who tries to.

mod confirm;
mod door;
pub(super) mod factor;
mod mail;
mod own;
mod races;
pub(super) mod sign_up;
mod users;
