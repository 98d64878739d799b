//! The tests through the whole program. They are a target of their own: a changed test compiles the tests alone, and the
//! library is compiled once for the server and for them.

#![cfg(feature = "ssr")]
// Views are deeply nested types.
#![recursion_limit = "512"]
#![allow(unused_imports, reason = "the tests name the program's modules as the program does: `crate::patients`")]

use infirmary::*;

mod tests;
