//! The pages of signing in and of one's own account.

mod account;
mod home;
mod security;
mod sign_in;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use account::role_name;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home::home))
        .route("/account", get(account::account_page))
        .route("/account/security", get(security::security_page))
        .route("/sign-in", get(sign_in::sign_in_page))
}
