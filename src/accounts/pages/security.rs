//! `/account/security`: the user's sessions, the second factor, and the password.

use leptos::prelude::*;
use serde::Deserialize;

use super::{factor::factor_section, passkey::passkeys_section};
use crate::{
    accounts::{
        OwnSession,
        confirm::confirm_panel,
        device_words,
        factor::factor,
        own_sessions,
        passkeys::{own_passkeys, passkey_site},
        password::MIN_LENGTH,
    },
    core::{
        Permission, Result,
        time::{Zone, show_date_time},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, Form, Glyph, Icon, NoticeBox, PageHeader, PasswordField, PostButton, StatusBadge, Tone},
};

/// The query: the action just done.
#[derive(Debug, Deserialize)]
pub struct SecurityQuery {
    #[serde(default)]
    done: String,
}

/// Shows the password and the devices.
///
/// # Errors
/// When the user is signed out.
pub async fn security_page(Query(done): Query<SecurityQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    let (user, now, zone) = (ctx.user(), ctx.now, ctx.zone());
    let (current, confirmed) = (ctx.request().session.id(), ctx.request().confirmed_lately());
    let sessions = own_sessions(&mut ctx.tx, user, current, now).await?;
    let factor = factor(&mut ctx.tx, user).await?;
    let passkeys = own_passkeys(&mut ctx.tx, user).await?;
    let makes_passkeys = passkey_site(&ctx.state().config).is_some();
    let home = if ctx.who.staff.is_none() && ctx.who.patient.is_some() { "/portal/account" } else { "/account" };
    Ok(Page::new(tr!(accounts.security), move || {
        let many = sessions.len() > 1;
        let rows = sessions.into_iter().map(|session| row(session, zone, confirmed)).collect_view();
        let said = match done.done.as_str() {
            "password" => Some(tr!(accounts.password_changed)),
            "devices" => Some(tr!(accounts.device_signed_out)),
            "passkey-added" => Some(tr!(accounts.passkey_added)),
            "passkey-removed" => Some(tr!(accounts.passkey_removed)),
            "factor-off" => Some(tr!(accounts.factor_off)),
            _ => None,
        };
        let back = (home.to_owned(), tr!(nav.account).to_owned());
        view! {
            <PageHeader title=tr!(accounts.security) back/>
            <div class="portal">
                {said.map(|said| view! { <NoticeBox tone=Tone::Done>{said}</NoticeBox> })}
                <section class="panel">
                    <div class="panel__head"><h2>{tr!(accounts.devices)}</h2></div>
                    <ul class="rows">{rows}</ul>
                </section>
                {many.then(|| match confirmed {
                    true => view! {
                        <div class="portal-card__actions">
                            <PostButton action="/api/accounts/end_other_sessions" label=tr!(accounts.sign_out_others)/>
                        </div>
                    }
                    .into_any(),
                    false => confirm_panel("/account/security".to_owned()),
                })}
                {passkeys_section(passkeys, makes_passkeys, zone)}
                {factor_section(factor, zone)}
                <section class="portal-card">
                    <h2 class="portal-card__head">{tr!(accounts.change_password)}</h2>
                    <Form action="/api/accounts/change_password">
                        <PasswordField name="password" label=tr!(accounts.current_password)/>
                        <PasswordField
                            name="new_password"
                            label=tr!(accounts.new_password)
                            hint=tr!(accounts.new_password_hint, count = MIN_LENGTH.to_string())
                            autocomplete="new-password"
                        />
                        <PasswordField name="new_password_again" label=tr!(accounts.new_password_again) autocomplete="new-password"/>
                        <div class="form__actions"><Button label=tr!(accounts.change_password) tone=ButtonTone::Primary/></div>
                    </Form>
                </section>
            </div>
        }
    })
    .class("main--narrow"))
}

/// Shows a session. A user who has not confirmed recently cannot sign out a device.
fn row(session: OwnSession, zone: Zone, confirmed: bool) -> impl IntoView {
    let device = device_words(&session.agent);
    let since = tr!(accounts.signed_in_since, when = show_date_time(zone.local(session.since)));
    let side = if session.current {
        view! { <StatusBadge tone=Tone::Done label=tr!(accounts.this_device)/> }.into_any()
    } else if !confirmed {
        ().into_any()
    } else {
        let hidden = vec![("session", session.handle)];
        view! { <PostButton action="/api/accounts/end_session" label=tr!(accounts.sign_out) hidden about=device.clone()/> }.into_any()
    };
    view! {
        <li class="rows__row">
            <Icon glyph=Glyph::User/>
            <div class="rows__main">
                <strong>{device}</strong>
                <br/>
                <span class="muted">{[session.address, since].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")}</span>
                <br/>
                <span class="muted">{tr!(accounts.last_seen, when = show_date_time(zone.local(session.seen)))}</span>
            </div>
            <div class="rows__side">{side}</div>
        </li>
    }
}
