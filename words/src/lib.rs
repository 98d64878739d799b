//! The words of all pages, which the build script generates from `locales/`.
//!
//! They are a crate of their own because they are a third of the work of compiling the program, and change seldom.
#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "generated; which lints fire depends on the words")]

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));
