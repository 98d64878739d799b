//! `/sign-in`.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    server::{Page, Query, page::Layout},
    tr,
    ui::{Button, ButtonTone, Form, PasswordField, TextField},
};

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// The page to sign in on.
pub async fn sign_in_page(Query(Next { next }): Query<Next>) -> Page {
    Page::new(tr!(accounts.sign_in), move || {
        view! {
            <div class="sign-in">
                <h1>{tr!(accounts.sign_in)}</h1>
                <Form action="/api/accounts/sign_in" hidden=vec![("next", next)]>
                    <TextField name="login" label=tr!(accounts.login) autocomplete="username" required=true/>
                    <PasswordField name="password" label=tr!(accounts.password)/>
                    <Button label=tr!(accounts.sign_in) tone=ButtonTone::Primary/>
                </Form>
                <p><a href="/forgot">{tr!(accounts.forgot)}</a></p>
            </div>
        }
    })
    .layout(Layout::Plain)
}
