//! `/link/{token}`: chooses a password with a link. Opening the page does not use up the link, because mail programs
//! open links too.

use axum::http::StatusCode;
use leptos::prelude::*;

use super::show_password;
use crate::{
    accounts::{links, password::MIN_LENGTH},
    core::{Error, Result},
    server::{Page, Path, Request, page::Layout},
    tr,
    ui::{Button, ButtonTone, Form, NoticeBox, PasswordField, Tone},
};

/// Shows why the link does not work, with the next steps: to sign in, if it was used, and to ask for another link.
fn dead(message: String) -> Page {
    let page = Page::new(tr!(accounts.choose_password), move || {
        view! {
            <div class="sign-in">
                <h1>{tr!(accounts.choose_password)}</h1>
                <NoticeBox tone=Tone::Warning>{message}</NoticeBox>
                <p class="sign-in__other">
                    <a href="/sign-in">{tr!(accounts.sign_in)}</a>
                    <a href="/forgot">{tr!(accounts.forgot)}</a>
                    <a href="/sign-up">{tr!(accounts.sign_up_new)}</a>
                </p>
            </div>
        }
    });
    page.layout(Layout::Plain).status(StatusCode::CONFLICT)
}

/// Shows the form.
pub async fn link_page(Path(token): Path<String>) -> Result<Page> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let linked = match links::look(&mut request.state.db.read().await?, &token, request.state.clock.now()).await {
        Err(Error::Conflict(message)) => return Ok(dead(message)),
        found => found?,
    };
    let page = Page::new(tr!(accounts.choose_password), move || {
        view! {
            <div class="sign-in">
                <h1>{tr!(accounts.choose_password)}</h1>
                <p class="sign-in__lead">{tr!(accounts.choose_password_for, name = linked.display_name, login = linked.login)}</p>
                <Form action="/api/accounts/use_link" hidden=vec![("token", token)]>
                    <PasswordField
                        name="new_password"
                        label=tr!(accounts.new_password)
                        hint=tr!(accounts.new_password_hint, count = MIN_LENGTH.to_string())
                        autocomplete="new-password"
                    />
                    <PasswordField name="new_password_again" label=tr!(accounts.new_password_again) autocomplete="new-password"/>
                    {show_password()}
                    <Button label=tr!(accounts.choose_password) tone=ButtonTone::Primary/>
                </Form>
            </div>
        }
    });
    Ok(page.layout(Layout::Plain))
}
