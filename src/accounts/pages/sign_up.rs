//! `/sign-up`: a patient requests an account.

use leptos::prelude::*;

use super::forgot::ForgotQuery;
use crate::{
    server::{Page, Query, page::Layout},
    tr,
    ui::{Button, ButtonTone, EmailField, Form, NoticeBox, TextField, Tone},
};

/// Shows the form, and after it was sent, the next steps.
pub async fn sign_up_page(Query(ForgotQuery { asked }): Query<ForgotQuery>) -> Page {
    let asked = !asked.is_empty();
    Page::new(tr!(accounts.sign_up), move || {
        let form = (!asked).then(|| {
            view! {
                <p class="sign-in__lead">{tr!(accounts.sign_up_hint)}</p>
                <Form action="/api/accounts/sign_up">
                    <TextField name="name" label=tr!(accounts.your_name) autocomplete="name" required=true maxlength=200/>
                    <EmailField name="login" label=tr!(accounts.your_email) hint=tr!(accounts.your_email_hint) autocomplete="email" required=true/>
                    <Button label=tr!(accounts.sign_up) tone=ButtonTone::Primary/>
                </Form>
            }
        });
        view! {
            <div class="sign-in">
                <h1>{tr!(accounts.sign_up)}</h1>
                {asked.then(|| view! { <NoticeBox tone=Tone::Done>{tr!(accounts.sign_up_sent)}</NoticeBox> })}
                {form}
                <p class="sign-in__other"><a href="/sign-up/code">{tr!(accounts.sign_up_code)}</a><a href="/sign-in">{tr!(accounts.sign_up_known)}</a></p>
                <p class="sign-in__other"><a href="/clinic">{tr!(accounts.our_clinics)}</a></p>
            </div>
        }
    })
    .layout(Layout::Plain)
}
