//! `/sign-in`.

use leptos::prelude::*;
use serde::Deserialize;

use super::{passkey::begin_sign_in, show_password};
use crate::{
    accounts::passkeys::passkey_site,
    server::{Page, Query, Request, page::Layout},
    tr,
    ui::{Button, ButtonTone, Form, NoticeBox, PasswordField, TextField, Tone},
};

/// The query: the page to open after signing in, and the reason for being here.
#[derive(Debug, Deserialize)]
pub struct SignInQuery {
    #[serde(default)]
    next: String,
    /// Set when the session ended because the user was inactive.
    #[serde(default)]
    idle: String,
    /// The action just done: `password` when the user chose one with a link.
    #[serde(default)]
    done: String,
}

/// Shows the page for signing in.
pub async fn sign_in_page(Query(SignInQuery { next, idle, done }): Query<SignInQuery>) -> Page {
    let passkeys = Request::current().is_some_and(|request| passkey_site(&request.state.config).is_some());
    Page::new(tr!(accounts.sign_in), move || {
        let with_passkey = passkeys.then(|| begin_sign_in(next.clone()));
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
                {with_passkey}
                <p class="sign-in__other"><a href="/forgot">{tr!(accounts.forgot)}</a><a href="/sign-up">{tr!(accounts.sign_up_new)}</a><a href="/clinic">{tr!(accounts.our_clinics)}</a></p>
            </div>
        }
    })
    .layout(Layout::Plain)
}
