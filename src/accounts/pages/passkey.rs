//! `/account/passkey` and `/sign-in/passkey`: the browser makes a passkey, or signs in with one (`public/passkey.js`); and the parts of other
//! pages about passkeys.

use leptos::prelude::*;

use crate::{
    accounts::{
        confirm::confirm_field,
        passkeys::{OwnPasskey, options},
    },
    core::{
        Error, Permission, Result,
        time::{Zone, show_date_time},
    },
    server::{Ctx, Page, Request, page::Layout},
    tr,
    ui::{Button, ButtonTone, Confirm, Form, Glyph, Icon, PageHeader, PostButton, TextField},
};

/// Shows the form for a new passkey. Without a challenge that waits, it leads back to the beginning.
pub async fn add_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    let (user, now) = (ctx.user(), ctx.now);
    let asked = match ctx.request().begun_passkey().await? {
        Some(begun) => options(&mut ctx.tx, begun.challenge, Some(user), now).await?,
        None => None,
    };
    Ok(Page::new(tr!(accounts.passkey_new), move || {
        let back = ("/account/security".to_owned(), tr!(accounts.security).to_owned());
        let again = asked.is_none().then(|| {
            view! {
                <Form action="/api/accounts/begin_passkey">
                    {confirm_field()}
                    <div class="form__actions"><Button label=tr!(accounts.passkey_again) tone=ButtonTone::Primary/></div>
                </Form>
            }
        });
        let ready = asked.is_some();
        let key = vec![("key", String::new())];
        view! {
            <PageHeader title=tr!(accounts.passkey_new) back/>
            <div class="portal">
                <section class="portal-card">
                    <p>{tr!(accounts.passkey_new_text)}</p>
                    <div data-passkey="create" data-options=asked>
                        {spoken()}
                        <Form action="/api/accounts/add_passkey" hidden=key>
                            {ready.then(new_fields)}
                        </Form>
                    </div>
                    {again}
                </section>
            </div>
        }
    })
    .class("main--narrow"))
}

/// Returns the fields of a new passkey.
fn new_fields() -> AnyView {
    view! {
        <TextField
            name="name"
            label=tr!(accounts.passkey_name)
            hint=tr!(accounts.passkey_name_hint)
            maxlength=60
            required=true
            autocomplete="off"
        />
        {confirm_field()}
        <div class="form__actions"><Button label=tr!(accounts.passkey_make) tone=ButtonTone::Primary/></div>
    }
    .into_any()
}

/// Shows the page that asks the browser for a passkey as soon as it opens, and its button for another try.
pub async fn sign_in_page() -> Result<Page> {
    let request = Request::current().ok_or(Error::SignedOut)?;
    let begun = request.begun_passkey().await?;
    let asked = match &begun {
        Some(begun) => options(&mut request.state.db.read().await?, begun.challenge, None, request.state.clock.now()).await?,
        None => None,
    };
    let next = begun.map(|begun| begun.next).unwrap_or_default();
    Ok(Page::new(tr!(accounts.passkey_sign_in), move || {
        let again = asked.is_none();
        let key = vec![("key", String::new())];
        view! {
            <div class="sign-in">
                <h1>{tr!(accounts.passkey_sign_in)}</h1>
                <p class="sign-in__lead">{tr!(accounts.passkey_sign_in_text)}</p>
                <div data-passkey="get" data-options=asked>
                    {spoken()}
                    <Form action="/api/accounts/sign_in_passkey" hidden=key>
                        {(!again).then(|| view! { <Button label=tr!(accounts.passkey_again) tone=ButtonTone::Primary/> })}
                    </Form>
                </div>
                {again.then(|| begin_sign_in(next))}
                <p class="sign-in__other"><a href="/sign-in">{tr!(accounts.code_back)}</a></p>
            </div>
        }
    })
    .layout(Layout::Plain))
}

/// Returns the sentences that the script shows, and the one for browsers without scripts.
fn spoken() -> AnyView {
    view! {
        <noscript><p class="muted">{tr!(accounts.passkey_needs_script)}</p></noscript>
        <p class="muted" role="status" hidden data-cannot=tr!(accounts.passkey_cannot) data-stopped=tr!(accounts.passkey_stopped)></p>
    }
    .into_any()
}

/// Returns the button that begins to sign in with a passkey.
pub(super) fn begin_sign_in(next: String) -> AnyView {
    let hidden = vec![("next", next)];
    view! {
        <div class="sign-in__passkey">
            <PostButton action="/api/accounts/begin_passkey_sign_in" label=tr!(accounts.passkey_sign_in) glyph=Glyph::Lock hidden/>
        </div>
    }
    .into_any()
}

/// Returns the user's passkeys, for the page about the user's password and devices. `possible` is false where browsers have none.
pub(super) fn passkeys_section(passkeys: Vec<OwnPasskey>, possible: bool, zone: Zone) -> AnyView {
    if passkeys.is_empty() && !possible {
        return ().into_any();
    }
    let rows = passkeys.into_iter().map(|passkey| row(passkey, zone)).collect_view();
    let add = if possible {
        view! {
            <Form action="/api/accounts/begin_passkey">
                {confirm_field()}
                <div class="form__actions"><Button label=tr!(accounts.passkey_new) tone=ButtonTone::Primary/></div>
            </Form>
        }
        .into_any()
    } else {
        view! { <p class="muted">{tr!(accounts.passkeys_nowhere)}</p> }.into_any()
    };
    view! {
        <section class="portal-card">
            <h2 class="portal-card__head">{tr!(accounts.passkeys)}</h2>
            <p>{tr!(accounts.passkeys_what)}</p>
            <ul class="rows">{rows}</ul>
            {add}
        </section>
    }
    .into_any()
}

fn row(passkey: OwnPasskey, zone: Zone) -> impl IntoView {
    let since = tr!(accounts.passkey_since, when = show_date_time(zone.local(passkey.since)));
    let used = passkey
        .last_used
        .map_or_else(|| tr!(accounts.passkey_never).to_owned(), |at| tr!(accounts.passkey_used, when = show_date_time(zone.local(at))));
    let hidden = vec![("id", passkey.id.to_string())];
    let form = format!("remove-passkey-{}", passkey.id);
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::Lock/>
            <div class="rows__main">
                <strong>{passkey.name}</strong>
                <br/>
                <span class="muted">{since}" · "{used}</span>
            </div>
            <div class="rows__side">
                <Confirm label=tr!(accounts.passkey_remove) text=tr!(accounts.passkey_remove_text)>
                    <Form action="/api/accounts/remove_passkey" id=form hidden>
                        {confirm_field()}
                        <Button label=tr!(accounts.passkey_remove) tone=ButtonTone::Danger/>
                    </Form>
                </Confirm>
            </div>
        </li>
    }
}
