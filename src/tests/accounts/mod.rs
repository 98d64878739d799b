//! Signing in, and who tries to.

mod door;
mod mail;
mod own;
mod users;
