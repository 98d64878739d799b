//! Infirmary: a hospital management system in one program.
//!
//! Each module is one department of the hospital (`patients`, `appointments`, `opd` ...). Besides them, `core` holds
//! the types that all share, `ui` the user interface, `db` the data layer, and `server` the parts around the
//! departments. ARCHITECTURE.md describes the rest.

// Views are deeply nested types.
#![recursion_limit = "512"]

pub mod core;
#[cfg(feature = "ssr")]
pub mod db;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

pub mod accounts;
pub mod appointments;
#[cfg(feature = "ssr")]
pub mod audit;
pub mod billing;
pub mod clinical;
#[cfg(feature = "ssr")]
pub mod demo;
#[cfg(feature = "ssr")]
pub mod documents;
#[cfg(feature = "ssr")]
pub mod downtime;
pub mod formulary;
#[cfg(feature = "ssr")]
pub mod history;
#[cfg(feature = "ssr")]
pub mod imaging;
#[cfg(feature = "ssr")]
pub mod imports;
#[cfg(feature = "ssr")]
pub mod inventory;
#[cfg(feature = "ssr")]
pub mod keys;
#[cfg(feature = "ssr")]
pub mod lab;
pub mod medicine_record;
#[cfg(feature = "ssr")]
pub mod messages;
pub mod notifications;
pub mod nursing;
pub mod opd;
#[cfg(feature = "ssr")]
pub mod operations;
pub mod orders;
pub mod organisation;
pub mod patients;
#[cfg(feature = "ssr")]
pub mod pharmacy;
pub mod portal;
#[cfg(feature = "ssr")]
pub mod purchasing;
#[cfg(feature = "ssr")]
pub mod recalls;
pub mod reception;
pub mod records;
#[cfg(feature = "ssr")]
pub mod rounds;
pub mod wards;

#[cfg(feature = "ssr")]
pub mod sealing;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod commands;
#[cfg(feature = "ssr")]
pub mod invariants;

pub use infirmary_words::i18n;

/// Starts the browser's part: the page's script calls this once, then hydrates each island.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
