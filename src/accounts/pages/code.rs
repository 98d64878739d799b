//! `/sign-in/code`: the second step of signing in.

use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::prelude::*;

use crate::{
    core::{Error, Result},
    server::{Page, Request, page::Layout},
    tr,
    ui::{Button, ButtonTone, Form, TextField},
};

/// Shows the form; without the password, it redirects to the first step.
pub async fn code_page() -> Result<Response> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    if request.half_signed_in().await?.is_none() {
        return Ok(Redirect::to("/").into_response());
    }
    let page = Page::new(tr!(accounts.sign_in), move || {
        view! {
            <div class="sign-in">
                <h1>{tr!(accounts.code_title)}</h1>
                <p class="sign-in__lead">{tr!(accounts.code_hint)}</p>
                <Form action="/api/accounts/sign_in_code">
                    {code_field(true)}
                    <Button label=tr!(accounts.sign_in) tone=ButtonTone::Primary/>
                </Form>
                <p class="sign-in__other"><span class="muted">{tr!(accounts.code_lost)}</span><a href="/sign-in">{tr!(accounts.code_back)}</a></p>
            </div>
        }
    });
    Ok(page.layout(Layout::Plain).into_response())
}

/// Returns the field for a code of the app. It is never filled in again, because a code works once.
pub(super) fn code_field(autofocus: bool) -> AnyView {
    view! {
        <TextField
            name="code"
            label=tr!(accounts.code)
            autocomplete="one-time-code"
            maxlength=40
            class="input--code"
            required=true
            autofocus
        />
    }
    .into_any()
}
