//! Signing in, and who tries to.

mod confirm;
mod door;
mod factor;
mod mail;
mod own;
mod sign_up;
mod users;
