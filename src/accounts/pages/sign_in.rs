//! `/sign-in`.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    server::{Page, Query, page::Layout},
    tr,
    ui::{Button, ButtonTone, Form, NoticeBox, PasswordField, TextField, Tone},
};

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
    /// Signed out because nobody was there.
    #[serde(default)]
    idle: String,
}

/// The page to sign in on.
pub async fn sign_in_page(Query(Next { next, idle }): Query<Next>) -> Page {
    Page::new(tr!(accounts.sign_in), move || {
        view! {
            <div class="sign-in">
                <h1>{tr!(accounts.sign_in)}</h1>
                {(!idle.is_empty()).then(|| view! { <NoticeBox tone=Tone::Waiting>{tr!(accounts.signed_out_idle)}</NoticeBox> })}
                <Form action="/api/accounts/sign_in" hidden=vec![("next", next)]>
                    <TextField name="login" label=tr!(accounts.login) autocomplete="username" required=true/>
                    <PasswordField name="password" label=tr!(accounts.password)/>
                    <Button label=tr!(accounts.sign_in) tone=ButtonTone::Primary/>
                </Form>
                <p class="sign-in__other"><a href="/forgot">{tr!(accounts.forgot)}</a><a href="/sign-up">{tr!(accounts.sign_up_new)}</a></p>
            </div>
        }
    })
    .layout(Layout::Plain)
}
