//! The pages of signing in and of one's own account.

mod account;
mod forgot;
mod home;
mod link;
mod security;
mod sign_in;
mod user;
mod users;

use axum::{Router, routing::get};

use crate::server::AppState;

pub use account::role_name;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home::home))
        .route("/account", get(account::account_page))
        .route("/forgot", get(forgot::forgot_page))
        .route("/link/{token}", get(link::link_page))
        .route("/users", get(users::users_page))
        .route("/users/new", get(users::invite_page))
        .route("/users/{id}", get(user::user_page))
        .route("/account/security", get(security::security_page))
        .route("/sign-in", get(sign_in::sign_in_page))
}
