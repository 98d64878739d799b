//! `/pharmacy/bags`: the packed bags that wait for their payment or for their patient.

use leptos::prelude::*;

use crate::{
    core::{Permission, Result, time::show_date_time},
    patients,
    pharmacy::{dispensing::bags, stops},
    server::{Ctx, Page},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, PageHeader, PostButton, Row, StatusBadge, Tone},
};

/// Shows the bags.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn bags_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let (waiting, paid) = bags::waiting(&mut ctx.tx, clinic).await?;
    let mut ids: Vec<_> = waiting.iter().map(|bag| bag.patient_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ctx.saw_live(ids.clone(), "pharmacy_queue").await?;
    let names = patients::names(&mut ctx.tx, &ids).await?;
    let paid_first = stops::is_paid_first(&mut ctx, clinic).await?;
    let manages = ctx.who.may_at(Permission::ManageStock, clinic);
    Ok(Page::new(tr!(pharmacy.packed_bags), move || {
        let columns = vec![
            Column::new(tr!(ui.patient)),
            Column::new(tr!(pharmacy.item)),
            Column::new(tr!(pharmacy.packed)).secondary(),
            Column::new(tr!(pharmacy.payment)),
        ];
        let rows = waiting.iter().map(|bag| {
            let who = names.get(&bag.patient_id).map(|line| format!("{} {}", line.name.listed(), line.mrn)).unwrap_or_default();
            let (tone, label) = match paid.contains(&bag.id) {
                true => (Tone::Done, tr!(pharmacy.bag_paid)),
                false => (Tone::Warning, tr!(pharmacy.bag_waits)),
            };
            Row::new(vec![
                view! { <strong>{who}</strong> }.into_any(),
                format!("{} · {}", bag.item_name, bag.unit.count(bag.quantity)).into_any(),
                show_date_time(zone.local(bag.at)).into_any(),
                view! { <StatusBadge tone label/> }.into_any(),
            ])
            .href(format!("/pharmacy/supplies/{}", bag.supply_id))
        });
        let rows = rows.collect();
        let empty = view! { <EmptyState glyph=Glyph::Pill title=tr!(pharmacy.no_bags) text=tr!(pharmacy.bags_text)/> }.into_any();
        let back = ("/pharmacy".to_owned(), tr!(pharmacy.title).to_owned());
        let switch = manages.then(|| {
            let (label, is_on) = if paid_first { (tr!(pharmacy.paid_first_off), "false") } else { (tr!(pharmacy.paid_first_on), "true") };
            view! { <PostButton action="/api/pharmacy/set_paid_first" label hidden=vec![("is_on", is_on.to_owned())]/> }
        });
        view! {
            <PageHeader title=tr!(pharmacy.packed_bags) detail=tr!(pharmacy.bags_text) back actions=Some(switch.into_any())/>
            <DataTable caption=tr!(pharmacy.packed_bags) columns rows empty=Some(empty) stacked=true/>
        }
    }))
}
