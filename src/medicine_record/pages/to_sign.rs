//! `/care-orders`: the orders that were given by phone, or started by a protocol, and wait for their prescriber's signature.

use leptos::prelude::*;

use super::parts::{DoneQuery, key, toast};
use crate::{
    core::{
        Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    medicine_record::orders::{self, ToSign},
    patients,
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, PageHeader, PostButton, StatusBadge, Tone},
};

/// Shows the list: the doctor's own first, then those of colleagues, which only they can sign.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn to_sign_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteOrders).await?;
    let (clinic, user, now, zone) = (ctx.clinic.id, ctx.user(), ctx.now, ctx.zone());
    let rows = orders::to_sign(&mut ctx.tx, clinic, None).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.patient_id).collect();
    let names = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_live(ids, "unsigned_orders").await?;
    Ok(Page::new(tr!(medicine_record.to_sign), move || {
        let none = rows.is_empty().then(|| {
            view! { <EmptyState glyph=Glyph::Done title=tr!(medicine_record.nothing_to_sign) text=tr!(medicine_record.nothing_to_sign_text)/> }
        });
        let (own, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.prescriber_id == user);
        let name = |row: &ToSign| names.get(&row.patient_id).map(|line| line.name.listed()).unwrap_or_default();
        let own = own.into_iter().map(|row| to_sign_row(row, name(row), (now, zone), true)).collect_view();
        let others = others.into_iter().map(|row| to_sign_row(row, name(row), (now, zone), false)).collect_view();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.to_sign) detail=tr!(medicine_record.to_sign_text)/>
            {none}
            <ul class="rows">{own}{others}</ul>
        }
    }))
}

fn to_sign_row(row: &ToSign, name: String, (now, zone): (Instant, Zone), own: bool) -> impl IntoView + use<> {
    let at = |at: Instant| show_date_time(zone.local(at));
    let due = row.cosign_due.map(|due| {
        let (tone, label) = match due < now {
            true => (Tone::Critical, tr!(medicine_record.signature_overdue, at = at(due))),
            false => (Tone::Waiting, tr!(medicine_record.sign_until, at = at(due))),
        };
        view! { <StatusBadge tone label/> }
    });
    let protocol = row.protocol.as_ref().map(|name| format!(" · {}: {name}", tr!(medicine_record.by_protocol)));
    let sign = own.then(|| {
        let hidden = vec![("care_order_id", row.id.to_string()), key(), ("back", "list".to_owned())];
        let about = format!("{name} {}", row.title);
        view! { <PostButton action="/api/medicine_record/sign" label=tr!(medicine_record.sign) about hidden tone=ButtonTone::Primary glyph=Glyph::Sign/> }
    });
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{name.clone()}</strong>": "
                <a href=format!("/care-orders/{}", row.id)>{row.title.clone()}" · "{row.dose.clone()}</a>
                <br/><span class="muted small">{row.prescriber.clone()}" · "{tr!(medicine_record.taken_by_at, name = row.orderer.clone(), at = at(row.ordered_at))}{protocol}</span>
            </div>
            <div class="rows__side cluster">{due}{sign}</div>
        </li>
    }
}
