//! `/users/{id}/slip`: a link for a password on paper, for a person who is present. It is shown once.

use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::prelude::*;

use super::users::managing;
use crate::{
    accounts::users::staff_user,
    core::{Result, UserId, time::show_date_time},
    server::{Page, Path, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet, QrCode},
};

/// The sheet; without a link that waits for it, the way back.
pub async fn slip_page(Path(id): Path<UserId>) -> Result<Response> {
    let (mut ctx, _) = managing().await?;
    let user = staff_user(&mut ctx.tx, id).await?;
    let back = format!("/users/{id}");
    let Some(link) = ctx.request().take_note().await? else { return Ok(Redirect::to(&back).into_response()) };
    let hospital = ctx.state().hospital();
    let lines = hospital.letterhead(None);
    let printed = tr!(ui.printed_at, at = show_date_time(ctx.zone().local(ctx.now)));
    let lasts = if user.invited { tr!(accounts.link_hint_invitation) } else { tr!(accounts.link_hint_reset) };
    let page = Page::new(tr!(accounts.slip_title), move || {
        view! {
            <PaperPage back back_words=user.name.clone() at_once=true>
                <PrintSheet hospital=hospital.name.clone() hospital_lines=lines title=tr!(accounts.slip_title) facts=vec![printed]>
                    <p>{tr!(accounts.choose_password_for, name = user.name.clone(), login = user.login.clone())}</p>
                    <p>{tr!(accounts.slip_text)}" "{lasts}</p>
                    <QrCode text=link.clone() label=tr!(accounts.slip_title)/>
                    <p><code>{link}</code></p>
                </PrintSheet>
            </PaperPage>
        }
    });
    Ok(page.layout(Layout::Print).into_response())
}
