//! Text stays readable.
