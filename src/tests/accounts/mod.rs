//! Tests of signing in and of user accounts.

mod authenticator;
mod confirm;
mod door;
pub(super) mod factor;
mod mail;
mod own;
mod passkeys;
mod races;
pub(in crate::tests) mod sign_up;
mod told;
mod users;

/// Has a slip with a link printed for a user; the token of the link.
pub(super) async fn slip(admin: &super::Browser, user: &str) -> String {
    let answer = admin.post("/api/accounts/print_slip", &[("user_id", user), ("present", "true")]).await;
    let page = answer.location.unwrap_or_else(|| panic!("no slip: {}", answer.body));
    let body = admin.get(&page).await.body;
    body.split("/link/").nth(1).and_then(|rest| rest.split('<').next()).expect("a link").to_owned()
}
