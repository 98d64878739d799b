//! `/forgot`: requests a link to choose a new password.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    server::{Page, Query, page::Layout},
    tr,
    ui::{Button, ButtonTone, Form, NoticeBox, TextField, Tone},
};

/// The query: whether the link was requested.
#[derive(Debug, Deserialize)]
pub struct ForgotQuery {
    #[serde(default)]
    pub(super) asked: String,
}

/// Shows the form, and after it was sent, the next steps.
pub async fn forgot_page(Query(ForgotQuery { asked }): Query<ForgotQuery>) -> Page {
    let asked = !asked.is_empty();
    Page::new(tr!(accounts.forgot), move || {
        let form = (!asked).then(|| {
            view! {
                <p class="sign-in__lead">{tr!(accounts.forgot_hint)}</p>
                <Form action="/api/accounts/forgot">
                    <TextField name="login" label=tr!(accounts.login) autocomplete="username" required=true maxlength=254/>
                    <Button label=tr!(accounts.forgot_send) tone=ButtonTone::Primary/>
                </Form>
            }
        });
        view! {
            <div class="sign-in">
                <h1>{tr!(accounts.forgot)}</h1>
                {asked.then(|| view! { <NoticeBox tone=Tone::Done>{tr!(accounts.forgot_sent)}</NoticeBox> })}
                {form}
                <p class="sign-in__other"><a href="/sign-in">{tr!(accounts.sign_in)}</a></p>
            </div>
        }
    })
    .layout(Layout::Plain)
}
