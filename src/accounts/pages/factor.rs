//! `/account/second-factor`: sets up the second factor; `/account/recovery-codes`: shows its codes once.

use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::prelude::*;

use super::code::code_field;
use crate::{
    accounts::{
        confirm::confirm_field,
        factor::{Factor, address, factor, secret_words},
    },
    core::{
        Permission, Result,
        time::{Zone, show_date_time},
    },
    server::{Ctx, Page, page::Layout},
    tr,
    ui::{Button, ButtonTone, Confirm, Form, NoticeBox, PageHeader, PaperPage, PostButton, PrintSheet, QrCode, StatusBadge, Tone},
};

/// Shows the set-up. A user who must have a second factor sees no other pages.
pub async fn factor_page() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    let user = ctx.user();
    let owes = ctx.who.owes_second_factor();
    let body = match factor(&mut ctx.tx, user).await? {
        Factor::On { .. } => return Ok(Redirect::to("/account/security").into_response()),
        Factor::Off => None,
        Factor::Begun { secret } => {
            let address = address(&secret, &ctx.state().hospital().name, &ctx.who.login);
            Some((secret_words(&secret), address))
        }
    };
    let page = Page::new(tr!(accounts.factor), move || {
        let must = owes.then(|| view! { <NoticeBox tone=Tone::Waiting>{tr!(accounts.factor_must)}</NoticeBox> });
        let steps = match body {
            Some((words, address)) => steps(words, address),
            None => view! {
                <p>{tr!(accounts.factor_what)}</p>
                {begin_form()}
            }
            .into_any(),
        };
        if owes {
            let out = view! { <PostButton action="/api/accounts/sign_out" label=tr!(accounts.sign_out) tone=ButtonTone::Quiet/> };
            view! { <div class="sign-in"><h1>{tr!(accounts.factor)}</h1>{must}{steps}<div class="sign-in__other">{out}</div></div> }
                .into_any()
        } else {
            let back = ("/account/security".to_owned(), tr!(accounts.security).to_owned());
            view! { <PageHeader title=tr!(accounts.factor) back/><div class="portal"><section class="portal-card">{steps}</section></div> }
                .into_any()
        }
    });
    Ok(page.layout(if owes { Layout::Plain } else { Layout::Shell }).class("main--narrow").into_response())
}

/// Returns the button that begins the set-up.
fn begin_form() -> AnyView {
    view! {
        <Form action="/api/accounts/begin_factor">
            {confirm_field()}
            <div class="form__actions"><Button label=tr!(accounts.factor_begin) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}

fn steps(words: String, address: String) -> AnyView {
    view! {
        <ol class="factor">
            <li>{tr!(accounts.factor_app)}</li>
            <li>
                {tr!(accounts.factor_scan)}
                <div class="factor__secret">
                    <QrCode text=address.clone() label=tr!(accounts.factor_picture)/>
                    <p><a class="button" href=address.clone()>{tr!(accounts.factor_open)}</a></p>
                    <p>{tr!(accounts.factor_type)}<br/><code>{words}</code></p>
                </div>
            </li>
            <li>
                {tr!(accounts.factor_try)}
                <Form action="/api/accounts/finish_factor">
                    {code_field(false)}
                    {confirm_field()}
                    <div class="form__actions"><Button label=tr!(accounts.factor_finish) tone=ButtonTone::Primary/></div>
                </Form>
            </li>
        </ol>
    }
    .into_any()
}

/// Returns the state of the second factor, for the page about the user's password and devices.
pub(super) fn factor_section(factor: Factor, zone: Zone) -> AnyView {
    let body = match factor {
        Factor::On { since, codes_left } => {
            let tone = if codes_left > 2 { Tone::Done } else { Tone::Waiting };
            view! {
                <p><StatusBadge tone=Tone::Done label=tr!(accounts.factor_on, when = show_date_time(zone.local(since)))/></p>
                <p>{tr!(accounts.factor_asked)}</p>
                <p><StatusBadge tone label=tr!(accounts.codes_left, count = codes_left.to_string())/></p>
                <div class="form__actions">
                    <Confirm label=tr!(accounts.codes_new) text=tr!(accounts.codes_new_text)>
                        <Form action="/api/accounts/new_recovery_codes">
                            {confirm_field()}
                            <Button label=tr!(accounts.codes_new)/>
                        </Form>
                    </Confirm>
                    <Confirm label=tr!(accounts.factor_end) text=tr!(accounts.factor_end_text)>
                        <Form action="/api/accounts/end_factor">
                            {confirm_field()}
                            <Button label=tr!(accounts.factor_end) tone=ButtonTone::Danger/>
                        </Form>
                    </Confirm>
                </div>
            }
            .into_any()
        }
        Factor::Off | Factor::Begun { .. } => view! { <p>{tr!(accounts.factor_what)}</p>{begin_form()} }.into_any(),
    };
    view! { <section class="portal-card"><h2 class="portal-card__head">{tr!(accounts.factor)}</h2>{body}</section> }.into_any()
}

/// Shows the new recovery codes, ready to be printed.
pub async fn codes_page() -> Result<Response> {
    let ctx = Ctx::read(Permission::OwnAccount).await?;
    let Some(codes) = ctx.request().take_note().await? else { return Ok(Redirect::to("/account/security").into_response()) };
    let hospital = ctx.state().hospital().name.clone();
    let facts = vec![ctx.who.login.clone(), show_date_time(ctx.zone().local(ctx.now))];
    let page = Page::new(tr!(accounts.codes), move || {
        let codes = codes.lines().map(|code| view! { <li><code>{code.to_owned()}</code></li> }).collect_view();
        view! {
            <PaperPage back="/account/security" back_words=tr!(accounts.codes_kept)>
                <div class="no-print paper__note"><NoticeBox tone=Tone::Waiting title=tr!(accounts.codes_once)>{tr!(accounts.codes_hint)}</NoticeBox></div>
                <PrintSheet hospital title=tr!(accounts.codes) facts>
                    <p>{tr!(accounts.codes_text)}</p>
                    <ol class="recovery-codes">{codes}</ol>
                </PrintSheet>
            </PaperPage>
        }
    });
    Ok(page.layout(Layout::Print).into_response())
}
