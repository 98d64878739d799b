//! The server around the departments: configuration, the request, the access to data ([`Ctx`]), pages, forms, events,
//! security headers, the router.

pub mod address;
pub mod assets;
pub mod choices;
pub mod config;
pub mod connections;
pub mod ctx;
pub mod department;
pub mod events;
pub mod extract;
pub mod forms;
pub mod health;
pub mod hooks;
pub mod incoming;
pub mod job;
pub mod logging;
pub mod machines;
pub mod mail;
pub mod metrics;
pub mod multipart;
pub mod outgoing;
pub mod page;
pub mod program;
pub mod redirect;
pub mod remembered;
pub mod request;
pub mod rights;
pub mod router;
pub mod security;
pub mod serve;
mod session;
pub mod state;
pub mod tls;
pub mod topic;
pub mod traces;

pub use ctx::Ctx;
pub use department::{Department, Departments};
pub use events::Event;
pub use extract::{Path, Query};
pub use job::JobAt;
pub use page::{Page, Part, is_own_page, redirect_to};
pub use program::Program;
pub use remembered::Remembered;
pub use request::{Principal, Request};
pub use state::AppState;
pub use topic::{ACCESS, HeardBy, SETTINGS, Topic};
