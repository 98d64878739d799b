//! The tests of the whole program. They are a separate target: after a change of a test only the tests are compiled, and
//! the library is compiled once for the server and for them.

#![cfg(feature = "ssr")]
// Views are deeply nested types.
#![recursion_limit = "512"]
#![allow(unused_imports, reason = "the tests name the program's modules as the program does: `crate::patients`")]

use infirmary::*;

mod tests;
