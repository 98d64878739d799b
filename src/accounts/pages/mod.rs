//! The pages for signing in and for the user's own account.

mod account;
mod code;
mod factor;
mod factor_roles;
mod forgot;
mod home;
mod import;
mod link;
mod passkey;
mod security;
mod sign_in;
mod sign_up;
mod slip;
mod user;
mod users;

use axum::{Router, routing::get};
use leptos::prelude::*;

use crate::{server::AppState, tr};

pub use account::role_name;

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home::home))
        .route("/account", get(account::account_page))
        .route("/forgot", get(forgot::forgot_page))
        .route("/link/{token}", get(link::link_page))
        .route("/users", get(users::users_page))
        .route("/users/new", get(users::invite_page))
        .route("/users/import", get(import::import_page))
        .route("/users/export", get(import::export_file))
        .route("/users/{id}", get(user::user_page))
        .route("/users/{id}/slip", get(slip::slip_page))
        .route("/users/second-factor", get(factor_roles::factor_roles_page))
        .route("/account/second-factor", get(factor::factor_page))
        .route("/account/recovery-codes", get(factor::codes_page))
        .route("/account/passkey", get(passkey::add_page))
        .route("/account/security", get(security::security_page))
        .route("/sign-up", get(sign_up::sign_up_page))
        .route("/sign-in/code", get(code::code_page))
        .route("/sign-in/passkey", get(passkey::sign_in_page))
        .route("/sign-in", get(sign_in::sign_in_page))
}

/// Whether a user who must set up a second factor first may open the page.
pub fn open_without_factor(path: &str) -> bool {
    const OPEN: [&str; 6] = [
        "/account/second-factor",
        "/account/recovery-codes",
        "/api/accounts/begin_factor",
        "/api/accounts/finish_factor",
        "/api/accounts/language",
        "/api/accounts/sign_out",
    ];
    OPEN.contains(&path)
}

/// Shows the button that makes the passwords of its form visible. It is hidden without scripts.
fn show_password() -> AnyView {
    view! {
        <p hidden data-show-password>
            <button class="button button--quiet" type="button" aria-pressed="false">{tr!(accounts.show_password)}</button>
        </p>
    }
    .into_any()
}
