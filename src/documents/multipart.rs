//! A form with a file, as the server parses it.

pub(super) use crate::server::multipart::{boundary, parts};
