//! `/sign-in`.

use leptos::prelude::*;
use serde::Deserialize;

use super::show_password;
use crate::{
    server::{Page, Query, page::Layout},
    tr,
    ui::{Button, ButtonTone, Form, NoticeBox, PasswordField, TextField, Tone},
};

/// What the address says: where to go after signing in, and why one is here.
#[derive(Debug, Deserialize)]
pub struct Choices {
    #[serde(default)]
    next: String,
    /// Signed out because nobody was there.
    #[serde(default)]
    idle: String,
    /// What was done just now: `password`, one was chosen with a link.
    #[serde(default)]
    done: String,
}

/// The page to sign in on.
pub async fn sign_in_page(Query(Choices { next, idle, done }): Query<Choices>) -> Page {
    Page::new(tr!(accounts.sign_in), move || {
        view! {
            <div class="sign-in">
                <h1>{tr!(accounts.sign_in)}</h1>
                {(!idle.is_empty()).then(|| view! { <NoticeBox tone=Tone::Waiting>{tr!(accounts.signed_out_idle)}</NoticeBox> })}
                {(done == "password").then(|| view! { <NoticeBox tone=Tone::Done>{tr!(accounts.password_saved)}</NoticeBox> })}
                <Form action="/api/accounts/sign_in" hidden=vec![("next", next)]>
                    <TextField name="login" label=tr!(accounts.login) autocomplete="username" required=true autofocus=true/>
                    <PasswordField name="password" label=tr!(accounts.password)/>
                    {show_password()}
                    <Button label=tr!(accounts.sign_in) tone=ButtonTone::Primary/>
                </Form>
                <p class="sign-in__other"><a href="/forgot">{tr!(accounts.forgot)}</a><a href="/sign-up">{tr!(accounts.sign_up_new)}</a></p>
            </div>
        }
    })
    .layout(Layout::Plain)
}
