//! `/formulary/substances`: the substances that medicines are made of.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    done_words,
    parts::{advice_badge, page_of, state_badge, tabs},
};
use crate::{
    core::{Permission, Result, list::Slice},
    formulary::{names, store, substance::Substance},
    server::{Ctx, Page, Query},
    tr,
    ui::{
        ButtonTone, Choice, Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row, SelectField, TextField,
        Toast,
    },
};

/// Search, filter and page.
#[derive(Debug, Deserialize)]
pub struct SubstancesQuery {
    #[serde(default)]
    q: String,
    /// `no`: only unconfirmed substances with advice.
    #[serde(default)]
    confirmed: String,
    #[serde(default)]
    page: Option<i64>,
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn substances_page(Query(which): Query<SubstancesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadMedicines).await?;
    let manages = ctx.who.may(Permission::ManageFormulary);
    let mut rows = store::substances::all(&mut ctx.tx).await?;
    let sought = names::key(&which.q);
    if !sought.is_empty() {
        // A substance is found by each of its names.
        let found = store::substances::names(&mut ctx.tx).await?.into_iter().filter(|(key, ..)| key.contains(&sought));
        let found: std::collections::HashSet<_> = found.map(|(_, id, _)| id).collect();
        rows.retain(|row| found.contains(&row.id));
    }
    if which.confirmed == "no" {
        rows.retain(|row| row.confirmed_at.is_none() && !row.source.is_empty());
    }
    let slice = page_of(rows, which.page);
    Ok(Page::new(tr!(formulary.substances), move || view(slice, which, manages)))
}

fn view((slice, total): (Slice<Substance>, Option<i64>), which: SubstancesQuery, manages: bool) -> impl IntoView {
    let url = ListUrl::new("/formulary/substances").with("q", which.q.clone()).with("confirmed", which.confirmed.clone());
    let paging = Paging { total, ..Paging::of(&slice) };
    let columns = vec![
        Column::new(tr!(formulary.substance)),
        Column::new(tr!(formulary.pregnancy)),
        Column::new(tr!(formulary.lactation)).secondary(),
        Column::new(tr!(formulary.source)).secondary(),
        Column::new(tr!(formulary.state)),
    ];
    let row = |one: &Substance| {
        let cells = vec![
            one.shown_name().to_owned().into_any(),
            advice_badge(one.pregnancy),
            advice_badge(one.lactation),
            one.source.clone().into_any(),
            state_badge(false, one.confirmed_at.is_some()),
        ];
        Row::new(cells).href(format!("/formulary/substances/{}", one.id))
    };
    let rows = slice.rows.iter().map(row).collect();
    let states = vec![Choice::new("no", tr!(formulary.only_unconfirmed_advice))];
    let filter = view! {
        <TextField kind="search" name="q" label=tr!(formulary.find) value=which.q maxlength=100/>
        <SelectField name="confirmed" label=tr!(formulary.state) choices=states value=which.confirmed prompt=tr!(formulary.every_state)/>
    }
    .into_any();
    let empty =
        view! { <EmptyState glyph=Glyph::Flask title=tr!(formulary.no_substances) text=tr!(formulary.no_substances_text)/> }.into_any();
    let change = manages.then(|| {
        view! {
            <LinkButton href="/formulary/substances/new" label=tr!(formulary.new_substance) tone=ButtonTone::Primary glyph=Glyph::Plus/>
            <LinkButton href="/formulary/import/substances" label=tr!(formulary.import_substances)/>
            <LinkButton href="/formulary/import/doses" label=tr!(formulary.import_doses)/>
        }
    });
    let actions = view! {
        {change}
        <LinkButton href="/formulary/export/substances" label=tr!(formulary.export_substances) glyph=Glyph::Download/>
        <LinkButton href="/formulary/export/doses" label=tr!(formulary.export_doses) glyph=Glyph::Download/>
    }
    .into_any();
    view! {
        {done_words(&which.done).map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(formulary.title) detail=tr!(formulary.substances_purpose) actions=Some(actions)/>
        {tabs("/formulary/substances", manages)}
        <DataTable caption=tr!(formulary.substances) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter) stacked=true/>
    }
}
