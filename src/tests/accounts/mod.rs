//! Signing in, and who tries to.

mod door;
mod own;
mod users;
