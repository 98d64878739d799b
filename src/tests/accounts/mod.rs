//! Signing in, and who tries to.

mod confirm;
mod door;
mod mail;
mod own;
mod users;
