//! Accounts: users, their roles, passwords and sessions.
//!
//! A user holds roles, each at one clinic or at all. The permissions are read again for each request, so that a removed
//! role has no effect at once; a session only records which user signed in where.

pub mod api;

#[cfg(feature = "ssr")]
mod confirm;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod device;
#[cfg(feature = "ssr")]
mod door;
pub mod factor;
#[cfg(feature = "ssr")]
mod forgotten;
#[cfg(feature = "ssr")]
mod links;
#[cfg(feature = "ssr")]
mod own;
#[cfg(feature = "ssr")]
pub mod pages;
pub mod passkeys;
#[cfg(feature = "ssr")]
pub mod password;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
pub mod scope;
#[cfg(feature = "ssr")]
mod sessions;
pub mod sign_up;
#[cfg(feature = "ssr")]
pub mod stolen;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod told;
#[cfg(feature = "ssr")]
mod user;
pub mod users;

#[cfg(feature = "ssr")]
pub use api::chosen as chosen_password;
#[cfg(feature = "ssr")]
pub use confirm::{confirm, confirm_field, confirm_panel, confirm_unless_lately, proof_field, prove, prove_second};
#[cfg(feature = "ssr")]
pub use department::DEPARTMENT;
#[cfg(feature = "ssr")]
pub use device::{LONGEST as LONGEST_AGENT, device_words};
#[cfg(feature = "ssr")]
pub use door::Caller;
#[cfg(all(feature = "ssr", any(debug_assertions, feature = "testing")))]
pub use factor::use_code;
#[cfg(feature = "ssr")]
pub use factor::{reset_factor_of, take_factor_away};
#[cfg(feature = "ssr")]
pub use forgotten::{answer_forgotten, keep_answering};
#[cfg(feature = "ssr")]
pub use pages::{open_without_factor, role_name};
#[cfg(feature = "ssr")]
pub use sessions::{OwnSession, SessionTable, own_sessions, session_lives, tidy, tidy_sessions};
#[cfg(feature = "ssr")]
pub use told::{AccessChange, NamedRole, access_notices_wait, access_words, take_access_notices};
#[cfg(feature = "ssr")]
pub use user::{NewUser, close_portal_account, create_user, principal, user_of_login, users_with_role, users_with_role_at, works_here};
#[cfg(feature = "ssr")]
pub use users::manages_users;
