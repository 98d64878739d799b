//! `/on-duty`: who is on duty at the clinic now.

use leptos::prelude::*;

use crate::{
    core::{Permission, Result, time::show_time},
    organisation::{people::profession_words, shifts::on_duty},
    server::{Ctx, Page},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, PageHeader, PrintButton, Row},
};

/// The list.
pub async fn duty_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewQueue).await?;
    let (clinic, zone, now) = (ctx.clinic.clone(), ctx.zone(), ctx.now);
    let shifts = on_duty(&mut ctx.tx, clinic.id, now).await?;
    Ok(Page::new(tr!(organisation.on_duty), move || {
        let columns = vec![
            Column::new(tr!(organisation.staff)),
            Column::new(tr!(organisation.profession)),
            Column::new(tr!(organisation.shift_place)),
            Column::new(tr!(organisation.shift_time)),
        ];
        let rows = shifts
            .into_iter()
            .map(|shift| {
                let time = |at| show_time(zone.local(at).time());
                let words = format!("{}–{}", time(shift.starts_at), time(shift.ends_at));
                let place = shift.place.unwrap_or_else(|| "–".to_owned());
                Row::new(vec![shift.name.into_any(), profession_words(shift.profession).into_any(), place.into_any(), words.into_any()])
            })
            .collect();
        let empty =
            view! { <EmptyState glyph=Glyph::User title=tr!(organisation.nobody_on_duty) text=tr!(organisation.nobody_on_duty_text)/> }
                .into_any();
        view! {
            <PageHeader
                title=tr!(organisation.on_duty)
                detail=tr!(organisation.on_duty_at, clinic = clinic.name, time = show_time(zone.local(now).time()))
                actions=Some(view! { <PrintButton at_once=false/> }.into_any())
            />
            <DataTable caption=tr!(organisation.on_duty) columns rows empty=Some(empty)/>
        }
    }))
}
