//! `/sign-up/code`: a person without an e-mail address opens the own record with the code on paper.

use leptos::prelude::*;

use super::birth_field;
use crate::{
    core::{Error, Result},
    patients::Reading,
    server::{Page, Request, page::Layout},
    tr,
    ui::{Button, ButtonTone, Form, PasswordField, TextField},
};

/// Shows the form.
///
/// # Errors
/// When the database refuses.
pub async fn sign_up_code_page() -> Result<Page> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let today = request.state.clock.now().date_naive();
    let reading = Reading::here(&mut request.state.db.read().await?, today).await?;
    let page = Page::new(tr!(patients.code_sign_up), move || {
        view! {
            <div class="sign-in">
                <h1>{tr!(patients.code_sign_up)}</h1>
                <p class="sign-in__lead">{tr!(patients.code_sign_up_text)}</p>
                <Form action="/api/patients/sign_up_with_code">
                    <TextField name="link_code" label=tr!(portal.link_code) hint=tr!(portal.link_code_hint) autocomplete="off" class="input--code" required=true maxlength=20/>
                    {birth_field(String::new(), reading, true)}
                    <TextField name="login" label=tr!(patients.sign_in_name) hint=tr!(patients.sign_in_name_hint) autocomplete="username" required=true maxlength=40/>
                    <PasswordField name="new_password" label=tr!(accounts.new_password) autocomplete="new-password"/>
                    <PasswordField name="new_password_again" label=tr!(accounts.new_password_again) autocomplete="new-password"/>
                    <Button label=tr!(patients.code_sign_up) tone=ButtonTone::Primary/>
                </Form>
                <p class="sign-in__other"><a href="/sign-in">{tr!(accounts.sign_up_known)}</a><a href="/sign-up">{tr!(accounts.sign_up_new)}</a></p>
            </div>
        }
    });
    Ok(page.layout(Layout::Plain))
}
